/** The fields that another system posts about a record, checked where `src/events.ts` gives them a meaning. */
import type { FactValue, RecordKind } from "../../src/events.ts";

export type RecordFacts = Map<string, FactValue>;
export interface BadField {
  field: string;
  found: unknown;
  expected: string;
}

/** Field → value. Names that carry no meaning are kept as they are. */
export const recordFacts = (kind: RecordKind, record: Readonly<Record<string, unknown>>): RecordFacts | BadField => {
  const facts: RecordFacts = new Map();
  for (const [field, found] of Object.entries(record)) {
    const bad = (expected: string): BadField => ({ field, found, expected });
    if (!/^[\w][\w.:-]{0,149}$/.test(field) || /^(happened|details):/.test(field)) {
      return bad("a field name: letters, digits, _ . : -, at most 150");
    }
    if (field === "contacts" && kind === "deal") {
      const contacts = (Array.isArray(found) ? found : [found]).map(id);
      if (contacts.some((one) => typeof one !== "string")) return bad("a list of contact ids");
      for (const contact of contacts) facts.set(`contact:${contact}`, true);
      continue;
    }
    const [read, expected] = readerOf(kind, field);
    const value = read(found);
    if (value === undefined) return bad(expected);
    facts.set(field, value);
  }
  return facts;
};

/** Undefined: not such a value. */
type Read = (value: unknown) => FactValue | undefined;

const scalar: Read = (value) => (value === null || isScalar(value) ? value : undefined);
const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));

const id: Read = (value) => {
  if (value === null) return null;
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === "string" && text.length > 0 && text.length <= 190 ? text : undefined;
};
const number: Read = (value) => {
  if (value === null || value === "") return null;
  const decimal = typeof value === "string" && /^-?\d{1,15}(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof decimal === "number" && Number.isFinite(decimal) ? decimal : undefined;
};
const boolean: Read = (value) => {
  if (value === null || typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
};
const oneOf =
  (...values: string[]): Read =>
  (value) =>
    typeof value === "string" && values.includes(value) ? value : undefined;
const matching =
  (pattern: RegExp): Read =>
  (value) =>
    value === null || (typeof value === "string" && pattern.test(value)) ? value : undefined;
const instant: Read = (value) => {
  const offset = typeof value === "string" && /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(value);
  const moment = new Date(offset ? value : Number.NaN);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
};

const meanings: Readonly<Record<string, readonly [Read, string]>> = {
  amount: [number, "a number in the deal's currency"],
  currency: [matching(/^[A-Z]{3}$/), "a currency code: EUR"],
  close_date: [matching(/^\d{4}-\d{2}-\d{2}$/), "a date: 2026-11-23"],
  created_at: [instant, "a date and time with its offset: 2026-11-23T09:30:00Z"],
  exists: [boolean, "true or false"],
  erased: [boolean, "true or false"],
  subscribed: [boolean, "true or false"],
  converted: [boolean, "true or false"],
  active: [boolean, "true or false"],
  owner: [id, "an id"],
  company: [id, "an id"],
  manager: [id, "an id"],
  merged_into: [id, "an id"],
};

const readerOf = (kind: RecordKind, field: string): readonly [Read, string] => {
  if (field === "status" && kind === "deal") return [oneOf("open", "won", "lost"), "open, won or lost"];
  if (field.startsWith("contact:")) return [boolean, "true or false"];
  const meaning = Object.hasOwn(meanings, field) ? meanings[field] : undefined;
  return meaning ?? [scalar, "text, a number, true, false or null"];
};

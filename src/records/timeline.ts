/**
 * The history of one record, folded from its facts. Facts commute: sorting by their own time, with a fixed order for
 * equal times, makes the fold the same in whatever order and however often they arrived.
 */
import type { Fact, FactValue, RecordKind } from "../events.ts";

export interface Step {
  /** ISO 8601, UTC, milliseconds: text that sorts. */
  at: string;
  value: FactValue;
}

export interface RecordHistory {
  connection: string;
  kind: RecordKind;
  id: string;
  /** By field: one step for each change of value, oldest first. */
  fields: ReadonlyMap<string, readonly Step[]>;
}

/**
 * One save in a CRM reaches us as several changes some milliseconds apart: HubSpot stamps each property on its own. What
 * changed within this time after a milestone belongs to it.
 */
export const ONE_SAVE_MS = 5_000;

let lastSave = { at: "", end: "" };

/** The latest moment that still belongs to a milestone at `at`. */
export const endOfSave = (at: string): string => {
  // asked again for each field of a situation
  if (lastSave.at !== at) lastSave = { at, end: new Date(Date.parse(at) + ONE_SAVE_MS).toISOString() };
  return lastSave.end;
};

const order = (a: Step, b: Step) => {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  const [left, right] = [JSON.stringify(a.value), JSON.stringify(b.value)];
  return left === right ? 0 : left < right ? -1 : 1;
};

/** `facts` are of one record. Happenings keep every step; for other fields a value told twice in a row is one step. */
export const historyOf = (
  connection: string,
  kind: RecordKind,
  id: string,
  facts: readonly Pick<Fact, "field" | "value" | "at">[],
): RecordHistory => {
  const byField = new Map<string, Step[]>();
  for (const { field, at, value } of facts) {
    const steps = byField.get(field);
    if (steps) steps.push({ at, value });
    else byField.set(field, [{ at, value }]);
  }
  const fields = new Map<string, readonly Step[]>();
  for (const [field, steps] of byField) {
    steps.sort(order);
    fields.set(
      field,
      field.startsWith("happened:")
        ? steps
        : steps.filter((step, index) => index === 0 || steps[index - 1]?.value !== step.value),
    );
  }
  return { connection, kind, id, fields };
};

/**
 * What `field` was at the end of the save at `at`. Before the first that we know of, that first value is the best there
 * is to know (a Salesforce message tells today's amount, not since when). Nothing known: null.
 */
export const valueAt = (history: RecordHistory, field: string, at: string): FactValue => {
  const steps = history.fields.get(field);
  if (!steps?.[0]) return null;
  const end = endOfSave(at);
  let value = steps[0].value;
  for (const step of steps) {
    if (step.at > end) break;
    value = step.value;
  }
  return value;
};

/** The newest value of every field: the record as we last knew it. */
export const latest = (history: RecordHistory): Record<string, FactValue> =>
  Object.fromEntries([...history.fields].map(([field, steps]) => [field, steps.at(-1)?.value ?? null]));

/** How one field of Salesforce becomes one value of ours. XML carries text only, JSON carries types: both are read here. */
import type { FactValue } from "../../src/events.ts";

/** What a field held: text from XML; text, number or boolean from JSON; null where it is cleared. */
export type Cell = string | number | boolean | null;

/** Undefined: not such a value. */
export type ReadCell = (cell: Cell) => FactValue | undefined;

export const text: ReadCell = (cell) => (cell === null || cell === "" ? null : String(cell).trim());

/** Java writes large doubles as `1.0E7`. */
export const number: ReadCell = (cell) => {
  if (cell === null || cell === "") return null;
  if (typeof cell === "string" && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$/.test(cell.trim())) return undefined;
  const value = typeof cell === "boolean" ? Number.NaN : Number(cell);
  return Number.isFinite(value) ? value : undefined;
};

export const boolean = (cell: Cell): boolean | null | undefined => {
  if (cell === null || cell === "") return null;
  if (cell === true || cell === "true" || cell === "1") return true;
  if (cell === false || cell === "false" || cell === "0") return false;
  return undefined;
};

/** 15-character ids differ only by case; the three characters that Salesforce adds make them safe to compare and join. */
export const id = (cell: Cell): string | null | undefined => {
  if (cell === null || cell === "") return null;
  return typeof cell === "string" && /^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$/.test(cell) ? longId(cell) : undefined;
};

const longId = (short: string): string => {
  if (short.length !== 15) return short;
  const suffix = [0, 5, 10].map((start) => {
    const capitals = [...short.slice(start, start + 5)].map((letter) => /[A-Z]/.test(letter));
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals.reduce((sum, capital, i) => sum + (capital ? 2 ** i : 0), 0)];
  });
  return short + suffix.join("");
};

/** Owners are users; a queue (`00G…`) owns a lead that nobody has taken yet. */
export const ownerId: ReadCell = (cell) => {
  const owner = id(cell);
  return owner?.startsWith("00G") ? null : owner;
};

/** `YYYY-MM-DD`, also from a date with a time behind it. */
export const date: ReadCell = (cell) => {
  if (cell === null || cell === "") return null;
  const day = typeof cell === "string" ? /^(\d{4}-\d{2}-\d{2})(T.*)?$/.exec(cell)?.[1] : undefined;
  return day !== undefined && !Number.isNaN(Date.parse(day)) ? day : undefined;
};

/** A moment as our instants are written; the REST API writes the offset as `+0000`, the SOAP one as `Z`. */
export const instant = (cell: Cell): string | null | undefined => {
  if (cell === null || cell === "") return null;
  if (typeof cell !== "string" || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/.test(cell)) {
    return undefined;
  }
  const moment = new Date(cell.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9_999 ? moment.toISOString() : undefined;
};

/** `en_US` and `pt-BR` become `en` and `pt`; a name such as `Italian` is no code, and says nothing. */
export const language: ReadCell = (cell) =>
  typeof cell === "string" ? (/^([a-z]{2,3})([_-][A-Za-z0-9]+)*$/.exec(cell.trim())?.[1] ?? undefined) : undefined;

/** The host name of a company's web site. */
export const domain: ReadCell = (cell) => {
  if (typeof cell !== "string" || cell === "") return null;
  const url = URL.parse(/^[a-z]+:\/\//i.test(cell) ? cell : `https://${cell}`);
  return url ? url.hostname.replace(/^www\./, "") : null;
};

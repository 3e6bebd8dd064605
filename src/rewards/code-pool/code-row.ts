import type { CodeContent } from "./sealed-code.ts";

export const columnNames = ["code", "pin", "url", "expires_on"] as const;
export type ColumnName = (typeof columnNames)[number];

/** What is wrong with a line. Never holds a cell of it: a cell in the wrong column may be a code. */
export interface BadRow {
  found: string;
  expected: string;
}

/** One line of the file as a code, or what is wrong with it. `today` is a UTC day, `2026-11-23`. */
export const codeOfRow = (
  cells: readonly string[],
  columns: readonly ColumnName[],
  today: string,
): CodeContent | BadRow => {
  if (cells.slice(columns.length).some((cell) => cell.trim() !== ""))
    return {
      found: `${cells.length} values`,
      expected: `${columns.length}, as in the first line: ${columns.join(", ")}`,
    };
  const cell = (name: ColumnName) => unwrapped(cells[columns.indexOf(name)] ?? "");
  const [code, pin, url, expiresOn] = [cell("code"), cell("pin"), cell("url"), cell("expires_on")];

  if (code === "") return { found: "no code", expected: "a value in the column code" };
  for (const [name, value] of [
    ["code", code],
    ["pin", pin],
  ] as const) {
    const bad = badText(name, value);
    if (bad) return bad;
  }
  if (url !== "" && !isWebAddress(url))
    return {
      found: "a url that is no web address",
      expected: "an address that starts with https:// in the column url",
    };
  if (expiresOn !== "" && !isDay(expiresOn))
    return { found: "a date in another form in the column expires_on", expected: "year-month-day, such as 2026-12-31" };
  if (expiresOn !== "" && expiresOn < today)
    return { found: `a code that expired on ${expiresOn}`, expected: `${today} or later in the column expires_on` };

  return {
    kind: "code",
    code,
    ...(pin !== "" && { pin }),
    ...(url !== "" && { url }),
    ...(expiresOn !== "" && { expiresOn }),
  };
};

/** Spaces around a value are never part of it, quoted or not. Excel keeps text that looks like a number as `="00123"`. */
const unwrapped = (cell: string) => {
  const trimmed = cell.trim();
  return /^="(.*)"$/s.exec(trimmed)?.[1]?.trim() ?? trimmed;
};

const badText = (name: ColumnName, value: string): BadRow | undefined => {
  if (value.length > 500) return { found: `${value.length} characters in the column ${name}`, expected: "500 at most" };
  // \uFFFD stands where bytes were not UTF-8
  if (/[\p{Cc}\uFFFD]/u.test(value))
    return { found: `unreadable characters in the column ${name}`, expected: "text saved as CSV UTF-8" };
  if (value.includes('"'))
    return { found: `a stray quote in the column ${name}`, expected: "quotes in pairs around the value" };
  // once Excel has shortened a long number, its last digits are lost
  if (/^\d+([.,]\d+)?E\+\d+$/i.test(value))
    return {
      found: `a number that a spreadsheet has shortened in the column ${name}`,
      expected: "the full number: format the column as text before the file is opened or pasted, and save again",
    };
  return undefined;
};

const isWebAddress = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const isDay = (text: string) => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
};

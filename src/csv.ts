/** CSV as RFC 4180 has it, for a spreadsheet: no cell of it is taken for a formula. */

export type Cell = string | number | boolean | null;

/** Lines end in CR LF. A text that a spreadsheet would calculate gets an apostrophe before it; numbers stay numbers. */
export const csvText = (heads: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [heads, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");

const field = (cell: Cell): string => {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = isNumber.test(cell) || !beginsLikeFormula.test(cell) ? cell : `'${cell}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const isNumber = /^-?\d+(?:\.\d+)?$/;
const beginsLikeFormula = /^[=+\-@\t\r]/;

/** CSV as RFC 4180 has it, for a spreadsheet: no cell of it is taken for a formula. */

export type Cell = string | number | boolean | null;

/** Lines end in CR LF. A text that a spreadsheet would calculate gets an apostrophe before it; numbers stay numbers. */
export const csvText = (heads: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [heads, ...rows].map(csvLine).join("");

/** One line of such a text, for what is written as it comes. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(field).join(",")}\r\n`;

const field = (cell: Cell): string => {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = isNumber.test(cell) || !beginsLikeFormula.test(cell) ? cell : `'${cell}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const isNumber = /^-?\d+(?:\.\d+)?$/;
// what spreadsheets calculate, also behind white space, and in the wide signs that some of them read as the narrow ones
const beginsLikeFormula = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/;

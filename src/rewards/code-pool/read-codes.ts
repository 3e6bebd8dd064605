import { parse } from "csv-parse/sync";
import { type BadRow, type ColumnName, codeOfRow, columnNames } from "./code-row.ts";
import { type FileText, fileLines, type NumberedLine } from "./file-lines.ts";
import type { CodeContent } from "./sealed-code.ts";

export interface ImportProblem extends BadRow {
  /** Counts from 1. 0: not in the file. */
  line: number;
}

export interface ReadBatch {
  codes: CodeContent[];
  problems: ImportProblem[];
}

/**
 * Reads a CSV of codes with a first line `code[,pin][,url][,expires_on]`, in batches of at most `batch` lines. A bad line
 * is a problem and the others go on; without a usable first line nothing is read, so that no column is mistaken for another.
 */
export async function* readCodes(input: FileText, today: string, batch: number): AsyncGenerator<ReadBatch> {
  let header: Header | undefined;
  for await (const lines of fileLines(input, batch)) {
    let rest = lines;
    if (!header) {
      const at = lines.findIndex(({ text }) => text.trim() !== "" && !/^sep=.$/i.test(text));
      const first = lines[at];
      if (!first) continue;
      const read = readHeader(first.text);
      if ("found" in read) {
        yield { codes: [], problems: [{ line: first.number, ...read }] };
        return;
      }
      header = read;
      rest = lines.slice(at + 1);
    }
    yield readBatch(rest, header, today);
  }
  if (!header) yield { codes: [], problems: [{ line: 1, found: "an empty file", expected: expectedHeader }] };
}

interface Header {
  delimiter: string;
  columns: ColumnName[];
}

const expectedHeader = "a first line with the column names: code, and where there are any, pin, url, expires_on";

/** Spreadsheets separate with a comma, a semicolon or a tab, as the country has it. */
const readHeader = (line: string): Header | BadRow => {
  for (const delimiter of [",", ";", "\t"]) {
    const names = (cellsOf(line, delimiter)?.[0] ?? []).map((name) => name.trim().toLowerCase().replace(/[ -]+/g, "_"));
    while (names.at(-1) === "") names.pop();
    if (!names.includes("code")) continue;
    const columns = names.flatMap((name) => columnNames.find((known) => known === name) ?? []);
    if (columns.length === names.length && new Set(columns).size === columns.length) return { delimiter, columns };
    const odd = names.find((name, at) => !columns.some((known) => known === name) || names.indexOf(name) !== at);
    return { found: `the column "${odd?.slice(0, 40)}"`, expected: `only these, each once: ${columnNames.join(", ")}` };
  }
  return { found: "no column named code", expected: expectedHeader };
};

const readBatch = (lines: readonly NumberedLine[], { delimiter, columns }: Header, today: string): ReadBatch => {
  const read: ReadBatch = { codes: [], problems: [] };
  // all lines at once is fast; where a quote has swallowed line ends, line by line keeps the good ones
  const whole = cellsOf(lines.map(({ text }) => text).join("\n"), delimiter);
  const fits = whole?.length === lines.length;
  for (const [at, { number, text }] of lines.entries()) {
    if (text.split(delimiter).every((cell) => cell.trim() === "")) continue;
    const cells = fits ? whole[at] : cellsOf(text, delimiter)?.[0];
    const row = cells
      ? codeOfRow(cells, columns, today)
      : { found: "a quote that is not closed on its line", expected: "quotes in pairs around the value" };
    if ("found" in row) read.problems.push({ line: number, ...row });
    else read.codes.push(row);
  }
  return read;
};

const cellsOf = (text: string, delimiter: string): string[][] | undefined => {
  try {
    return parse(text, {
      delimiter,
      record_delimiter: "\n",
      trim: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: false,
    });
  } catch {
    return undefined;
  }
};

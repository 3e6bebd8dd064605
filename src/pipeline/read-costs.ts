/** Reads a CSV of costs, as a spreadsheet saves it. */
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { CostInput } from "./costs.ts";

export interface CostProblem {
  /** Counts from 1. */
  line: number;
  found: string;
  expected: string;
}

export interface CostsRead {
  costs: z.output<typeof CostInput>[];
  problems: CostProblem[];
}

const columns = ["id", "kind", "amount", "currency", "from", "until", "campaign", "team", "owner", "note"];
const needed = ["kind", "amount", "currency", "from", "until"];

/** Lines that are right, and what is wrong with the others. Without a usable first line nothing is read. */
export const readCosts = (csv: string): CostsRead => {
  const read: CostsRead = { costs: [], problems: [] };
  const text = csv.replace(/^\uFEFF/, "");
  const problem = (line: number, found: string, expected: string) => read.problems.push({ line, found, expected });
  const first = text.split(/\r\n|\n|\r/).find((line) => line.trim() !== "") ?? "";
  const delimiter = [",", ";", "\t"].find((each) => first.split(each).length > needed.length - 1) ?? ",";
  const names = first.split(delimiter).map((name) => name.trim().toLowerCase());
  const odd = names.find((name, at) => !columns.includes(name) || names.indexOf(name) !== at);
  const missing = needed.find((name) => !names.includes(name));
  if (odd !== undefined || missing !== undefined) {
    problem(
      1,
      odd !== undefined ? `the column "${odd.slice(0, 40)}"` : `no column "${missing}"`,
      `a first line with ${needed.join(", ")}, and where there are any ${columns.filter((name) => !needed.includes(name)).join(", ")}, each once`,
    );
    return read;
  }
  for (const { cells, line } of rowsOf(text, delimiter, problem)) {
    const given = names.flatMap((name, at) => {
      const cell = cells[at]?.trim() ?? "";
      return cell === "" ? [] : [[name, cell] as const];
    });
    const checked = CostInput.safeParse(Object.fromEntries(given));
    if (checked.success) read.costs.push(checked.data);
    else
      for (const issue of checked.error.issues) {
        const name = String(issue.path[0] ?? "");
        const cell = new Map(given).get(name as string);
        const expected = issue.message.replace(/^expected /i, "").replace(/^Invalid input: expected /, "");
        problem(line, `${name} ${cell === undefined ? "left empty" : `"${cell.slice(0, 40)}"`}`, expected);
      }
  }
  return read;
};

const Rows = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

const rowsOf = (text: string, delimiter: string, problem: (line: number, found: string, expected: string) => void) => {
  try {
    const rows: unknown = parse(text, {
      delimiter,
      info: true,
      from: 2,
      relax_column_count: true,
      skip_empty_lines: true,
    });
    return Rows.parse(rows).map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (error) {
    const line = typeof error === "object" && error !== null && "lines" in error ? Number(error.lines) : 1;
    problem(line, "a quote that is not closed", "quotes in pairs around the value");
    return [];
  }
};

/** What every export has in common: days as options, and where the figures go. */
import { writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { type Cell, csvText } from "../csv.ts";
import { Refusal } from "../open-corridor.ts";
import { startOfDay } from "../windows.ts";

export interface Output {
  json?: true;
  out?: string;
}

/** Adds `--out` and `--json`. */
export const writing = (command: Command) =>
  command
    .option("--out <file>", "write to this file, readable by you alone")
    .option("--json", "JSON, amounts in minor units");

/** Writes the table as CSV, or `value` as JSON, to the file or to standard output. */
export const writeExport = async (
  { json, out }: Output,
  value: unknown,
  table: { heads: string[]; rows: Cell[][] },
) => {
  const text = json ? `${JSON.stringify(value, null, 2)}\n` : csvText(table.heads, table.rows);
  if (out === undefined) return void process.stdout.write(text);
  await writeFile(out, text, { mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new Refusal([`--out ${out}: found ${error.code ?? "an error"}, expected a file that can be written`]);
  });
  console.error(`Written: ${out}`);
};

/** A local calendar day of the workspace. */
export const localDayOption = (text: string): string => {
  const at = Date.parse(`${text}T00:00:00Z`);
  // the 30th of February is read as a day of March
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError("expected a day, such as 2026-10-01");
};

/** When a local calendar day begins. */
export const instant = (localDay: string, timeZone: string) => new Date(startOfDay(localDay, timeZone));

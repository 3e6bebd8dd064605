/** A CSV file as events, line by line: a known export, a file with a map of its own, or our own `kind,id,at,field,value`. */
import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { recordKinds } from "../events.ts";
import type { Cells } from "./cells.ts";
import { amountIn, momentIn } from "./cells.ts";
import type { HistoryMap } from "./history-map.ts";
import { layoutOf, layouts } from "./layouts.ts";
import { type RowReader, rowEvents } from "./row-events.ts";
import type { BadLine, ReadPosted, ToldEvent } from "./told.ts";

export interface CsvOptions {
  map: HistoryMap;
  timeZone: string;
  userOf(text: string): string;
  read: ReadPosted;
}

type Read = ToldEvent[] | Omit<BadLine, "line">;
type RowTo = (row: readonly string[]) => Read;

/** Events and bad lines in the order of the file. A file whose headings say too little gives one bad line, and nothing else. */
export async function* readCsv(input: Readable, options: CsvOptions): AsyncGenerator<ToldEvent[] | BadLine> {
  const bad: BadLine[] = [];
  const { delimiter, text } = await opened(input);
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    trim: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      bad.push({
        line: Number(error?.lines ?? 0),
        found: "a line that is no CSV",
        expected: "quotes in pairs around a value",
      });
      return undefined;
    },
  });
  text.on("error", (error) => parser.destroy(error));
  let to: RowTo | undefined;
  for await (const { record, info } of text.pipe(parser) as AsyncIterable<{
    record: string[];
    info: { lines: number };
  }>) {
    if (!to) {
      const opened = openRows(record, options);
      if ("expected" in opened) {
        yield { line: info.lines, ...opened };
        return;
      }
      to = opened.to;
      continue;
    }
    while (bad.length > 0) yield bad.shift() as BadLine;
    const read = to(record);
    yield Array.isArray(read) ? read : { line: info.lines, ...read };
  }
  yield* bad;
  if (!to) yield { line: 1, found: "an empty file", expected: "a first line with the names of the columns" };
}

/** Spreadsheets separate with a comma, a semicolon or a tab, as the country has it: what the first line has most of. */
const opened = async (input: Readable): Promise<{ delimiter: string; text: Readable }> => {
  const chunks: AsyncIterator<Buffer> = input[Symbol.asyncIterator]();
  const first = await chunks.next();
  const line = first.done ? "" : (first.value.toString("utf8").split(/[\r\n]/, 1)[0] ?? "");
  const many = (sign: string) => line.split(sign).length;
  const delimiter = [",", ";", "\t"].reduce((best, sign) => (many(sign) > many(best) ? sign : best));
  async function* all() {
    if (!first.done) yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  return { delimiter, text: Readable.from(all()) };
};

const openRows = (headings: readonly string[], options: CsvOptions): { to: RowTo } | Omit<BadLine, "line"> => {
  const { map, timeZone } = options;
  const cells: Cells = { dates: map.dates, decimal: map.decimal, timeZone };
  const small = headings.map((heading) => heading.toLowerCase());
  if (["kind", "id", "at", "field", "value"].every((name, index) => small[index] === name))
    return { to: (row) => canonicalRow(row, cells, options) };
  const layout = layoutOf(small);
  const own = new Map(Object.entries(map.columns).map(([heading, meaning]) => [heading.toLowerCase(), meaning]));
  const unknown = [...own.keys()].find((heading) => !small.includes(heading));
  if (unknown !== undefined)
    return { found: `no column "${unknown}"`, expected: `one of the file's: ${headings.join(", ").slice(0, 300)}` };
  const meanings = small.map((heading) => own.get(heading) ?? layout?.columns[heading]);
  if (!meanings.includes("id"))
    return {
      found: `the columns ${headings.join(", ").slice(0, 300)}`,
      expected: `${layouts.map(({ label }) => label).join(", ")}, the columns kind,id,at,field,value, or --columns "My id=id,…" to say which is the id`,
    };
  const reader: RowReader = {
    kind: map.kind ?? layout?.kind ?? "deal",
    meanings,
    headings,
    cells,
    stages: map.stages,
    userOf: options.userOf,
    read: options.read,
  };
  return { to: (row) => rowEvents(row, reader) };
};

/** `deal,7,2026-07-03T10:12:00Z,amount,62000`: one fact. */
const canonicalRow = (
  [kind = "", id = "", at = "", field = "", value = ""]: readonly string[],
  cells: Cells,
  { read, userOf }: CsvOptions,
): Read => {
  if (!(recordKinds as readonly string[]).includes(kind))
    return { found: kind || "no kind", expected: `one of ${recordKinds.join(", ")}` };
  const moment = momentIn(at, cells);
  if ("expected" in moment) return { found: at || "no time", expected: moment.expected };
  const amount = field === "amount" ? amountIn(value, cells) : undefined;
  const record = { [field]: value === "" ? null : (amount ?? (field === "owner" ? userOf(value) : plain(value))) };
  const told = read({ type: `${kind}.changed`, subject: { kind, id }, occurredAt: moment.at, record });
  return "event" in told
    ? [told.event]
    : { found: `${told.bad.found} in ${field || "field"}`, expected: told.bad.expected };
};

/** A cell has no type: what can only be a flag is one. */
const plain = (value: string): string | boolean => (value === "true" ? true : value === "false" ? false : value);

/** One line of an export as events: what was so from the creation on, and what the end of the deal brought. */
import type { RecordKind } from "../events.ts";
import { amountIn, type Cells, momentIn, yesOrNo } from "./cells.ts";
import type { HistoryMap } from "./history-map.ts";
import type { BadLine, ReadPosted, ToldEvent } from "./told.ts";

export interface RowReader {
  kind: RecordKind;
  /** Meaning of each cell by its position; undefined: left out. */
  meanings: readonly (string | undefined)[];
  headings: readonly string[];
  cells: Cells;
  stages: HistoryMap["stages"];
  /** The id of the CRM user whom a cell names by id, address or name. */
  userOf(text: string): string;
  read: ReadPosted;
}

type Bad = Omit<BadLine, "line">;
type Fields = Record<string, string | number | boolean | string[]>;

/** The events of a line in the order of their time, or what is wrong with it. */
export const rowEvents = (row: readonly string[], reader: RowReader): ToldEvent[] | Bad => {
  const found = new Map<string, { text: string; heading: string }>();
  for (const [index, meaning] of reader.meanings.entries()) {
    const text = row[index]?.trim() ?? "";
    if (meaning !== undefined && text !== "" && !found.has(meaning))
      found.set(meaning, { text, heading: reader.headings[index] ?? meaning });
  }
  const id = found.get("id")?.text;
  if (id === undefined) return { found: "no id", expected: "the id that the CRM gave the record" };
  const fields: Fields = {};
  for (const [meaning, { text, heading }] of found) {
    if (special.has(meaning)) continue;
    const value = cellValue(meaning, text, reader);
    if (value === undefined)
      return {
        found: `${text} in ${heading}`,
        expected: `${meaning === "amount" ? "an amount, such as 62000.00" : "another value"}`,
      };
    fields[meaning] = value;
  }
  const moments: Partial<Record<"created" | "closed" | "changed", { at: string; wholeDay: boolean }>> = {};
  for (const name of ["created", "closed", "changed"] as const) {
    const cell = found.get(name);
    if (!cell) continue;
    const moment = momentIn(cell.text, reader.cells);
    if ("expected" in moment) return { found: `${cell.text} in ${cell.heading}`, expected: moment.expected };
    moments[name] = moment;
  }
  const told = partedByTime(fields, moments, statusOf(found, fields.stage, reader), reader.kind);
  if (told === undefined)
    return { found: "no date", expected: "when it was created, changed or closed, in at least one column" };
  const events: ToldEvent[] = [];
  for (const [occurredAt, record] of told) {
    const read = reader.read({
      type: `${reader.kind}.changed`,
      subject: { kind: reader.kind, id },
      occurredAt,
      record,
    });
    if ("bad" in read) {
      const field = read.bad.place.replace(/^record\./, "");
      return { found: `${read.bad.found} in ${found.get(field)?.heading ?? field}`, expected: read.bad.expected };
    }
    events.push(read.event);
  }
  return events;
};

const special = new Set(["id", "created", "closed", "changed", "won", "is_closed"]);

const cellValue = (meaning: string, text: string, { cells, userOf }: RowReader): Fields[string] | undefined => {
  if (meaning === "amount") return amountIn(text, cells);
  if (meaning === "owner" || meaning === "manager") return userOf(text);
  if (meaning === "contacts")
    return text
      .split(/[;,]/)
      .map((each) => each.trim())
      .filter((each) => each !== "");
  // of several companies the first one is the deal's
  if (meaning === "company") return text.split(/[;,]/)[0]?.trim() ?? "";
  if (meaning === "status") return text.toLowerCase();
  return text;
};

/** What became of a deal: by its own flags, else by its stage. Undefined: the file does not say. */
const statusOf = (
  found: ReadonlyMap<string, { text: string }>,
  stage: Fields[string] | undefined,
  { kind, stages }: RowReader,
): "open" | "won" | "lost" | undefined => {
  if (kind !== "deal") return undefined;
  const won = yesOrNo(found.get("won")?.text ?? "");
  const closed = yesOrNo(found.get("is_closed")?.text ?? "");
  if (won) return "won";
  if (closed === false) return "open";
  if (closed && won === false) return "lost";
  if (typeof stage !== "string") return undefined;
  const named = stages[stage];
  if (named) return named;
  const plain = stage.toLowerCase().replace(/[^a-z]/g, "");
  return plain === "closedwon" ? "won" : plain === "closedlost" ? "lost" : "open";
};

/** Record by moment. An export knows only the newest values: they count from the creation on, the end from when it came. */
const partedByTime = (
  fields: Fields,
  { created, closed, changed }: Partial<Record<"created" | "closed" | "changed", { at: string; wholeDay: boolean }>>,
  status: "open" | "won" | "lost" | undefined,
  kind: RecordKind,
): [string, Fields][] | undefined => {
  const { stage, ...lasting } = fields;
  const inStage: Fields = stage === undefined ? {} : { stage, stage_label: stage };
  // a change of one moment: a line of a stage history
  if (changed)
    return [
      [
        changed.at,
        { ...fields, ...inStage, ...(created ? { created_at: created.at } : {}), ...(status ? { status } : {}) },
      ],
    ];
  const ended = status === "won" || status === "lost" ? closed : undefined;
  const begins = created ?? ended ?? closed;
  if (!begins) return undefined;
  const first: Fields = {
    ...lasting,
    ...(created ? { exists: true, created_at: created.at } : {}),
    ...(kind === "deal" && closed && !("close_date" in fields) ? { close_date: closed.at.slice(0, 10) } : {}),
  };
  if (!ended) return [[begins.at, { ...first, ...inStage, ...(status ? { status } : {}) }]];
  // a day has no hour: a deal that was created and won on one day was created first
  const end = ended.wholeDay && created && ended.at < created.at ? created.at : ended.at;
  if (!created) return [[end, { ...first, ...inStage, ...(status ? { status } : {}) }]];
  return [
    [created.at, { ...first, ...(kind === "deal" ? { status: "open" } : {}) }],
    [end, { ...inStage, ...(status ? { status } : {}) }],
  ].filter(([, record]) => Object.keys(record as Fields).length > 0) as [string, Fields][];
};

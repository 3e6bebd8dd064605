/**
 * Brings a CRM's export into `history`, for backtests. Nothing is ever granted from it. Good lines are kept and bad ones are
 * reported; the same line twice is kept once.
 */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Database, Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import { storable, storableJson } from "../storable.ts";
import type { HistoryMap } from "./history-map.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonl } from "./read-jsonl.ts";
import type { BadLine, ReadPosted, ToldEvent } from "./told.ts";
import { usersOf } from "./users.ts";

export interface ImportOptions {
  /** The connection whose records these are: what the CRM tells later is about the same ones. */
  connection: string;
  /** Name of the file, to take it out again. */
  source: string;
  format: "csv" | "jsonl";
  map: HistoryMap;
  /** IANA name: what times without an offset are in. */
  timeZone: string;
  read: ReadPosted;
  now: Date;
  /** Lines, or events, that were read by now. */
  on?: (read: number) => void;
}

export interface Imported {
  /** Lines that gave something. */
  lines: number;
  events: number;
  /** Events that were there already. */
  known: number;
  bad: number;
  /** The first of them. */
  problems: BadLine[];
  /** Owners whom nobody knows by id, address or name, and how often each stands there. */
  strangers: ReadonlyMap<string, number>;
}

const BATCH = 2_000;
const MOST_PROBLEMS = 100;

/** Throws only where the file cannot be read, or the database is away. */
export const importHistory = async (database: Database, input: Readable, options: ImportOptions): Promise<Imported> => {
  const users = await usersOf(database, options.connection);
  const report = { lines: 0, events: 0, known: 0, bad: 0, problems: [] as BadLine[], strangers: users.strangers };
  const read =
    options.format === "jsonl"
      ? readJsonl(input, options.read)
      : readCsv(input, { map: options.map, timeZone: options.timeZone, userOf: users.userOf, read: options.read });
  let batch: ToldEvent[] = [];
  const store = async () => {
    const kept = await insert(database, batch, options, users.factsOf);
    report.events += kept;
    report.known += batch.length - kept;
    batch = [];
  };
  for await (const told of read) {
    if (Array.isArray(told)) {
      report.lines += 1;
      batch.push(...told);
      if (batch.length >= BATCH) await store();
    } else {
      report.bad += 1;
      if (report.problems.length < MOST_PROBLEMS) report.problems.push(told);
    }
    if ((report.lines + report.bad) % 1_000 === 0) options.on?.(report.lines + report.bad);
  }
  await store();
  return report;
};

/** Takes out what was imported from a file of this name; says how many events that were. */
export const removeHistory = (sql: Sql, connection: string, source: string): Promise<number> =>
  sql.run("delete from history where connection = $1 and source = $2", [connection, source]);

const insert = async (
  sql: Sql,
  events: readonly ToldEvent[],
  { connection, source, now }: ImportOptions,
  factsOf: (event: ToldEvent) => Fact[],
): Promise<number> => {
  if (events.length === 0) return 0;
  return sql.run(
    `insert into history (connection, key, type, subject_kind, subject_id, occurred_at, facts, source, imported_at)
     select $1, key, type, kind, id, at, facts, $8, $9
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[]) as t (key, type, kind, id, at, facts)
     on conflict (connection, key) do nothing`,
    [
      connection,
      events.map(({ key }) => `history:${createHash("sha256").update(key).digest("base64url")}`),
      events.map(({ type }) => storable(type)),
      events.map(({ subject }) => subject.kind),
      events.map(({ subject }) => storable(subject.id)),
      events.map(({ occurredAt }) => occurredAt),
      events.map((event) => storableJson([...event.facts, ...factsOf(event)])),
      source,
      now,
    ],
  );
};

/** The events of a backlog as rows, before they are decided; and how fast the same rows go into the same PostgreSQL in bulk. */

import { readConfig } from "../../src/config.ts";
import { type Database, openDatabase, type SqlValue } from "../../src/db/sql.ts";
import { createLog } from "../../src/log.ts";
import { openCorridor } from "../../src/open-corridor.ts";
import { unpackWaiting } from "../../src/pipeline/complete-unpack.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { type KeptDelivery, queueDeliveries } from "../ground/deliveries.ts";
import type { Ground } from "../ground/postgres.ts";
import { type ServerFiles, writeFiles } from "../ground/server.ts";

const columns = {
  connection: "text",
  key: "text",
  inbox_id: "bigint",
  type: "text",
  subject_kind: "text",
  subject_id: "text",
  occurred_at: "timestamptz",
  received_at: "timestamptz",
  facts: "jsonb",
  actor: "text",
  origin: "text",
  state: "text",
} as const;
type EventRow = Record<keyof typeof columns, SqlValue>;
const names = Object.keys(columns) as (keyof typeof columns)[];

/** Rows of one statement, and one commit. */
const BATCH = 1_000;

export interface EventRows {
  rows: number;
  /** Inserts them all into an empty table with the indexes of `events`. Takes so many seconds, of the clock and of PostgreSQL's processor. */
  insert(): Promise<{ seconds: number; postgres: number }>;
}

/** `name`: of a database that is made for it. */
export const eventRows = async (
  ground: Ground,
  { name, deliveries, files }: { name: string; deliveries: readonly KeptDelivery[]; files: ServerFiles },
): Promise<EventRows> => {
  const { url } = await ground.database(name);
  const folder = await writeFiles(ground.folder, files);
  const read = await readConfig(
    { PATH: process.env.PATH, DATABASE_URL: url, ACCOLADE_SECRET_KEY: "a-secret-key-of-a-bench-which-is-long-enough" },
    folder,
  );
  if (!read.ok) throw new Error(read.problems.join("\n"));
  const log = createLog({ level: "error", format: "text" });
  const opened = await openCorridor(read.config, { log, telemetry: createTelemetry(), queue: false });
  try {
    await queueDeliveries(opened.database, deliveries);
    while ((await unpackWaiting(opened.corridor)) > 0);
    await opened.database.run("create table floor_events (like events including all)");
  } finally {
    await opened.close();
  }
  const database = openDatabase(url, { max: 2 });
  const rows = await database.rows<EventRow>(`select ${names.join(", ")} from events order by id`);
  await database.close();
  const batches = Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, index) =>
    valuesOf(rows.slice(index * BATCH, (index + 1) * BATCH)),
  );
  return {
    rows: rows.length,
    async insert() {
      const own = openDatabase(url, { max: 1 });
      try {
        await own.run("truncate floor_events");
        const processor = await ground.processor();
        const started = performance.now();
        for (const values of batches) await insertBatch(own, values);
        const seconds = (performance.now() - started) / 1_000;
        const postgres = (await ground.processor()) - processor;
        const stored = await own.row<{ n: number }>("select count(*)::int as n from floor_events");
        if (stored?.n !== rows.length) throw new Error(`${rows.length} rows were inserted, ${stored?.n} are there`);
        return { seconds, postgres };
      } finally {
        await own.close();
      }
    },
  };
};

const valuesOf = (rows: readonly EventRow[]) =>
  names.map((name) => rows.map((row) => (name === "facts" ? JSON.stringify(row[name]) : row[name])));

const insertBatch = (database: Database, values: readonly SqlValue[]) =>
  database.run(
    `insert into floor_events (${names.join(", ")})
     select * from unnest(${names.map((name, index) => `$${index + 1}::${columns[name]}[]`).join(", ")})`,
    values,
  );

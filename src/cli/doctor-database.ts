import path from "node:path";
import type { Config } from "../config.ts";
import { startEmbeddedPostgres } from "../db/embedded-postgres.ts";
import { readMigrations } from "../db/migrate.ts";
import { type Database, openDatabase, type Sql } from "../db/sql.ts";
import { createSealer } from "../sealer.ts";
import { bad, type Line, lookedAt, ok, reasonOf, skipped } from "./doctor-line.ts";

export interface FoundDatabase {
  lines: Line[];
  /** Null: it does not answer. */
  database: Database | null;
  /** Whether it has the tables of this version. */
  migrated: boolean;
  close(): Promise<void>;
}

/** Opens the database, the embedded one where none is given, and looks whether the server could work on it. Changes nothing in it. */
export const checkDatabase = async (config: Config): Promise<FoundDatabase> => {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    // a vendor that hangs may hold a connection: then the embedded server goes on, and the next start adopts it
    const patience = new Promise((resolve) => setTimeout(resolve, 3_000).unref());
    for (const each of closing.toReversed()) await Promise.race([each().catch(() => {}), patience]);
  };
  let url = config.databaseUrl;
  let place = url === undefined ? "" : ` at ${new URL(url).host || "a local socket"}`;
  if (url === undefined) {
    const folder = path.join(config.home, "postgres");
    try {
      const embedded = await startEmbeddedPostgres(folder);
      closing.push(() => embedded.stop());
      url = embedded.url;
      place = `, embedded in ${folder}${embedded.how === "adopted" ? ", in use" : ""}`;
    } catch (error) {
      // its second line, where there is one, is advice
      const advice =
        error instanceof Error ? error.message.split("\n").find((line) => line.includes("DATABASE_URL")) : "";
      const todo = advice || `Look into ${folder}/data/server.log, or set DATABASE_URL to a PostgreSQL of your own.`;
      return { lines: [bad("embedded PostgreSQL", reasonOf(error), todo)], database: null, migrated: false, close };
    }
  }
  const database = openDatabase(url, { max: 10, onError: () => {} });
  closing.push(() => database.close());
  let found: Found = { lines: [], answers: false, migrated: false };
  const lines = await lookedAt("PostgreSQL", async () => {
    found = await look(database, place);
    return found.lines;
  });
  const sealed = found.migrated ? await lookedAt("sealed rows", () => sealedLines(database, config.secretKeys)) : [];
  return {
    lines: [...lines, ...sealed],
    database: found.answers ? database : null,
    migrated: found.migrated,
    close,
  };
};

interface Found {
  lines: Line[];
  answers: boolean;
  migrated: boolean;
}

const look = async (database: Database, place: string): Promise<Found> => {
  let version: { number: number; name: string; lasting: string } | undefined;
  try {
    version = await database.row(
      `select current_setting('server_version_num')::int as number, current_setting('server_version') as name,
         current_setting('synchronous_commit') as lasting`,
    );
  } catch (error) {
    return {
      lines: [bad("PostgreSQL", `${reasonOf(error)}${place}`, todoFor(error))],
      answers: false,
      migrated: false,
    };
  }
  const { number = 0, name = "?", lasting = "on" } = version ?? {};
  const lines: Line[] = [];
  if (number >= 140_000) lines.push(ok("PostgreSQL", `${name}${place}`));
  else lines.push(bad("PostgreSQL", `version ${name}${place}`, "Use PostgreSQL 14 or newer."));
  if (lasting === "off")
    lines.push(
      bad(
        "synchronous_commit",
        "off: a delivery that was answered could be lost in a crash",
        "alter database … set synchronous_commit = on",
      ),
    );
  const schema = await migrationLine(database);
  lines.push(schema.line, await writeLine(database, schema.migrated));
  return { lines, answers: true, migrated: schema.migrated };
};

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, or Node.js' name for a failed connection. */
const todoFor = (error: unknown): string => {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code === "28P01" || code === "28000") return "Correct user and password in DATABASE_URL.";
  if (code === "3D000")
    return "Create that database (`create database …`), or correct the name at the end of DATABASE_URL.";
  if (code === "53300") return "Raise max_connections of the server: one process of Accolade uses up to 30.";
  return "Check that PostgreSQL runs, and that DATABASE_URL names the host and port on which this machine reaches it.";
};

const migrationLine = async (database: Database): Promise<{ line: Line; migrated: boolean }> => {
  const ours = await readMigrations();
  const there = await database.row(
    "select to_regclass('migrations') as found where to_regclass('migrations') is not null",
  );
  const applied = there
    ? await database.rows<{ number: number; name: string; hash: string }>(
        "select number, name, hash from migrations order by number",
      )
    : [];
  const last = ours.at(-1)?.number ?? 0;
  const newer = applied.find(({ number }) => number > last);
  const edited = ours.find(({ number, hash }) => applied.some((one) => one.number === number && one.hash !== hash));
  const missing = ours.filter(({ number }) => !applied.some((one) => one.number === number));
  const what = "migrations";
  if (newer)
    return {
      line: bad(
        what,
        `${newer.name}, of a newer version of Accolade`,
        "Start that version, or restore a backup from before it.",
      ),
      migrated: false,
    };
  if (edited)
    return {
      line: bad(what, `${edited.name} is not what was applied here`, "Restore the file as it was released."),
      migrated: false,
    };
  if (applied.length === 0)
    return { line: skipped(what, "none yet: the first start makes the tables"), migrated: false };
  if (missing.length > 0)
    return { line: skipped(what, `${missing.length} to apply: the next start does it`), migrated: false };
  return { line: ok(what, `all ${ours.length} applied`), migrated: true };
};

class RolledBack extends Error {}

/** Writes as the server does, and takes it back. */
const writeLine = async (database: Database, migrated: boolean): Promise<Line> => {
  const write = async (tx: Sql) => {
    if (migrated)
      await tx.run(
        "insert into inbox (connection, format, body, received_at) values ('accolade-doctor', 'none', '', now())",
      );
    else await tx.run("create table accolade_doctor (one int)");
    throw new RolledBack();
  };
  try {
    await database.transaction(write);
  } catch (error) {
    if (error instanceof RolledBack) return ok("can write");
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const todo =
      code === "25006"
        ? "This is a read-only copy: name the primary server in DATABASE_URL."
        : "Give the user of DATABASE_URL the right to create and change tables: `grant create on schema public to …`, or make it the owner of the database.";
    return bad("can write", reasonOf(error), todo);
  }
  return ok("can write");
};

/** What is sealed in the database must open with the keys at hand: one row for each key that ever sealed. */
const sealedLines = async (database: Database, secretKeys: readonly string[]): Promise<Line[]> => {
  const sealer = createSealer(secretKeys);
  const rows = await database.rows<{ sealed: Buffer; purpose: string }>(
    `select distinct on (substring(sealed from 2 for 4)) sealed, purpose from (
       select sealed, 'code' as purpose from codes union all
       select content, 'reward' from orders where content is not null union all
       select content, 'reward' from orders_past where content is not null union all
       select sealed, 'token' from connection_tokens
     ) as everything`,
  );
  const closed = rows.filter(({ sealed, purpose }) => {
    try {
      sealer.open(sealed, purpose);
      return false;
    } catch {
      return true;
    }
  });
  if (rows.length === 0) return [];
  if (closed.length === 0) return [ok("sealed codes and tokens", "open with ACCOLADE_SECRET_KEY")];
  return [
    bad(
      "sealed codes and tokens",
      `some were sealed with ${closed.length === 1 ? "a key" : `${closed.length} keys`} that ACCOLADE_SECRET_KEY does not hold`,
      "Set ACCOLADE_SECRET_KEY to the new key, a comma, and the old key; the old key is in the backup of the environment or of .accolade/secret-key.",
    ),
  ];
};

/** An embedded PostgreSQL for one bench, as durable as the one that `npm start` runs. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { type Database, openDatabase } from "../../src/db/sql.ts";

export interface Ground {
  /** A folder that goes with the bench. */
  folder: string;
  version: string;
  /** A database of its own, empty. */
  database(name: string): Promise<{ url: string; database: Database }>;
  close(): Promise<void>;
}

export const openGround = async (): Promise<Ground> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-bench-"));
  // where we are root, PostgreSQL runs as another user
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres(path.join(folder, "postgres"));
  const admin = openDatabase(postgres.url, { max: 1 });
  const opened: Database[] = [];
  const { version = "" } =
    (await admin.row<{ version: string }>("select split_part(version(), ' ', 2) as version")) ?? {};
  return {
    folder,
    version,
    async database(name) {
      await admin.run(`create database ${name}`);
      const url = postgres.url.replace(/accolade$/, name);
      const database = openDatabase(url, { max: 4 });
      opened.push(database);
      return { url, database };
    },
    async close() {
      for (const database of opened) await database.close();
      await admin.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** An embedded PostgreSQL for one bench, as durable as the one that `npm start` runs. */
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
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
  /** Away with a database that nobody else uses any more. */
  drop(name: string): Promise<void>;
  /** Seconds of processor time that PostgreSQL has used so far, all its processes together. */
  processor(): Promise<number>;
  close(): Promise<void>;
}

/** `flags` are added to the command line of PostgreSQL. */
export const openGround = async (flags: readonly string[] = []): Promise<Ground> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-bench-"));
  // where we are root, PostgreSQL runs as another user
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres(path.join(folder, "postgres"), flags);
  const admin = openDatabase(postgres.url, { max: 1 });
  const opened = new Map<string, Database>();
  const { version = "" } =
    (await admin.row<{ version: string }>("select split_part(version(), ' ', 2) as version")) ?? {};
  return {
    folder,
    version,
    async database(name) {
      await admin.run(`create database ${name}`);
      const url = postgres.url.replace(/accolade$/, name);
      const database = openDatabase(url, { max: 4 });
      opened.set(name, database);
      return { url, database };
    },
    async drop(name) {
      await opened.get(name)?.close();
      opened.delete(name);
      await admin.run(`drop database ${name} with (force)`);
    },
    async processor() {
      const [pid] = (await readFile(path.join(folder, "postgres", "data", "postmaster.pid"), "utf8")).split("\n");
      return processorOf(Number(pid));
    },
    async close() {
      for (const database of opened.values()) await database.close();
      await admin.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
};

/** Of this process, its living children, and those that have ended. */
const processorOf = async (parent: number): Promise<number> => {
  let hundredths = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [ppid, user, system, userOfEnded, systemOfEnded] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
    if (Number(pid) === parent) hundredths += (user ?? 0) + (system ?? 0) + (userOfEnded ?? 0) + (systemOfEnded ?? 0);
    else if (ppid === parent) hundredths += (user ?? 0) + (system ?? 0);
  }
  return hundredths / 100;
};

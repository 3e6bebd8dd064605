/** The PostgreSQL of a run: a database in one that all runs share, or one of its own that can be restarted. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { pgCtl, startEmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { openDatabase } from "../../src/db/sql.ts";

/** What is checked is what we ask of PostgreSQL, and not the disk below it: a killed process loses nothing that was written. */
const FLAGS = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400"];

export interface SharedPostgres {
  /** A new database: migrated, or empty. */
  database(how: "migrated" | "empty"): Promise<string>;
  drop(url: string): Promise<void>;
  close(): Promise<void>;
}

export const startShared = async (parent: string): Promise<SharedPostgres> => {
  const folder = await mkdtemp(path.join(parent, "postgres-"));
  const postgres = await startEmbeddedPostgres(folder, FLAGS);
  const template = openDatabase(postgres.url, { max: 1 });
  await migrate(template, await readMigrations());
  await template.close();
  const admin = openDatabase(postgres.url.replace(/accolade$/, "postgres"), { max: 1 });
  await admin.run("alter database accolade rename to accolade_template");
  return {
    async database(how) {
      const name = `run_${randomBytes(6).toString("hex")}`;
      await admin.run(`create database ${name}${how === "migrated" ? " template accolade_template" : ""}`);
      return postgres.url.replace(/accolade$/, name);
    },
    async drop(url) {
      await admin.run(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`);
    },
    async close() {
      await admin.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export interface OwnPostgres {
  url: string;
  /** `fast`: it says goodbye to everybody. `immediate`: as if it had crashed. Also starts one that has ended. */
  restart(how: "fast" | "immediate"): Promise<void>;
  close(): Promise<void>;
}

/** One for this run alone, in `folder`, as durable as the one that `npm start` runs. */
export const startOwn = async (folder: string): Promise<OwnPostgres> => {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres(folder, ["-c", "max_connections=200"]);
  const data = path.join(path.resolve(folder), "data");
  return {
    url: postgres.url,
    restart: (how) =>
      pgCtl(["restart", "-m", how, "-w", "-t", "60", "-s", "-D", data, "-l", path.join(data, "server.log")]),
    close: () => pgCtl(["stop", "-m", "immediate", "-w", "-t", "30", "-s", "-D", data]).catch(() => {}),
  };
};

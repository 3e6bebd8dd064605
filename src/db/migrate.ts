/** Brings a database to the schema of this version. Safe when several processes start at once: they take turns. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { packageRoot } from "../package-root.ts";
import type { Database } from "./sql.ts";

export interface Migration {
  number: number;
  name: string;
  text: string;
  hash: string;
}

const LOCK = 4_102_021; // any number, the same in every version

/** The migrations of this version, in order. */
export const readMigrations = async (folder = path.join(packageRoot, "migrations")): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(folder, name), "utf8");
      return { number: Number(name.slice(0, 4)), name, text, hash: createHash("sha256").update(text).digest("hex") };
    }),
  );
};

/**
 * Applies what is missing, each migration in a transaction of its own. Throws where the database was migrated by a newer
 * version, or where a migration that it already has was edited since.
 */
export const migrate = async (database: Database, migrations: readonly Migration[]): Promise<number> => {
  await database
    .run(
      `create table if not exists migrations (number int primary key, name text not null, hash text not null,
       applied_at timestamptz not null default now())`,
    )
    .catch(async (error: unknown) => {
      // two processes that create it at once collide in the catalogue; the other one has made it
      if (
        !(await database.row("select to_regclass('migrations') as found where to_regclass('migrations') is not null"))
      )
        throw error;
    });
  let applied = 0;
  for (const migration of migrations) {
    applied += await database.transaction(async (tx) => {
      await tx.run("select pg_advisory_xact_lock($1)", [LOCK]);
      const done = await tx.row<{ hash: string }>("select hash from migrations where number = $1", [migration.number]);
      if (done && done.hash !== migration.hash)
        throw new Error(
          `migration ${migration.name} was changed after it was applied to this database: restore it, and put the change into a new migration`,
        );
      if (done) return 0;
      await tx.run(migration.text);
      await tx.run("insert into migrations (number, name, hash) values ($1, $2, $3)", [
        migration.number,
        migration.name,
        migration.hash,
      ]);
      return 1;
    });
  }
  const newest = await database.row<{ number: number; name: string }>(
    "select number, name from migrations order by number desc limit 1",
  );
  const last = migrations.at(-1)?.number ?? 0;
  if (newest && newest.number > last)
    throw new Error(
      `this database was migrated by a newer version of Accolade (it has ${newest.name}, this version ends with ${last}): start that version, or restore a backup from before it`,
    );
  return applied;
};

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
  /** It only adds what an older version does not see or need, so that the two may run side by side. */
  expands: boolean;
}

const LOCK = 4_102_021; // any number, the same in every version
/** From this migration on the table says of each whether it expands. */
const SAYS_SO = 26;

/** The migrations of this version, in order. */
export const readMigrations = async (folder = path.join(packageRoot, "migrations")): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(folder, name), "utf8");
      return {
        number: Number(name.slice(0, 4)),
        name,
        text,
        hash: createHash("sha256").update(text).digest("hex"),
        expands: /^-- expand\b/.test(text),
      };
    }),
  );
};

/**
 * Applies what is missing, each migration in a transaction of its own. Throws where a newer version has applied one that
 * does not only expand, or where a migration that it already has was edited since.
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
      const { number, name, hash, expands } = migration;
      if (number < SAYS_SO)
        await tx.run("insert into migrations (number, name, hash) values ($1, $2, $3)", [number, name, hash]);
      else
        await tx.run("insert into migrations (number, name, hash, expands) values ($1, $2, $3, $4)", [
          ...[number, name, hash],
          expands,
        ]);
      return 1;
    });
  }
  await refuseNewer(database, migrations.at(-1)?.number ?? 0);
  return applied;
};

/** What only expands is no reason to refuse: old and new run side by side while a version is rolled out. */
const refuseNewer = async (database: Database, last: number): Promise<void> => {
  const newer = await database.rows<{ name: string; expands: boolean }>(
    // a database from before that column has none that expands
    "select name, coalesce((to_jsonb(m) ->> 'expands')::boolean, false) as expands from migrations m where number > $1 order by number desc",
    [last],
  );
  const stranger = newer.find(({ expands }) => !expands);
  if (stranger)
    throw new Error(
      `this database was migrated by a newer version of Accolade (it has ${stranger.name}, this version ends with ${last}): start that version, or restore a backup from before it`,
    );
};

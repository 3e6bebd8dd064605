import { expect, test } from "@jest/globals";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { openDatabase } from "../../src/db/sql.ts";
import { freshDatabase, freshDatabaseUrl } from "../support/database.ts";

test("several processes that start at once leave one schema, and a second start changes nothing", async () => {
  const url = await freshDatabaseUrl();
  const databases = [1, 2, 3, 4].map(() => openDatabase(url, { max: 2 }));
  const first = databases[0];
  if (!first) throw new Error("no database");
  await first.run("drop schema public cascade");
  await first.run("create schema public");
  const migrations = await readMigrations();
  const applied = await Promise.all(databases.map((database) => migrate(database, migrations)));
  expect(applied.reduce((sum, each) => sum + each)).toBe(migrations.length);
  expect(await migrate(first, migrations)).toBe(0);
  for (const database of databases) await database.close();
});

test("an edited migration and a newer database are refused, with what to do", async () => {
  const database = await freshDatabase();
  const migrations = await readMigrations();
  const edited = migrations.map((migration) => ({ ...migration, hash: "edited" }));
  await expect(migrate(database, edited)).rejects.toThrow(
    /was changed after it was applied.*put the change into a new migration/,
  );
  await expect(migrate(database, [])).rejects.toThrow(/newer version of Accolade/);
  await database.close();
});

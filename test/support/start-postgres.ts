/** Once per test run: a PostgreSQL of its own in a temporary folder, with a migrated template to copy databases from. */
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { openDatabase } from "../../src/db/sql.ts";

export default async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-test-"));
  // a test run may lose its data: what it checks is what we ask of the database, not the disk
  const settings = ["fsync=off", "full_page_writes=off", "max_connections=400"];
  // hundreds of databases that live for seconds: looking after all of them would take more than they do
  settings.push("autovacuum=off");
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const postgres = await startEmbeddedPostgres(folder, flags);
  const database = openDatabase(postgres.url, { max: 2 });
  await migrate(database, await readMigrations());
  await database.close();
  const admin = new pg.Client({ connectionString: postgres.url.replace(/accolade$/, "postgres") });
  await admin.connect();
  await admin.query("alter database accolade rename to accolade_template");
  await admin.end();
  // compiled once for all tests: see writeWorkspace
  process.env.ACCOLADE_TEST_LAYOUTS = path.join(folder, "layouts");
  await mkdir(process.env.ACCOLADE_TEST_LAYOUTS);
  process.env.ACCOLADE_TEST_POSTGRES = postgres.url.replace(/accolade$/, "");
  Object.assign(globalThis, { accoladePostgres: { postgres, folder } });
};

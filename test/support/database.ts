/** A migrated database of its own for each test file, copied from the template that the run started with. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { type Database, openDatabase } from "../../src/db/sql.ts";

/** The URL of a new, migrated, empty database. */
export const freshDatabaseUrl = async (): Promise<string> => {
  const server = process.env.ACCOLADE_TEST_POSTGRES;
  if (!server) throw new Error("no test PostgreSQL: run through `npm test`, whose global setup starts it");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: `${server}postgres` });
  await admin.connect();
  try {
    // copying files beats writing every page through the log
    await admin.query(`create database ${name} template accolade_template strategy file_copy`);
  } finally {
    await admin.end();
  }
  return server + name;
};

/** Opened; close it in `afterAll`. */
export const freshDatabase = async (): Promise<Database> => openDatabase(await freshDatabaseUrl());

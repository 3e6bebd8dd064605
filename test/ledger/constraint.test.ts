/** The ledger's promises hold also for somebody who writes SQL past our code. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Database } from "../../src/db/sql.ts";
import { freshDatabase } from "../support/database.ts";

let database: Database;
beforeAll(async () => {
  database = await freshDatabase();
  await database.run(
    "insert into ledger_accounts (code, currency) values ('funding', 'EUR'), ('reserved', 'EUR'), ('issued', 'USD')",
  );
  await write("sound", { funding: -100, reserved: 100 });
});
afterAll(() => database.close());

/** A posting with these entries, straight into the tables. */
const write = (key: string, entries: Record<string, number>) =>
  database.transaction(async (tx) => {
    await tx.run("insert into ledger_postings (key, what) values ($1, 'reserve')", [key]);
    for (const [code, minor] of Object.entries(entries)) await add(tx, key, code, minor);
  });
const add = (sql: Pick<Database, "run">, key: string, code: string, minor: number) =>
  sql.run(
    `insert into ledger_entries (posting_id, account_id, amount_minor)
     select p.id, a.id, $3 from ledger_postings p, ledger_accounts a where p.key = $1 and a.code = $2`,
    [key, code, minor],
  );
const entries = () =>
  database.rows("select posting_id, account_id, amount_minor from ledger_entries order by posting_id, account_id");

test.each<[string, Record<string, number>]>([
  ["does not add up", { funding: -100, reserved: 99 }],
  ["has one side only", { reserved: 100 }],
  ["balances only across currencies", { funding: -100, issued: 100 }],
])("a posting that %s is refused, and nothing of it stays", async (what, sides) => {
  await expect(write(what, sides)).rejects.toThrow(/does not balance/);
  expect(await database.rows("select from ledger_postings where key = $1", [what])).toEqual([]);
});

test("an entry of nothing is refused", () =>
  expect(write("nothing", { funding: 0 })).rejects.toThrow(/check constraint/));

test("an entry that is added later to an old posting is refused", async () => {
  const before = await entries();
  await database.run("insert into ledger_accounts (code, currency) values ('elsewhere', 'EUR') on conflict do nothing");
  await expect(add(database, "sound", "elsewhere", 5)).rejects.toThrow(/does not balance/);
  expect(await entries()).toEqual(before);
});

test("a posting without entries moves nothing, and does no harm", async () => {
  const before = await entries();
  await write("empty", {});
  expect(await entries()).toEqual(before);
});

describe("history cannot be changed", () => {
  test.each([
    "update ledger_entries set amount_minor = -amount_minor",
    "delete from ledger_entries",
    "truncate ledger_entries",
    "update ledger_postings set booked_at = now()",
    "delete from ledger_postings",
    "truncate ledger_postings cascade",
    "truncate ledger_accounts cascade",
    "insert into ledger_entries select * from ledger_entries on conflict (posting_id, account_id) do update set amount_minor = 1",
  ])("%s", async (statement) => {
    await expect(database.run(statement)).rejects.toThrow(/append only/);
    expect(await entries()).toHaveLength(2);
  });

  test.each([
    "update ledger_accounts set currency = 'USD' where code = 'funding'",
    "update ledger_accounts set code = 'mine' where code = 'reserved'",
  ])("%s", async (statement) => {
    await expect(database.run(statement)).rejects.toThrow(/keeps its code and currency/);
  });

  test("an account that was booked on cannot be deleted", () =>
    expect(database.run("delete from ledger_accounts where code = 'funding'")).rejects.toThrow(/foreign key/));
});

/** What `accolade ledger verify` finds: each promise is broken once, past the database's own guards. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Database } from "../../src/db/sql.ts";
import { type LedgerFault, verifyLedger } from "../../src/ledger/verify.ts";
import { bookAt } from "../support/book.ts";
import { freshDatabase } from "../support/database.ts";
import { insertBudget, insertMoneyGrant } from "../support/money-rows.ts";

let database: Database;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.close());

const faults = async (): Promise<LedgerFault[]> => (await verifyLedger(database)).faults;
const at = "2026-11-01T10:00:00Z";
const book = (grantId: string | null, from: string, to: string, minor: number, key = `${grantId}/${from}/${to}`) =>
  bookAt(database, { key, grantId, at, from, to, minor });
const unguarded = async (...statements: string[]) => {
  const tables = ["ledger_entries", "ledger_accounts"];
  for (const table of tables) await database.run(`alter table ${table} disable trigger user`);
  for (const statement of statements) await database.run(statement);
};

/** One grant in each state, booked as its state asks. */
const soundLedger = async () => {
  await insertBudget(database, { id: "emea", minor: 1_000 });
  await book(null, "funding", "budget:emea", 1_000, "budget/emea/1");
  const approved = await insertMoneyGrant(database, { state: "approved", budget: "emea" });
  await book(approved, "budget:emea", "reserved", 100);
  const issued = await insertMoneyGrant(database, { state: "issued" });
  await book(issued, "funding", "reserved", 100);
  await book(issued, "reserved", "issued", 100);
  const points = await insertMoneyGrant(database, { state: "redeemed" });
  await book(points, "funding", "reserved", 100);
  await book(points, "reserved", "points:somebody", 100);
  await book(points, "points:somebody", "points:joined", 100);
  const cancelled = await insertMoneyGrant(database, { state: "cancelled", budget: "emea" });
  await book(cancelled, "budget:emea", "reserved", 100);
  await book(cancelled, "reserved", "budget:emea", 100);
  const unfunded = await insertMoneyGrant(database, { state: "held", budget: "emea" });
  await database.run("update grants set unfunded = true where id = $1", [unfunded]);
  await insertMoneyGrant(database, { state: "shadow" });
  const netted = await insertMoneyGrant(database, { state: "issued" });
  await database.run("update grants set netted_minor = 40 where id = $1", [netted]);
  await book(netted, "funding", "reserved", 100);
  await book(netted, "reserved", "issued", 60);
  await book(netted, "reserved", "debt:somebody", 40);
  await database.run(
    "insert into limit_uses (grant_id, key, count, amount_minor) values ($1, 'rule/3 per month', 1, 100)",
    [approved],
  );
  await database.run(
    "insert into limit_totals (key, count, amount_minor) values ('rule/3 per month', 1, 100), ('rule/none left', 0, 0)",
  );
  return { approved, issued, cancelled };
};

test("a sound ledger has no faults, and is counted", async () => {
  await soundLedger();
  expect(await verifyLedger(database)).toEqual({ postings: 12, accounts: 7, grants: 7, limits: 2, faults: [] });
});

test("an empty one neither", async () => expect(await faults()).toEqual([]));

test("a posting that does not balance", async () => {
  await soundLedger();
  await unguarded(
    "delete from ledger_entries e using ledger_accounts a where a.id = e.account_id and a.code = 'debt:somebody'",
  );
  expect(await faults()).toEqual([
    {
      kind: "posting",
      about: expect.stringMatching(/reserved\/debt:somebody$/),
      problem: "found one entry alone with a sum of -0.40 EUR, expected 0",
    },
  ]);
});

test("a budget whose kept balance is not what its entries say, and one that was overspent", async () => {
  await soundLedger();
  await unguarded("update ledger_accounts set balance_minor = 950 where code = 'budget:emea'");
  expect(await faults()).toEqual([
    {
      kind: "account",
      about: "budget:emea",
      problem: "found a balance of 9.50 EUR, expected the sum of its entries, 9 EUR",
    },
  ]);
  await unguarded("alter table ledger_accounts drop constraint budget_never_overspent");
  await book(null, "budget:emea", "funding", 1_000, "too much");
  await database.run("update ledger_accounts set balance_minor = -100 where code = 'budget:emea'");
  expect(await faults()).toEqual([
    { kind: "budget", about: "emea", problem: "found -1 EUR left in it, expected 0 or more" },
  ]);
});

test.each<[string, string, string]>([
  [
    "approved",
    "update grants set state = 'cancelled' where id = $1",
    "it is cancelled: found 1 EUR reserved for it, expected 0 EUR",
  ],
  [
    "approved",
    "update grants set cost_minor = 250 where id = $1",
    "it is approved: found 1 EUR reserved for it, expected 2.50 EUR",
  ],
  [
    "issued",
    "update grants set cost_minor = 250 where id = $1",
    "it is issued: found 1 EUR supplied for it, expected 2.50 EUR",
  ],
  [
    "issued",
    "update grants set state = 'cancelled' where id = $1",
    "it is cancelled: found 1 EUR supplied for it, expected 0 EUR",
  ],
  [
    "cancelled",
    "update grants set state = 'ordering' where id = $1",
    "it is ordering: found 0 EUR reserved for it, expected 1 EUR",
  ],
])("a grant that was %s, after: %s", async (which, statement, problem) => {
  const grants: Record<string, string> = await soundLedger();
  await database.run("delete from limit_uses");
  await database.run("delete from limit_totals");
  await database.run(statement, [grants[which]]);
  expect(await faults()).toEqual([{ kind: "grant", about: grants[which], problem }]);
});

test("what is left of another currency is found, and so is what the new one lacks", async () => {
  const { approved } = await soundLedger();
  await database.run("update grants set cost_currency = 'USD' where id = $1", [approved]);
  expect((await faults()).map(({ problem }) => problem).sort()).toEqual([
    "it is approved: found 0 USD reserved for it, expected 1 USD",
    "it is approved: found 1 EUR reserved for it, expected 0 EUR",
  ]);
});

test("limits that count something else than their uses, and a use that should have been freed", async () => {
  const { cancelled } = await soundLedger();
  await database.run("update limit_totals set count = 2 where key = 'rule/3 per month'");
  await database.run("insert into limit_uses (grant_id, key, count, amount_minor) values ($1, 'rule/lost', 1, 100)", [
    cancelled,
  ]);
  expect(await faults()).toEqual([
    {
      kind: "limit",
      about: "rule/3 per month",
      problem: "found 2 grants and 100 minor units counted, expected the sum of its uses, 1 and 100",
    },
    {
      kind: "limit",
      about: "rule/lost",
      problem: "found 0 grants and 0 minor units counted, expected the sum of its uses, 1 and 100",
    },
    { kind: "limit", about: "rule/lost", problem: `found a use by grant ${cancelled}, expected none: it is cancelled` },
  ]);
});

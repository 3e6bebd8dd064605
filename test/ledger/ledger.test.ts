/** The ledger balances because the database refuses anything else, and grants move only along their table. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Database } from "../../src/db/sql.ts";
import { allowedMoves, type GrantState, grantStates, moveGrants } from "../../src/ledger/grant-states.ts";
import { balance, type Posting, post, unbalanced } from "../../src/ledger/ledger.ts";
import { freshDatabase } from "../support/database.ts";
import { insertGrantRow } from "../support/grant-row.ts";

let database: Database;
let grantId: string;
beforeAll(async () => {
  database = await freshDatabase();
  grantId = await insertGrantRow(database, {});
});
afterAll(() => database.close());

const posting = (key: string, minor: number, currency = "EUR"): Posting => ({
  key,
  grantId,
  what: "reserve",
  from: "funding",
  to: "reserved",
  amount: { minor, currency },
});

test("any set of postings, told any number of times, balances and counts once", async () => {
  let run = 0;
  const currencies = ["EUR", "JPY", "PTS"];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 0, max: 1_000_000 }), fc.constantFrom(...currencies)), {
        maxLength: 12,
      }),
      async (told) => {
        run += 1;
        const before = await sums();
        // one key stands for one movement: the first that is told
        const firsts = [
          ...new Map(
            told.toReversed().map(([n, minor, currency]) => [n, posting(`run${run}/${n}`, minor, currency)]),
          ).values(),
        ];
        for (let again = 0; again < 2; again++) await database.transaction((tx) => post(tx, firsts));
        expect(await unbalanced(database)).toEqual([]);
        const after = await sums();
        for (const currency of currencies) {
          const moved = firsts
            .filter((each) => each.amount.currency === currency)
            .reduce((sum, each) => sum + each.amount.minor, 0);
          expect((after.get(currency) ?? 0) - (before.get(currency) ?? 0)).toBe(moved);
        }
      },
    ),
    { numRuns: 30 },
  );
});
const sums = async () => new Map((await balance(database, "reserved")).map(({ currency, minor }) => [currency, minor]));

describe("the database itself", () => {
  test("refuses a posting that does not balance", async () => {
    await expect(
      database.transaction(async (tx) => {
        await post(tx, [posting("lopsided", 100)]);
        await tx.run("insert into ledger_accounts (code, currency) values ('elsewhere', 'EUR')");
        await tx.run(
          `insert into ledger_entries (posting_id, account_id, amount_minor)
           select p.id, a.id, 5 from ledger_postings p, ledger_accounts a where p.key = 'lopsided' and a.code = 'elsewhere'`,
        );
      }),
    ).rejects.toThrow(/does not balance/);
    expect(await database.rows("select from ledger_postings where key = 'lopsided'")).toEqual([]);
  });

  test.each([
    "update ledger_entries set amount_minor = 1",
    "delete from ledger_entries",
    "update ledger_postings set what = 'x'",
    "delete from ledger_postings",
    "delete from grant_moves",
  ])("refuses: %s", async (statement) => {
    await database.transaction((tx) => post(tx, [posting("kept", 10)]));
    await moveGrants(database, [{ grantId, from: null, to: "approved", actor: "test", why: "so that there is a row" }]);
    await expect(database.run(statement)).rejects.toThrow(/append only/);
  });
});

describe("the life of a grant", () => {
  const pairs = grantStates.flatMap((from) => grantStates.map((to) => ({ from, to })));
  test.each(pairs.filter(({ from, to }) => !allowedMoves[from].includes(to)))(
    "$from cannot become $to",
    async ({ from, to }) => {
      await expect(moveGrants(database, [{ grantId, from, to, actor: "test", why: "" }])).rejects.toThrow(
        `cannot move from ${from} to ${to}`,
      );
    },
  );

  test("each allowed move is a row; a grant that somebody else moved meanwhile stays as it is", async () => {
    const id = await insertGrantRow(database, {});
    const go = (from: GrantState, to: GrantState) =>
      moveGrants(database, [{ grantId: id, from, to, actor: "test", why: `to ${to}` }]);
    expect(await go("approved", "ordering")).toEqual(new Set([id]));
    expect(await go("approved", "ordering")).toEqual(new Set());
    expect(await go("ordering", "issued")).toEqual(new Set([id]));
    const moves = await database.rows(
      "select from_state, to_state, actor, why from grant_moves where grant_id = $1 order by id",
      [id],
    );
    expect(moves).toEqual([
      { from_state: "approved", to_state: "ordering", actor: "test", why: "to ordering" },
      { from_state: "ordering", to_state: "issued", actor: "test", why: "to issued" },
    ]);
  });
});

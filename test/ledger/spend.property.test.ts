/** Whatever was booked, every breakdown of what was spent adds up to the balances of the ledger. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Database } from "../../src/db/sql.ts";
import { balances } from "../../src/ledger/balances.ts";
import { customerTotals } from "../../src/ledger/customer-totals.ts";
import { payroll } from "../../src/ledger/payroll.ts";
import { spendBreakdowns, spendBy } from "../../src/ledger/spend.ts";
import { periods } from "../../src/windows.ts";
import { bookAt } from "../support/book.ts";
import { freshDatabase } from "../support/database.ts";
import { insertBudget, insertMoneyGrant, insertPerson } from "../support/money-rows.ts";

let database: Database;
let grants: string[];
const people: string[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  await insertBudget(database, { id: "emea", minor: 1_000_000 });
  for (const kind of ["rep", "rep", "customer"] as const)
    people.push(await insertPerson(database, { kind, name: kind }));
  grants = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      insertMoneyGrant(database, {
        rule: `rule-${n % 3}`,
        kpi: n % 2 === 0 ? "close_rate" : null,
        team: ["EMEA", "DACH", null][n % 3] ?? null,
        budget: n % 4 === 0 ? "emea" : null,
        ...(n < 6 ? { recipient: people[n % 3] ?? "" } : {}),
      }),
    ),
  );
});
afterAll(() => database.close());

/** Movements as they happen to a grant: promised, released, supplied, taken back, joined, redeemed. */
const ways = [
  ["funding", "reserved"],
  ["reserved", "funding"],
  ["reserved", "issued"],
  ["reserved", "points:a"],
  ["points:a", "points:b"],
  ["issued", "redeemed"],
  ["issued", "funding"],
] as const;
const booking = fc.record({
  grant: fc.nat({ max: 7 }),
  way: fc.constantFrom(...ways),
  minor: fc.integer({ min: 1, max: 1_000_000 }),
  currency: fc.constantFrom("EUR", "JPY", "PTS"),
  at: fc.date({ min: new Date("2025-12-30T00:00:00Z"), max: new Date("2026-12-30T00:00:00Z"), noInvalidDate: true }),
});

const addedUp = <Row extends { currency: string }>(rows: readonly Row[], of: (row: Row) => number) => {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.currency, (sums.get(row.currency) ?? 0) + of(row));
  return new Map([...sums].filter(([, sum]) => sum !== 0).sort());
};

test("every breakdown, divided by any period, adds up to what the accounts hold", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(booking, { maxLength: 10 }),
      fc.constantFrom("Europe/Rome", "America/New_York", "Asia/Tokyo"),
      fc.constantFrom(null, ...periods),
      async (booked, timeZone, every) => {
        run += 1;
        for (const [n, { grant, way, at, ...rest }] of booked.entries())
          await bookAt(database, {
            ...rest,
            key: `${run}/${n}`,
            grantId: grants[grant] ?? "",
            at: at.toISOString(),
            from: way[0],
            to: way[1],
          });
        const held = await balances(database);
        const reserved = addedUp(
          held.filter(({ code }) => code === "reserved"),
          ({ minor }) => minor,
        );
        const supplied = addedUp(
          held.filter(({ code }) => code !== "reserved" && code !== "funding"),
          ({ minor }) => minor,
        );
        for (const by of spendBreakdowns) {
          const rows = await spendBy(database, { by, from: null, until: null, every, timeZone });
          expect(addedUp(rows, (row) => row.reserved)).toEqual(reserved);
          expect(addedUp(rows, (row) => row.spent)).toEqual(supplied);
          expect(addedUp(rows, (row) => row.issued - row.takenBack)).toEqual(supplied);
        }
        // two halves of a year are the year, and reps and customers together are everybody
        const [start, middle, end] = ["2025-01-01", "2026-06-30T22:30:00Z", "2027-06-01"].map((day) => new Date(day));
        if (!start || !middle || !end) throw new Error("three days");
        const halves = [
          ...(await spendBy(database, { by: "rule", from: null, until: middle, every, timeZone })),
          ...(await spendBy(database, { by: "rule", from: middle, until: null, every, timeZone })),
        ];
        expect(addedUp(halves, (row) => row.spent)).toEqual(supplied);
        const wages = (await payroll(database, start, end, timeZone)).map(({ currency, wage }) => ({
          currency,
          minor: wage,
        }));
        const customers = await customerTotals(database, start, end, timeZone);
        expect(addedUp([...wages, ...customers], ({ minor }) => minor)).toEqual(supplied);
      },
    ),
    { numRuns: 12 },
  );
}, 60_000);

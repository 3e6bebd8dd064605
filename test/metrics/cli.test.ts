/** `accolade metrics` and `accolade import costs`, as an admin types them; and what happens when the settings change. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { metricsPage } from "../../scripts/metrics-page.ts";
import { packageRoot } from "../../src/package-root.ts";
import { recomputeMetrics, refreshMetrics } from "../../src/pipeline/recompute-metrics.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";
import { look, post, SECRET, told } from "./story.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
let bench: Bench;
const run = (...args: string[]) =>
  runAccolade(args, bench.folder, { DATABASE_URL: bench.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY });

beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  crm: { connector: webhook, secret: ${SECRET} }\npeople: people.yaml\n`,
      rules: { "none.yaml": "rules: []\n" },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { crm: "7" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
  await post(bench, [
    told("deal/1", "created", "2026-11-02T10:00:00Z", { owner: "7", amount: 100, company: "c1" }),
    told("deal/1", "won", "2026-11-04T23:30:00Z"),
    told("deal/2", "created", "2026-11-03T10:00:00Z", { owner: "7", amount: 100, currency: "USD" }),
  ]);
  await bench.drain();
});
afterAll(() => bench.close());

test("list and show, for people and for programs; what is not known is said", async () => {
  const list = await run("metrics", "list", "--json");
  expect(JSON.parse(list.stdout)).toHaveLength(22);

  const shown = await run("metrics", "show", "close_rate", "--at", "2026-11-25");
  expect(shown.stdout).toContain("Close rate (ratio), quarter from 2026-10-01 until before 2027-01-01");
  expect(shown.stdout).toMatch(/Giulia Bianchi.+0\.5.+–.+–.+2/);
  const team = await run(
    "metrics",
    "show",
    "close_rate",
    "--of",
    "team",
    "--at",
    "2026-11-25",
    "--option",
    "basis=closed",
    "--json",
  );
  expect(JSON.parse(team.stdout)).toMatchObject([{ id: "EMEA", value: 1, sample: 1 }]);

  const wrong = await run("metrics", "show", "campaign_value", "--of", "owner");
  expect(wrong).toMatchObject({
    code: 1,
    stderr: "--of: found owner, expected one of campaign, workspace for campaign_value\n",
  });
  expect((await run("metrics", "show", "close_rate", "--option", "basis=all")).stderr).toBe(
    "--option basis: found all, expected one of prospects, closed\n",
  );
}, 60_000);

test("costs come from a file: once, line by line, and add up to the cent", async () => {
  const csv = path.join(bench.folder, "costs.csv");
  await writeFile(
    csv,
    `kind,amount,currency,from,until,campaign,team,owner,note
acquisition,100.00,EUR,2026-11-01,2026-11-30,,EMEA,,"Fairs, and travel"
acquisition,10,EUR,2026-11-30,2026-11-01,,,,
gifts,10,EUR,2026-11-01,2026-11-30,,,,
retention,ten,EURO,2026-11-01,2026-11-30,,,7,
`,
  );
  const first = await run("import", "costs", csv);
  expect(first.code).toBe(1);
  expect(first.stdout).toBe("1 cost added, 0 changed, 0 there already, 3 lines left out.\n");
  expect(first.stderr.split("\n").filter(Boolean)).toEqual([
    `${csv}:3: found until "2026-11-01", expected a day not before \`from\``,
    `${csv}:4: found kind "gifts", expected acquisition, retention or campaign`,
    `${csv}:5: found amount "ten", expected an amount such as 1250.00`,
    `${csv}:5: found currency "EURO", expected an ISO 4217 code, such as EUR`,
    `${csv}:5: found owner "7", expected connection/user id, such as hubspot-main/77`,
  ]);
  expect((await run("import", "costs", csv)).stdout).toBe(
    "0 costs added, 0 changed, 1 there already, 3 lines left out.\n",
  );
  expect(await look(bench, "customer_acquisition_cost", "team/EMEA", "month", "2026-11-25")).toMatchObject({
    value: 100,
    sample: 1,
  });
  expect((await look(bench, "customer_acquisition_cost", "team/EMEA", "day", "2026-11-04"))?.value).toBeCloseTo(
    3.34,
    9,
  );

  await writeFile(csv, "amount;kind;currency;from;until;id;colour\n");
  expect((await run("import", "costs", csv)).stderr).toContain(':1: found the column "colour", expected a first line');
}, 60_000);

test("verify finds what is wrong, ends with 1, and repairs it", async () => {
  const { database } = bench.opened;
  expect(await run("metrics", "verify")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("all metrics are what the facts say"),
  });
  await database.run("update metric_cells set n = n + 5 where series = 'won' and grain = 'day' and of = 'owner'");
  await database.run("delete from metric_contributions where kind = 'deal' and id = '2'");
  await database.run("delete from purchases");
  const found = await run("metrics", "verify");
  expect(found.code).toBe(1);
  expect(found.stdout).toContain("cells: owner crm 7 won day 2026-11-04: found 6, expected 1");
  expect(found.stdout).toContain("contributions: crm/deal/2: found nothing");
  expect(found.stdout).toContain("purchases: crm/deal/1: found nothing");
  expect(found.stdout).toContain("3 rows differed. Mend them with: accolade metrics verify --repair");
  expect(await run("metrics", "verify", "--repair")).toMatchObject({ code: 0 });
  expect(await recomputeMetrics(bench.opened.corridor, { repair: false })).toMatchObject({ different: 0 });
}, 60_000);

test("another time zone and other rates: everything is computed anew, once", async () => {
  const { database, workspace } = bench.opened.corridor;
  expect(await refreshMetrics({ database, workspace })).not.toBeNull();
  expect(await refreshMetrics({ database, workspace })).toBeNull();
  const elsewhere = { ...workspace, timeZone: "Europe/Rome", rates: { USD: [{ from: "2026-01-01", rate: 0.5 }] } };
  expect(await refreshMetrics({ database, workspace: elsewhere })).toBeGreaterThan(0);
  // half past eleven at night in UTC is the next day in Rome
  expect((await look(bench, "cycle_days", "owner/7", "day", "2026-11-05"))?.sample).toBe(1);
  const amount = await look(bench, "close_rate", "owner/7", "quarter", "2026-11-05", { weight: "amount" });
  expect(amount?.value).toBeCloseTo(100 / 150, 9);
});

test("the table in docs/metrics.md is what the list says; `npm run docs` writes it", () =>
  expect(readFileSync(path.join(packageRoot, "docs/metrics.md"), "utf8")).toBe(metricsPage()));

/** `accolade budgets`, `ledger` and `export`, as an admin types them, on a ledger that was written row by row. */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import { localDayOption } from "../../src/cli/export-output.ts";
import { csvText } from "../../src/csv.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { yearlyTotals } from "../../src/pipeline/yearly-totals.ts";
import { bookAt } from "../support/book.ts";
import { insertBudget, insertMoneyGrant, insertPerson, type MoneyGrant } from "../support/money-rows.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
let bench: Bench;
const database = () => bench.opened.database;
const run = async (...args: string[]) => {
  const ran = await runAccolade(args, bench.folder, {
    DATABASE_URL: bench.config.databaseUrl ?? "",
    ACCOLADE_SECRET_KEY: KEY,
  });
  return { ...ran, lines: ran.stdout.trimEnd().split("\n") };
};
/** The rows of CSV, by head. */
const csv = (text: string): Record<string, string>[] => {
  expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  return parse(text, { columns: true, record_delimiter: "\r\n" });
};

const DAY_MS = 86_400_000;
// whole seconds, so that a day said by the command is the day said here
const now = Math.floor(Date.now() / 1000) * 1000;
const daysAgo = (days: number) => new Date(now - days * DAY_MS).toISOString();

const people = { giulia: "", tom: "", carla: "", bruno: "" };
const grants: Record<string, string> = {};
/** Reserved and issued on one day. */
const give = async (name: string, at: string, grant: MoneyGrant & { points?: boolean }) => {
  const { budget, minor = 0, currency = "EUR" } = grant;
  const grantId = await insertMoneyGrant(database(), { state: "issued", ...grant });
  grants[name] = grantId;
  const booking = { grantId, at, minor, currency };
  const supplied = currency === "PTS" ? `points:${grant.recipient}` : "issued";
  await bookAt(database(), {
    ...booking,
    key: `${grantId}/reserve/0`,
    from: budget ? `budget:${budget}` : "funding",
    to: "reserved",
  });
  await bookAt(database(), { ...booking, key: `${grantId}/issue/0`, from: "reserved", to: supplied });
};

beforeAll(async () => {
  bench = await openBench(
    {
      config:
        "workspace: { currency: EUR, timeZone: Europe/Rome, rates: { USD: 0.9 } }\nproviders:\n  points: { provider: points }\ntax: { thresholds: { 2025: 100 USD, 2026: 200 USD } }\n",
      rules: {
        "all.yaml":
          "rewards: [{ id: p, title: Points, provider: points, value: 5 points }]\nrules: [{ id: won, title: Won, on: deal.won, reward: { to: owner, give: p } }]\n",
      },
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clockAt(new Date(now).toISOString()),
  );
  people.giulia = await insertPerson(database(), { kind: "rep", name: '=cmd|"calc"!A1', email: "giulia@acme.example" });
  people.tom = await insertPerson(database(), { kind: "rep", name: "Tom, of Sales", email: "+tom@acme.example" });
  people.carla = await insertPerson(database(), { kind: "customer", name: "Carla", email: "carla@example.com" });
  people.bruno = await insertPerson(database(), { kind: "customer", name: "Bruno", email: null });

  await insertBudget(database(), { id: "emea", minor: 1_000_00, alerts: [50, 80, 95] });
  await insertBudget(database(), { id: "young", minor: 50_00, until: new Date(now + 10 * DAY_MS).toISOString() });
  for (const [id, minor, at] of [
    ["emea", 1_000_00, daysAgo(14)],
    ["young", 50_00, daysAgo(1)],
  ] as const)
    await bookAt(database(), { key: `budget/${id}/1`, grantId: null, at, from: "funding", to: `budget:${id}`, minor });
  // 700 EUR in 14 days; 300 are left, which lasts 6 more
  await give("recent", daysAgo(3), {
    budget: "emea",
    minor: 600_00,
    rule: "big",
    team: "EMEA",
    kpi: "close_rate",
    recipient: people.giulia,
  });
  grants.promised = await insertMoneyGrant(database(), { budget: "emea", minor: 100_00, rule: "big", team: "EMEA" });
  await bookAt(database(), {
    key: `${grants.promised}/reserve/0`,
    grantId: grants.promised,
    at: daysAgo(2),
    from: "budget:emea",
    to: "reserved",
    minor: 100_00,
  });

  const waits = await insertMoneyGrant(database(), { budget: "emea", minor: 400_00, state: "held" });
  await database().run("update grants set unfunded = true where id = $1", [waits]);
  await database().run(
    `insert into stops (grant_id, rule_id, rule_version, milestone_id, recipient_key, part, value_minor, currency, reason, detail, waits_for, at)
     select gen_random_uuid(), rule_id, rule_version, milestone_id, recipient_key, 0, 5, 'EUR', 'budget', '{}', 'budget:young', now() from grants where id = $1`,
    [waits],
  );

  // years gone by, on both sides of midnight in Rome
  await give("lastOf2025", "2025-12-31T22:59:59Z", { minor: 95_00, recipient: people.carla, rule: "thanks" });
  await give("firstOf2026", "2025-12-31T23:00:00Z", { minor: 100_00, recipient: people.carla, rule: "thanks" });
  await give("dollars", "2026-03-01T12:00:00Z", {
    minor: 89_00,
    currency: "USD",
    recipient: people.carla,
    rule: "thanks",
  });
  await give("points", "2026-03-01T12:00:00Z", { minor: 40, currency: "PTS", recipient: people.carla, rule: "thanks" });
  await give("bruno", "2026-03-02T12:00:00Z", { minor: 100_00, recipient: people.bruno, rule: "thanks" });
  await give("brunoAgain", "2026-03-02T13:00:00Z", { minor: 80_00, recipient: people.bruno, rule: "thanks" });

  await give("tom", "2026-05-31T21:59:59Z", { minor: 10_00, recipient: people.tom, rule: "small", team: "DACH" });
  await give("tomInJune", "2026-05-31T22:00:00Z", { minor: 20_00, recipient: people.tom, rule: "small", team: "DACH" });
  await bookAt(database(), {
    key: `${grants.tomInJune}/back/0`,
    grantId: grants.tomInJune ?? "",
    at: "2026-06-10T10:00:00Z",
    from: "issued",
    to: "funding",
    minor: 20_00,
  });
  await database().run("update grants set state = 'clawed_back' where id = $1", [grants.tomInJune]);
  await give("tomRedeems", "2026-06-11T10:00:00Z", {
    minor: 30_00,
    recipient: people.tom,
    rule: "small",
    team: "DACH",
    state: "redeemed",
  });
  await database().run(
    "insert into grant_moves (grant_id, from_state, to_state, actor, why, at) values ($1, 'issued', 'redeemed', 'settle', 'the provider says so', '2026-06-12T10:00:00Z')",
    [grants.tomRedeems],
  );
}, 60_000);
afterAll(() => bench.close());

describe("budgets", () => {
  test("amount, reserved, issued, available, when it runs out, its marks, what waits for it and what it stopped", async () => {
    for (let n = 0; n < 2; n++) await sweep(bench.opened.corridor);
    const [{ code, lines }, { stdout }] = await Promise.all([run("budgets"), run("budgets", "--json")]);
    expect(code).toBe(0);
    const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "Europe/Rome" });
    expect(lines[1]).toMatch(/^emea +1,000 EUR +100 EUR +600 EUR +300 EUR +70 % /);
    expect(lines[1]).toContain(`at this pace on ${day.format(now + 6 * DAY_MS)}`);
    expect(lines[2]).toMatch(/^young +50 EUR +0 EUR +0 EUR +50 EUR +0 % .* too little to say$/);
    expect(lines.slice(3)).toEqual([
      "emea: reached its mark of 50 %",
      "emea: 1 reward for 400 EUR waits for room in it: a higher amount makes some",
      "young: 1 reward not given: it was empty, or outside of its window",
    ]);
    expect(JSON.parse(stdout)[0]).toMatchObject({
      id: "emea",
      amount: 100_000,
      reserved: 10_000,
      issued: 60_000,
      available: 30_000,
      percentUsed: 70,
      alerts: [50],
      waiting: { grants: 1, amount: 40_000 },
      forecast: { kind: "runs out" },
    });
  });

  test("each mark is told once; a changed amount may reach it again", async () => {
    const told = () => bench.logged.filter((line) => line.includes('"budget alert"')).map((line) => JSON.parse(line));
    for (let n = 0; n < 2; n++) await sweep(bench.opened.corridor);
    expect(told()).toEqual([
      expect.objectContaining({
        level: "warn",
        budget: "emea",
        percent: 50,
        amount: "1,000 EUR",
        available: "300 EUR",
      }),
    ]);
    const { body } = await bench.opened.corridor.telemetry.text();
    expect(body).toContain('accolade_budget_available_ratio{budget="emea"} 0.3');
    expect(body).toContain('accolade_budget_alerts_total{budget="emea",percent="50"} 1');
    const change = (minor: number) =>
      database().run("update budgets set amount_minor = amount_minor + $1 where id = 'emea'", [minor]);
    await change(100);
    await sweep(bench.opened.corridor);
    expect(told()).toHaveLength(2);
    await change(-100);
    await sweep(bench.opened.corridor);
    expect(told()).toHaveLength(2);
  });

  test("doctor shows them, and that sending is not paused", async () => {
    const { sections } = JSON.parse((await run("doctor", "--json")).stdout);
    const { lines } = sections.find(({ title }: { title: string }) => title === "Money");
    expect(lines).toEqual([
      { status: "ok", what: "sending", found: "not paused" },
      {
        status: "bad",
        what: "budget emea",
        found: expect.stringMatching(
          /^70 % used, 300 EUR available; runs out: at this pace on .*; 1 reward held for room in it$/,
        ),
        todo: expect.stringContaining("accolade budgets"),
      },
      { status: "ok", what: "budget young", found: "0 % used, 50 EUR available; runs out: too little to say" },
    ]);
  });
});

describe("ledger", () => {
  test("verify: in order, or what is wrong and exit code 1", async () => {
    const sound = await run("ledger", "verify");
    expect([sound.code, sound.stdout]).toEqual([
      0,
      expect.stringMatching(/^The ledger is in order: \d+ postings, \d+ accounts, \d+ grants, 0 limits\.\n$/),
    ]);
    await database().run("update grants set cost_minor = 95 where id = $1", [grants.promised]);
    const [broken, json] = await Promise.all([run("ledger", "verify"), run("ledger", "verify", "--json")]);
    expect([broken.code, broken.lines[0]]).toEqual([
      1,
      `grant ${grants.promised}: it is approved: found 100 EUR reserved for it, expected 0.95 EUR`,
    ]);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([
      1,
      expect.objectContaining({
        ok: false,
        faults: [expect.objectContaining({ kind: "grant", about: grants.promised })],
      }),
    ]);
    await database().run("update grants set cost_minor = 10000 where id = $1", [grants.promised]);
  });

  test("balances", async () => {
    const { lines } = await run("ledger", "balances");
    expect(lines.map((line) => line.replace(/ {2,}/, "  "))).toEqual(
      expect.arrayContaining(["budget:emea  300 EUR", "reserved  100 EUR", "issued  1,015 EUR", "issued  89 USD"]),
    );
  });
});

describe("export", () => {
  test("spend by rule", async () => {
    const { stdout, code } = await run("export", "spend", "--by", "rule");
    expect(code).toBe(0);
    expect(csv(stdout).map((row) => Object.values(row).join(" "))).toEqual([
      "big EUR 100.00 600.00 0.00 600.00 1",
      "thanks EUR 0.00 375.00 0.00 375.00 4",
      "small EUR 0.00 60.00 20.00 40.00 3",
      "thanks PTS 0 40 0 40 1",
      "thanks USD 0.00 89.00 0.00 89.00 1",
    ]);
    expect(stdout.split("\r\n")[0]).toBe("rule,currency,reserved,issued,taken_back,spent,grants");
  });

  test("a stretch of local days, each month apart; a month begins at the workspace's midnight", async () => {
    const stretch = ["--from", "2026-05-01", "--until", "2026-07-01", "--every", "month"];
    const { stdout } = await run("export", "spend", "--by", "team", ...stretch);
    expect(csv(stdout).map(({ team, from, spent }) => [team, from, spent])).toEqual([
      ["DACH", "2026-05-01", "10.00"],
      ["DACH", "2026-06-01", "30.00"],
    ]);
  });

  test("payroll: one line per rep and currency; a name that is a formula is text", async () => {
    const file = path.join(bench.folder, "all.csv");
    const [june, all] = await Promise.all([
      run("export", "payroll", "--from", "2026-06-01", "--until", "2026-07-01"),
      run("export", "payroll", "--from", "2020-01-01", "--until", "2100-01-01", "--out", file),
    ]);
    expect(csv(june.stdout)).toEqual([
      {
        recipient: people.tom,
        name: "Tom, of Sales",
        email: "'+tom@acme.example",
        team: "",
        currency: "EUR",
        issued: "50.00",
        taken_back: "20.00",
        wage: "30.00",
        redeemed: "30.00",
        value_dates: "2026-06-01 2026-06-10 2026-06-11",
        grants: [grants.tomInJune, grants.tomRedeems].sort().join(" "),
      },
    ]);
    expect([all.stdout, all.stderr]).toEqual(["", `Written: ${file}\n`]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    expect(text).toContain(`"'=cmd|""calc""!A1"`);
    expect(csv(text)).toHaveLength(2);
  });

  test("yearly: customers in the workspace currency against the threshold of that year", async () => {
    const [csvOf2026, jsonOf2025] = await Promise.all([
      run("export", "yearly", "--year", "2026"),
      run("export", "yearly", "--year", "2025", "--json"),
    ]);
    // 200 USD are 180 EUR: Bruno reaches it to the cent, Carla has 100 EUR and 89 USD
    expect(csv(csvOf2026.stdout).map((row) => Object.values(row).slice(1).join(" "))).toEqual([
      "Carla carla@example.com EUR 180.10 40 180.00 yes",
      "Bruno  EUR 180.00 0 180.00 yes",
    ]);
    const eur = (minor: number) => ({ minor, currency: "EUR" });
    expect(JSON.parse(jsonOf2025.stdout)).toEqual({
      threshold: eur(90_00),
      totals: [
        {
          recipientId: people.carla,
          name: "Carla",
          email: "carla@example.com",
          total: eur(95_00),
          points: 0,
          reaches: true,
        },
      ],
    });
    expect(await yearlyTotals(bench.opened.corridor, 2024, undefined)).toEqual({ threshold: null, totals: [] });
  });

  test("a currency without a rate is refused, not left out", async () => {
    const pounds = { minor: 1_00, currency: "GBP", recipient: people.carla, rule: "thanks" };
    await give("pounds", "2027-02-01T12:00:00Z", pounds);
    const { code, stderr } = await run("export", "yearly", "--year", "2027");
    expect([code, stderr]).toEqual([
      1,
      "workspace.rates: found no rate for GBP, expected what one unit is worth in EUR\n",
    ]);
  });

  test.each(["2026-02-30", "yesterday", "2026-1-1"])("the day %s is not understood", (day) =>
    expect(() => localDayOption(day)).toThrow("expected a day, such as 2026-10-01"),
  );
});

test.each([
  ["=1+1", "'=1+1"],
  ["+39 347", "'+39 347"],
  ["-x", "'-x"],
  ["@here", "'@here"],
  ["\tx", "'\tx"],
  ["\rx", '"\'\rx"'],
  ["-12.50", "-12.50"],
  [-3, "-3"],
  ["a,b", '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\nlines", '"two\nlines"'],
  ["'tis", "'tis"],
  [null, ""],
])("the cell %j is written as %j", (cell, written) => expect(csvText(["h"], [[cell]])).toBe(`h\r\n${written}\r\n`));

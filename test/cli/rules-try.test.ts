/** Trying rules before they spend: history in, backtest, tests, versions, as an admin types them. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { runAccolade } from "../support/run-accolade.ts";
import { runHere } from "../support/run-here.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const rules = (bar: number, more = "") => `rewards:
  - { id: p, title: Points, provider: points, value: 50 points }
rules:
  - { id: big, title: Big deal, on: deal.won, where: [deal.amount >= ${bar}, 'owner.team == "EMEA"'], reward: { to: owner, give: p } }
  - { id: created, title: New deal, on: deal.created, reward: { to: owner, give: p, value: 5 points } }
${more}`;
jest.setTimeout(60_000);
let bench: Bench;
const env = () => ({ DATABASE_URL: bench.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY });
const run = (...args: string[]) => runHere(args, bench.folder, env());
const write = (name: string, text: string) => writeFile(path.join(bench.folder, name), text);

beforeAll(async () => {
  bench = await openBench(
    {
      config:
        "connections:\n  hub: { connector: hubspot, clientSecret: not-needed-here-but-long }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n",
      rules: { "sales.yaml": rules(50_000) },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { hub: "77" } }\n  - { name: Marco Riva, email: marco@acme.example, team: EMEA, crm: { hub: "78" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const hubspot = `Record ID,Deal Name,Amount,Currency,Deal Stage,Deal owner,Create Date,Close Date
1,Rossi,"62,000.00",EUR,Closed Won,Giulia Bianchi,2026-07-02 10:00,2026-08-03 10:00
2,Verdi,48000,EUR,Closed Won,marco@acme.example,2026-07-02 10:00,2026-08-04 10:00
3,Neri,90000,EUR,Closed Lost,77,2026-07-05 10:00,2026-08-05 10:00
4,Gialli,lots,EUR,Closed Won,77,2026-07-05 10:00,2026-08-05 10:00
5,Blu,51000,EUR,Closed Won,Somebody Else,2026-07-05 10:00,2026-08-06 10:00
`;

describe("import history", () => {
  test("good lines are kept, bad ones reported with line, found and expected; the same file twice changes nothing", async () => {
    await write("deals.csv", hubspot);
    const first = await run("import", "history", "deals.csv");
    expect(first.stderr).toContain("deals.csv:5: found lots in Amount, expected an amount");
    expect(first.stdout).toContain("deals.csv: 4 lines read, 8 events imported, 0 there already, 1 line left out.");
    expect(first.stdout).toContain("1 owner is nobody's id, address or name on hub (Somebody Else)");
    expect(first.code).toBe(1);
    const second = await run("import", "history", "deals.csv");
    expect(second.stdout).toContain("0 events imported, 8 there already");
    const rows = await bench.opened.database.row(
      "select (select count(*) from grants)::int as grants, (select count(*) from records)::int as records",
    );
    expect(rows).toEqual({ grants: 0, records: 0 });
  });

  test("a Salesforce report needs to be told the order of its dates; what was imported can be taken out", async () => {
    await write(
      "opps.csv",
      "Opportunity ID;Opportunity Name;Amount;Stage;Owner;Created Date;Close Date;Won;Closed\n006A;Alfa;1.500,50;Chiuso;77;03/07/2026;04/08/2026;1;1\n",
    );
    expect((await run("import", "history", "opps.csv")).stderr).toMatch(/opps\.csv:2: found (1\.500,50|03\/07\/2026)/);
    const told = await run("import", "history", "opps.csv", "--dates", "dmy", "--decimal", "comma");
    expect(told.stdout).toContain("1 line read, 2 events imported");
    const facts = await bench.opened.database.rows(
      "select f ->> 'field' as field, f ->> 'value' as value, f ->> 'at' as at from history, jsonb_array_elements(facts) f where source = 'opps.csv' and f ->> 'field' in ('amount', 'status') order by 3",
    );
    expect(facts).toEqual([
      { field: "amount", value: "1500.5", at: "2026-07-03T12:00:00.000Z" },
      { field: "status", value: "open", at: "2026-07-03T12:00:00.000Z" },
      { field: "status", value: "won", at: "2026-08-04T12:00:00.000Z" },
    ]);
    expect((await run("import", "history", "opps.csv", "--remove")).stdout).toContain(
      "2 events of opps.csv taken out.",
    );
  });

  test("posted events, our own columns, and a map for any other file", async () => {
    await write(
      "events.jsonl",
      `${JSON.stringify({ type: "deal.won", subject: { kind: "deal", id: 9 }, occurredAt: "2026-08-01T10:00:00Z", record: { amount: 70000, owner: "78" } })}\nnonsense\n`,
    );
    const posted = await run("import", "history", "events.jsonl");
    expect(posted.stderr).toContain("events.jsonl:2: found text that is no JSON");
    expect(posted.stdout).toContain("1 event imported");
    await write(
      "own.csv",
      "kind,id,at,field,value\ndeal,10,2026-08-01T10:00:00Z,status,won\ndeal,10,2026-08-01T10:00:00Z,amount,100\ndoor,1,2026-08-01,x,y\n",
    );
    const own = await run("import", "history", "own.csv");
    expect(own.stdout).toContain("2 events imported");
    expect(own.stderr).toContain("own.csv:4: found door, expected one of deal");
    await write(
      "map.yaml",
      "columns: { Nummer: id, Betrag: amount, Stufe: stage, Ende: closed, Anfang: created }\nstages: { Gewonnen: won }\ndates: dmy\n",
    );
    await write("de.csv", "Nummer;Betrag;Stufe;Anfang;Ende\n11;500;Gewonnen;01.07.2026;02.08.2026\n");
    expect((await run("import", "history", "de.csv", "--map", "map.yaml")).stdout).toContain("2 events imported");
    expect((await run("import", "history", "de.csv")).stderr).toContain("a HubSpot export of deals");
    for (const file of ["events.jsonl", "own.csv", "de.csv"]) await run("import", "history", file, "--remove");
  });
});

describe("rules backtest", () => {
  test("who gets what, at what cost; the rules in force compared with themselves", async () => {
    const { code, stdout } = await run("rules", "backtest");
    expect(code).toBe(0);
    expect(stdout).toContain(
      "8 events (recorded and imported); milestones from 2026-07-01 until 2026-10-01. Nothing was granted.",
    );
    expect(stdout).toMatch(/big +1 +1 +50 points/);
    expect(stdout).toMatch(/created +4 +4 +20 points/);
    expect(stdout).toMatch(/Giulia Bianchi +3 +60 points/);
    expect(stdout).toContain("These are the rules in force");
    expect(await bench.opened.database.rows("select from grants")).toEqual([]);
  });

  test("another folder: what would be different, for whom, and at which events; CSV and JSON keep all of it", async () => {
    const folder = path.join(bench.folder, "tried");
    await mkdir(folder);
    await writeFile(path.join(folder, "sales.yaml"), rules(40_000).replace("5 points", "4 points"));
    const { stdout } = await run(
      "rules",
      "backtest",
      "tried",
      "--csv",
      "out.csv",
      "--from",
      "2026-08-01",
      "--until",
      "2026-09-01",
    );
    expect(stdout).toContain("Compared with the rules in force: +50 points; 1 person gains, 0 people lose.");
    expect(stdout).toMatch(/Marco Riva +\+1 +\+50 points/);
    expect(stdout).toMatch(/2026-08-04 +deal\.won deal Verdi +big +Marco Riva +nothing +50 points/);
    const csv = await readFile(path.join(bench.folder, "out.csv"), "utf8");
    expect(csv).toContain("change,rule,milestone,connection,subject,at");
    expect(csv).toContain(
      "gained,big,deal.won,hub,deal Verdi,2026-08-04T10:00:00.000Z,,hub/user/78,Marco Riva,,,,given,50,PTS",
    );
    expect(csv).toContain("same,big,deal.won,hub,deal Rossi");
    const whole = JSON.parse((await run("rules", "backtest", "tried", "--json")).stdout);
    expect(whole.compared).toMatchObject({ changed: 5, gaining: 1 });
    expect(whole.compared.changes).toHaveLength(5);
    expect(whole.rules[0]).toMatchObject({
      rule: "big",
      matches: 2,
      counts: { given: 2 },
      cost: [{ minor: 100, currency: "PTS" }],
    });
  });

  test("what a limit and an empty budget stop, and what is held", async () => {
    const folder = path.join(bench.folder, "limited");
    await mkdir(folder);
    await writeFile(
      path.join(folder, "sales.yaml"),
      `budgets:
  - { id: small, amount: 12 points, when_empty: stop }
${rules(1_000, "  - { id: held, title: Held, on: deal.won, hold: 90 days while won, reward: { to: owner, give: p } }\n")
  .replace("give: p } }\n  - { id: created", "give: p }, limits: [60 points per quarter] }\n  - { id: created")
  .replace("value: 5 points } }", "value: 5 points }, budget: small }")}`,
    );
    const tried = JSON.parse((await run("rules", "backtest", "limited", "--json", "--no-compare")).stdout);
    expect(tried.rules).toMatchObject([
      { rule: "big", matches: 2, counts: { given: 1, stopped_limit: 1 } },
      { rule: "created", matches: 4, counts: { given: 2, stopped_budget: 2 } },
      { rule: "held", matches: 3, counts: { held: 3 } },
    ]);
    expect(tried.compared).toBeNull();
  });

  test("rules with a mistake, and days that make no sense, are refused", async () => {
    await writeFile(path.join(bench.folder, "tried", "sales.yaml"), rules(40_000).replace("deal.amount", "deal.amout"));
    const wrong = await run("rules", "backtest", "tried");
    expect(wrong.stderr).toMatch(/tried\/sales\.yaml:4:\d+: found .*deal\.amout/);
    expect(wrong.code).toBe(1);
    expect((await run("rules", "backtest", "--from", "2026-09-01", "--until", "2026-08-01")).stderr).toContain(
      "expected a day after --from",
    );
    expect((await runAccolade(["rules", "backtest", "--from", "yesterday"], bench.folder, env())).stderr).toContain(
      "expected a day",
    );
  });
});

const tests = `people:
  - { name: Anna Conti, email: anna@acme.example, team: EMEA }
tests:
  - name: a big deal is rewarded
    given:
      - { on: 2026-10-01T10:00Z, deal: rossi, set: { amount: 62000, owner: anna@acme.example } }
      - { on: 2026-10-20, deal: rossi, set: { status: won } }
    expect:
      - { rule: big, to: anna@acme.example, value: 50 points, state: given }
      - { rule: created, to: Anna Conti }
    because: [deal.amount >= 50000]
  - name: a small one is not
    given:
      - { on: 2026-10-01, deal: verdi, set: { amount: 300, owner: giulia@acme.example, status: won } }
    expect_none: [big]
    because: [deal.amount >= 50000]
  - name: lost after it was won
    given:
      - { on: 2026-10-01, deal: neri, set: { amount: 90000, owner: giulia@acme.example, status: won } }
      - { on: 2026-10-02, deal: neri, set: { status: lost } }
    expect:
      - { rule: big, to: giulia@acme.example, state: undone }
`;

describe("rules test", () => {
  test("tests that pass, each on its own", async () => {
    await write("rules/sales.test.yaml", tests);
    const { code, stdout, stderr } = await run("rules", "test");
    expect(stderr).toBe("");
    expect(stdout).toContain("✓ a big deal is rewarded");
    expect(stdout).toContain("3 tests passed, 0 failed.");
    expect(code).toBe(0);
  });

  test("a failing test says what was expected and what came, and which condition did not hold", async () => {
    await write(
      "other.test.yaml",
      `tests:
  - name: wrong
    given:
      - { on: 2026-10-01, deal: verdi, set: { amount: 300, owner: giulia@acme.example, status: won } }
    expect:
      - { rule: big, to: giulia@acme.example, value: 50 points }
      - { rule: created, value: 7 points }
  - name: nothing at all
    given:
      - { on: 2026-10-01, deal: verdi, set: { owner: giulia@acme.example } }
    expect_none: true
`,
    );
    const { code, stdout } = await run("rules", "test", "other.test.yaml");
    expect(code).toBe(1);
    expect(stdout).toContain("✗ wrong   other.test.yaml:2");
    expect(stdout).toMatch(
      /expected +big {2}→ giulia@acme\.example {2}50 points\n +got +nothing\n +deal\.amount >= 50000 did not hold: deal\.amount = 300/,
    );
    expect(stdout).toMatch(
      /expected +created {2}7 points\n +got +created {2}→ giulia@acme\.example {2}5 points {2}given/,
    );
    expect(stdout).toMatch(/nothing at all[\s\S]*expected +nothing\n +got +created/);
    const json = JSON.parse((await run("rules", "test", "other.test.yaml", "--json")).stdout);
    expect(json).toMatchObject({
      passed: 0,
      failed: 2,
      tests: [{ failures: [{ kind: "missing" }, { kind: "missing" }] }, {}],
    });
  });

  test("a mistake in a test is named at its place, and nothing runs", async () => {
    await write(
      "broken.test.yaml",
      `tests:
  - name: broken
    given:
      - { on: 2026-10-01, deal: verdi, set: { amount: many } }
      - { on: soon, deal: verdi, sett: { amount: 3 } }
    expect: [{ rule: bigg, value: 50 }]
`,
    );
    const { code, stderr } = await run("rules", "test", "broken.test.yaml");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^broken\.test\.yaml:5:\d+: found the key `sett`/m);
    expect(stderr).toMatch(/^broken\.test\.yaml:6:\d+: found `50` \(a number\), expected an amount/m);
    expect(stderr).toContain("No test was run.");
  });
});

describe("versions", () => {
  test("diff: rules key by key, and the text; rollback writes the old files back and keeps what they replace", async () => {
    await write(
      "rules/sales.yaml",
      rules(60_000, "  - { id: lost, title: Lost, on: deal.lost, reward: { to: owner, give: p } }\n"),
    );
    await write("rules/more.yaml", "rules: []\n");
    await bench.opened.loadRules("file change");
    const versions = JSON.parse((await run("rules", "versions", "--json")).stdout);
    expect(versions).toHaveLength(2);
    const [newer, older] = versions;
    const { stdout } = await run("rules", "diff", String(older.id));
    expect(stdout).toContain(`From version ${older.id} to version ${newer.id}:`);
    expect(stdout).toContain("rule lost: added");
    expect(stdout).toMatch(/rule big: changed\n +where: \[.*50000.*\] → \[.*60000.*\]/);
    expect(stdout).toMatch(/^-.*50000.*\n\+.*60000/m);

    const back = await run("rules", "rollback", String(older.id));
    expect(back.stderr).toBe("");
    expect(back.stdout).toContain(
      `rules/sales.yaml: written back; what it said is kept as rules/sales.yaml.replaced-${newer.id}`,
    );
    expect(back.stdout).toContain(
      `rules/more.yaml: not part of that version; kept as rules/more.yaml.replaced-${newer.id}`,
    );
    expect(back.stdout).toContain(`Version ${older.id} is in force again`);
    expect(await readFile(path.join(bench.folder, "rules", "sales.yaml"), "utf8")).toBe(rules(50_000));
    expect((await readdir(path.join(bench.folder, "rules"))).sort()).toEqual([
      `more.yaml.replaced-${newer.id}`,
      "sales.test.yaml",
      "sales.yaml",
      `sales.yaml.replaced-${newer.id}`,
    ]);
    const listed = await run("rules", "versions");
    expect(listed.stdout).toMatch(new RegExp(`^ *${older.id} .*since .*\\(rollback by \\S+\\)`, "m"));
    expect((await run("rules", "rollback", "99")).stderr).toContain("found no such version");
  });
});

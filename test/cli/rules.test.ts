/** `accolade rules check|explain`, `replay` and `codes`, as an admin types them. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CLIENT_SECRET, deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const rules = `rewards:
  - { id: p, title: Points, provider: points, value: 50 points }
  - { id: c, title: A code, provider: codes, pool: spring, value: 5 EUR }
rules:
  - id: big
    title: Big deal
    on: deal.won
    where:
      - deal.amount >= 50000
      - owner.team == "EMEA"
    reward: { to: owner, give: p }
    from: 2026-01-01
  - { id: lost, title: Lost, on: deal.lost, reward: { to: owner, give: p } }
`;
let bench: Bench;
const run = (...args: string[]) =>
  runAccolade(args, bench.folder, { DATABASE_URL: bench.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY });

beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n  codes: { provider: code-pool }\npeople: people.yaml\n`,
      rules: { "sales.yaml": rules },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { hub: "77" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const at = Date.parse("2026-11-20T10:00:00Z");
const change = (id: number, name: string, value: string) =>
  hubspotEvent({
    subscriptionType: "deal.propertyChange",
    objectId: id,
    occurredAt: at,
    propertyName: name,
    propertyValue: value,
  });
const eventOf = async (subject: string, type: string) =>
  (
    await bench.opened.database.row<{ event_id: number }>(
      "select event_id from milestones where subject_id = $1 and type = $2",
      [subject, type],
    )
  )?.event_id;

test("check: all in order, and what deserves a look", async () => {
  const { code, stdout } = await run("rules", "check");
  expect(code).toBe(0);
  expect(stdout).toContain("2 rules and 2 rewards in 1 file: all in order.");
  expect(stdout).toMatch(
    /^note: rules\/sales\.yaml:5:5: found no end date, no cap and no goal \(KPI\), expected a goal that is SMART/m,
  );
});

test("check --json: the same for a program; with --strict a note is a mistake", async () => {
  const { code, stdout } = await run("rules", "check", "--json");
  const checked = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(checked).toMatchObject({ ok: true, problems: [], rules: [{ id: "big", on: "deal.won" }, { id: "lost" }] });
  expect(checked.warnings[0]).toMatchObject({ file: "rules/sales.yaml", line: 5, column: 5 });
  const strict = await run("rules", "check", "--json", "--strict");
  expect([strict.code, JSON.parse(strict.stdout).ok]).toEqual([1, false]);
  const file = path.join(bench.folder, "rules", "sales.yaml");
  await writeFile(file, rules.replace("on: deal.lost", "on: deal.lots"));
  const wrong = await run("rules", "check", "--json");
  await writeFile(file, rules);
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.stdout)).toMatchObject({
    ok: false,
    problems: [{ line: 13, found: "`deal.lots`" }],
    rules: [],
  });
});

test("check: every mistake with file, line, column, what was found and what was expected; exit code 1", async () => {
  const file = path.join(bench.folder, "rules", "sales.yaml");
  await writeFile(
    file,
    rules.replace("deal.amount >= 50000", "deal.amout >= 50000").replace("give: p }\n    from", "give: q }\n    from"),
  );
  const { code, stderr } = await run("rules", "check");
  await writeFile(file, rules);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^rules\/sales\.yaml:9:14: found .*deal\.amout.*, expected .*deal\.amount/m);
  expect(stderr).toMatch(/^rules\/sales\.yaml:11:\d+: found .*q.*, expected /m);
});

test("explain: why a rule matched, with the values seen and the grant", async () => {
  await deliver(bench, "hub", [
    change(1, "dealname", "Rossi"),
    change(1, "amount", "62000"),
    change(1, "hubspot_owner_id", "77"),
    change(1, "dealstage", "closedwon"),
  ]);
  await bench.drain();
  const { code, stdout } = await run("rules", "explain", String(await eventOf("1", "deal.won")));
  expect(code).toBe(0);
  expect(stdout).toContain("big: matched");
  expect(stdout).toMatch(/✓ deal\.amount >= 50000 +deal\.amount = 62000/);
  expect(stdout).toMatch(/✓ owner\.team == "EMEA" +owner\.team = "EMEA"/);
  expect(stdout).toMatch(/→ owner: 50 points to Giulia Bianchi, approved/);
  expect(stdout).toContain("1 rule listens to other milestones.");
});

test("explain: why not, line by line; a value that is not known says so", async () => {
  await deliver(bench, "hub", [change(2, "hubspot_owner_id", "99"), change(2, "dealstage", "closedwon")]);
  await bench.drain();
  const event = String(await eventOf("2", "deal.won"));
  const { stdout } = await run("rules", "explain", event);
  expect(stdout).toContain("big: did not match");
  expect(stdout).toMatch(/✗ deal\.amount >= 50000 .*deal\.amount is not known/);
  expect(stdout).toMatch(/✗ owner\.team == "EMEA" .*owner\.team is not known/);
  const json = JSON.parse((await run("rules", "explain", event, "--json")).stdout);
  expect(json.milestones[0].rules[0]).toMatchObject({ rule: "big", verdict: "not_matched" });
});

test("explain: no such event, and what is no number", async () => {
  expect(await run("rules", "explain", "424242")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("found no such event"),
  });
  expect((await run("rules", "explain", "abc")).stderr).toContain("expected the number of an event");
});

test("replay: what is parked goes through again, and nothing else", async () => {
  await deliver(bench, "hub", [{ ...change(3, "amount", "1"), objectId: "three" }, change(4, "dealname", "Fine")]);
  await bench.drain();
  expect((await run("replay")).stderr).toContain("expected one of them");
  expect((await run("replay", "--parked")).stdout).toMatch(/Sent again: 0 events, 1 delivery\./);
  await bench.drain();
  const states = await bench.opened.database.rows(
    "select state, count(*)::int as n from events where subject_id = '4' or state = 'parked' group by 1 order by 1",
  );
  expect(states).toEqual([
    { state: "decided", n: 1 },
    { state: "parked", n: 1 },
  ]);
});

test("codes: an import says what it took and what it left out, and stock shows it; no code is printed", async () => {
  const file = path.join(bench.folder, "codes.csv");
  await writeFile(file, "code,expires_on\nALPHA-1,2027-12-31\nBETA-2,someday\nALPHA-1,2027-12-31\nGAMMA-3,\n");
  const imported = await run("codes", "import", "spring", file);
  expect(imported.stdout).toContain("Pool spring: 2 codes imported, 1 there already, 1 line left out.");
  expect(imported.stderr).toMatch(/codes\.csv:3: found .*, expected /);
  expect(imported.code).toBe(1);
  const stock = await run("codes", "stock");
  expect(stock.stdout).toMatch(/spring.*2.*0.*0/);
  expect(imported.stdout + imported.stderr + stock.stdout).not.toMatch(/ALPHA|BETA|GAMMA/);
  expect(await readFile(file, "utf8")).toContain("ALPHA-1");
});

test("a broken accolade.yaml: place, found, expected; nothing is started", async () => {
  const file = path.join(bench.folder, "accolade.yaml");
  const good = await readFile(file, "utf8");
  await writeFile(
    file,
    good
      .replace("connector: hubspot, clientSecret", "connector: hubspott, clientSecret")
      .replace("provider: points", "provider: points, colour: red"),
  );
  const { code, stderr } = await run("serve");
  await writeFile(file, good);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^accolade\.yaml:2:\d+: found `hubspott`, expected one of hubspot, salesforce, webhook/m);
  expect(stderr).toMatch(/^accolade\.yaml:4:\d+: found the key `colour`, expected /m);
  expect(stderr).not.toMatch(/ at .*\.ts|Error:/);
});

/** `accolade rules explain` for a grant, a person and a rule, in English and Italian. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { explainLanguages, wordsIn } from "../../src/pipeline/explain-texts/index.ts";
import { at, lost, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver } from "../support/hubspot-door.ts";
import { runHere } from "../support/run-here.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
let bench: Bench;
const run = (...args: string[]) =>
  runHere(["rules", "explain", ...args], bench.folder, {
    DATABASE_URL: bench.config.databaseUrl ?? "",
    ACCOLADE_SECRET_KEY: KEY,
  });
const grantOf = async (deal: number) =>
  (
    await bench.opened.database.row<{ id: string }>(
      "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1",
      [String(deal)],
    )
  )?.id ?? "";

beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: {
        "sales.yaml": `rewards:
  - { id: p, title: Points, provider: points, value: 50 points }
rules:
  - { id: big, title: Big, on: deal.won, where: [deal.amount >= 50000], reward: { to: owner, give: p }, from: 2026-01-01 }
  - { id: subscribed, title: Subscribed, on: contact.subscribed, reward: { to: contact, give: p }, from: 2026-01-01 }
  - { id: boss, title: Boss, on: deal.won, where: [deal.amount >= 40000], reward: { to: manager(owner), give: p }, from: 2026-01-01 }
`,
      },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { hub: "77" } }\n  - { name: Marco Riva, email: marco@acme.example, crm: { hub: "78" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
  await deliver(bench, "hub", won(1, at("2026-11-20T10:00"), { amount: "62000" }));
  await deliver(bench, "hub", won(2, at("2026-11-20T11:00"), { amount: "48000", owner: "78" }));
  await deliver(bench, "hub", won(3, at("2026-11-20T12:00"), { amount: "70000" }));
  await bench.drain();
  await deliver(bench, "hub", [lost(3, at("2026-11-21T12:00"))]);
  await bench.drain();
});
afterAll(() => bench.close());

test("a grant: why it was made, and every step that it took", async () => {
  const id = await grantOf(1);
  const { code, stdout } = await run(id);
  expect(code).toBe(0);
  expect(stdout).toContain(`Grant ${id}: 50 points to Giulia Bianchi, approved`);
  expect(stdout).toContain("✓ deal.amount >= 50000   deal.amount = 62000");
  expect(stdout).toMatch(/What happened to it:\n.* approved {2}\(decide: rule big\)/);
});

test("a grant that is no longer due says why, in either language", async () => {
  const id = await grantOf(3);
  expect((await run(id)).stdout).toContain("cancelled on");
  expect((await run(id)).stdout).toContain("the deal was lost");
  const { stdout } = await run(id, "--lang", "it");
  expect(stdout).toContain(`Premio ${id}: 50 punti a Giulia Bianchi, annullato`);
  expect(stdout).toContain("Che cosa gli è successo:");
  expect(stdout).toMatch(/approvato {2}\(decide: regola big\)/);
  expect(stdout).toMatch(/annullato {2}\(decide: la trattativa è stata persa\)/);
  expect(stdout).toMatch(/annullato il .*: la trattativa è stata persa/);
});

test("steps that were stored before reasons had codes, or that a person explained, are told as they were written", async () => {
  await bench.opened.database.run(
    `insert into grant_moves (grant_id, from_state, to_state, actor, why)
     select g.id, null, g.state, 'release', 'the hold has ended, and the reward is still due' from grants g where g.rule_id = 'big' limit 1`,
  );
  const row = await bench.opened.database.row<{ id: string }>(
    "select grant_id as id from grant_moves where actor = 'release'",
  );
  const { stdout } = await run(row?.id ?? "", "--lang", "it");
  expect(stdout).toContain("(release: the hold has ended, and the reward is still due)");
});

test("a person: what they got, and for each rule in force what came nearest, and by how much it missed", async () => {
  const { stdout } = await run("marco@acme.example");
  expect(stdout).toContain("Marco Riva (marco@acme.example, hub/user/78)");
  expect(stdout).toContain("No rewards yet.");
  expect(stdout).toContain("✗ deal.amount >= 50000   deal.amount = 48000: 2,000 less than asked");
  expect(stdout).toContain("boss: deal.won of deal 2");
  expect(stdout).toContain("manager(owner): nothing, the CRM names no manager(owner)");
  expect(stdout).toContain("subscribed: nothing of its kind happened to their records lately (contact.subscribed)");
  const italian = (await run("hub/user/78", "--lang", "it")).stdout;
  expect(italian).toContain("deal.amount = 48000: 2.000 in meno di quanto richiesto");
  const json = JSON.parse((await run("marco@acme.example", "--json")).stdout);
  expect(json.rules[0].nearest.rules[0].lines[0].missedBy).toEqual({ asked: 50000, seen: 48000, by: 2000 });
});

test("a rule: how often it matched, and which condition kept it from the rest", async () => {
  const { stdout } = await run("big");
  expect(stdout).toContain("Of the newest 3 milestones of this type it matched 2.");
  expect(stdout).toContain("✗ deal.amount >= 50000   did not hold 1 time, and was the only one 1 time");
  expect(stdout).toContain("Grants: 1 approved, 1 cancelled");
});

test("what nobody knows: what can be asked for", async () => {
  const { code, stderr } = await run("nobody@acme.example");
  expect(code).toBe(1);
  expect(stderr).toContain("found nothing of this name, expected the number of an event");
  expect(stderr).toContain("big, subscribed, boss");
});

test("every text is a message that can be read, in every language", () => {
  for (const language of explainLanguages) {
    const { say, texts } = wordsIn(language);
    const values = new Proxy({}, { get: () => "1", has: () => true });
    for (const [key, text] of Object.entries(texts))
      if (typeof text === "string") expect(say(key as Parameters<typeof say>[0], values)).not.toMatch(/[{}]/);
  }
});

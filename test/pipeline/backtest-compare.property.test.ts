/** Two books that share what they are told decide as each of them does alone. */
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { unpackEvent } from "../../connectors/webhook/unpack-event.ts";
import { HistoryMap } from "../../src/history/history-map.ts";
import { importHistory } from "../../src/history/import-history.ts";
import { knownTo } from "../../src/open-corridor.ts";
import { backtest } from "../../src/pipeline/backtest.ts";
import type { Change, Side } from "../../src/pipeline/backtest-changes.ts";
import type { SourceFile } from "../../src/yaml/yaml-source.ts";
import { SECRET } from "../metrics/story.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const book = (points: number, bar: number, limit: string) => `budgets:
  - { id: pot, amount: 250 points, when_empty: wait }
rewards:
  - { id: p, title: P, provider: points, value: ${points} points }
rules:
  - { id: big, title: Big, on: deal.won, where: [deal.amount >= ${bar}], reward: { to: owner, give: p }, budget: pot }
  - { id: few, title: Few, on: deal.won, reward: { to: owner, give: p }, limits: [${limit}] }
  - { id: month, title: Month, on: deal.won, where: ['owner.team == "EMEA"'], reward: { to: owner, give: p }, once: per owner per month }
  - { id: mates, title: Mates, on: deal.stage_changed, where: [deal.amount >= ${bar}], reward: { to: team, give: p } }
  - { id: kept, title: Kept, on: deal.won, where: [deal.amount >= ${bar}], reward: { to: owner, give: p }, hold: 3 days while won }
  - { id: often, title: Often, on: deal.won, reward: { to: contact, give: p }, once: per milestone }
  - id: goal
    title: Goal
    on: metric.changed
    metric: { name: net_new_revenue, of: owner, over: month }
    where: metric.value >= ${bar}
    reward: { to: owner, give: p }
    limits: [2 in total]
${stayed("month")}`;
const stayed = (over: string) => `  - id: stayed_${over}
    title: All customers stayed
    on: metric.changed
    metric: { name: retention_rate, of: owner, over: ${over} }
    where: [metric.value >= 1, metric.sample >= 1]
    reward: { to: owner, give: p }
`;
const before = [{ file: "rules/all.yaml", text: book(50, 3_000, "1 per owner per month") }];
const candidate = [{ file: "rules/all.yaml", text: book(70, 5_000, "3 per month") }];
const weekly = [{ file: "rules/all.yaml", text: book(70, 5_000, "3 per month") + stayed("week") }];
const PEOPLE = `people:
  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { crm: "1" } }
  - { name: Max Roth, email: max@acme.example, team: DACH }
`;
const HOUR_MS = 3_600_000;
const START = Date.parse("2026-09-01T08:00:00Z");

// two who share an address that people.yaml does not name become one by chance of their ids: each run its own
const emails = ["giulia@acme.example", "max@acme.example"];
const some = (max: number) => fc.integer({ min: 1, max }).map(String);
const dealTold = fc.record({
  kind: fc.constant("deal"),
  id: some(12),
  record: fc.record(
    {
      owner: some(4),
      amount: fc.constantFrom(1_000, 4_000, 9_000),
      status: fc.constantFrom("open", "won", "won", "won", "lost"),
      stage: fc.constantFrom("new", "offer", "closed"),
      company: some(2),
      exists: fc.constantFrom(true, true, true, false),
      contact: some(3),
    },
    { requiredKeys: ["owner", "amount", "status"] },
  ),
});
const moment = fc.oneof(
  { weight: 12, arbitrary: dealTold },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("user"),
      id: some(4),
      record: fc.record(
        {
          email: fc.constantFrom(...emails),
          name: fc.constantFrom("Ann", "Bo"),
          team: fc.constantFrom("EMEA", "DACH"),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("contact"),
      id: some(3),
      record: fc.record({ email: fc.constantFrom(...emails), subscribed: fc.boolean() }, { requiredKeys: [] }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("deal"), id: some(12), record: fc.record({ merged_into: some(12) }) }),
  },
);
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  crm: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: { "all.yaml": before[0]?.text ?? "" },
      people: PEOPLE,
    },
    clockAt("2026-12-31T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const tell = async (story: readonly { kind: string; id: string; record: object }[]) => {
  const { database } = bench.opened;
  await database.run("delete from history");
  const lines = story.map(({ kind, id, record }, step) => {
    const type = `${kind}.${"merged_into" in record ? "merged" : "changed"}`;
    const occurredAt = new Date(START + step * 7 * HOUR_MS).toISOString();
    return `${JSON.stringify({ type, subject: { kind, id }, occurredAt, record })}\n`;
  });
  const { bad } = await importHistory(database, Readable.from(lines), {
    connection: "crm",
    source: "history.jsonl",
    format: "jsonl",
    map: HistoryMap.parse({}),
    timeZone: "UTC",
    read: (item) => unpackEvent(item, ""),
    now: new Date(START),
  });
  expect(bad).toBe(0);
};

/** What the candidate gives, and beside it what the version in force gives. */
const tried = async (sources: readonly SourceFile[], compare: boolean) => {
  const changes: Change[] = [];
  const done = await backtest(bench.opened.corridor, knownTo(bench.config), sources, {
    from: new Date(START),
    until: new Date("2026-12-01T00:00:00Z"),
    source: "imported",
    compare,
    on: { started: () => {}, decided: () => {}, grant: async (change) => void changes.push(change) },
  });
  if (!done.ok) throw new Error(JSON.stringify(done.problems));
  const side = (pick: (change: Change) => Side | null) =>
    changes
      .flatMap((change) => {
        const got = pick(change);
        // where both books want it, a change names the milestone of the candidate
        return got ? [JSON.stringify([change.rule, change.recipientKey, got])] : [];
      })
      .sort();
  return { report: done.report, before: side(({ before }) => before), after: side(({ after }) => after) };
};

test("a comparison decides for each book what the book decides alone", async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 30, maxLength: 80 }), async (story) => {
      await tell(story);
      const both = await tried(candidate, true);
      const [one, other] = [await tried(candidate, false), await tried(before, false)];
      const { compared: _, ...totals } = both.report;
      const { compared: __, ...alone } = one.report;
      expect(totals).toEqual(alone);
      expect(both.report.compared).not.toBe("same");
      expect(both.after).toEqual(one.after);
      expect(both.before).toEqual(other.after);
      for (const [outcome, count] of Object.entries(one.report.total.counts))
        seen[outcome] = (seen[outcome] ?? 0) + count;
    }),
    { numRuns: 4, seed: 11, endOnFailure: true },
  );
  expect(Object.keys(seen)).toEqual(
    expect.arrayContaining(["given", "waiting", "undone", "stopped_limit", "stopped_once"]),
  );
}, 240_000);

test("windows end for the book that listens to them, and for no other beside it", async () => {
  const given = (side: readonly string[], rule: string) =>
    side.filter((line) => line.startsWith(`["${rule}"`) && line.includes('"given"'));
  const seen = { week: 0, month: 0 };
  const customer = [
    { kind: "company", id: "9", record: { owner: "1" } },
    { kind: "deal", id: "99", record: { owner: "1", amount: 1_000, status: "won", company: "9" } },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 30, maxLength: 80 }), async (story) => {
      await tell([...customer, ...story]);
      const both = await tried(weekly, true);
      const [one, other] = [await tried(weekly, false), await tried(before, false)];
      expect(both.after).toEqual(one.after);
      // ends of the other's weeks part what was decided together: more is seen that did not last
      expect(given(both.before, "stayed_month")).toEqual(given(other.after, "stayed_month"));
      seen.week += given(one.after, "stayed_week").length;
      seen.month += given(other.after, "stayed_month").length;
    }),
    { numRuns: 2, seed: 11, endOnFailure: true },
  );
  // of October and November nothing is told: these are given by the ends of their windows alone
  expect(seen.month).toBeGreaterThanOrEqual(4);
  expect(seen.week).toBeGreaterThanOrEqual(16);
}, 240_000);

/** Whatever is won, lost and won again in whatever order: limits and budgets hold, nobody waits in front of free room, and what ends is given back. */

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SqlValue } from "../../src/db/sql.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { at, lost, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const BUDGET = 30_000;
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n  codes: { provider: code-pool }\n`,
      rules: {
        "all.yaml": `
budgets:
  - { id: waits, amount: 300 EUR }
  - { id: stops, amount: 300 EUR, when_empty: stop }
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
  - { id: e, title: E, provider: codes, pool: x }
rules:
  - { id: counted, title: C, on: deal.won, reward: { to: owner, give: p }, limits: [2 per owner per month, 4 per owner per year], from: 2026-01-01 }
  - { id: money, title: M, on: deal.won, reward: { to: owner, give: e, value: { expression: deal.amount / 100, currency: EUR } }, limits: [150 EUR per owner per month], from: 2026-01-01 }
  - { id: waiting, title: W, on: deal.won, reward: { to: owner, give: e, value: { expression: deal.amount / 100, currency: EUR } }, budget: waits, from: 2026-01-01 }
  - { id: stopping, title: S, on: deal.won, reward: { to: owner, give: e, value: { expression: deal.amount / 100, currency: EUR } }, budget: stops, from: 2026-01-01 }
  - { id: quarterly, title: Q, on: deal.won, reward: { to: owner, give: p }, once: per owner per quarter, from: 2026-01-01 }
`,
      },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const DEALS = 6;
const step = fc.record({
  deal: fc.integer({ min: 0, max: DEALS - 1 }),
  what: fc.constantFrom("won", "won", "won", "lost", "amount"),
  minutes: fc.integer({ min: 0, max: 120_000 }),
  amount: fc.constantFrom("2000", "7000", "12000", "25000"),
});

let run = 0;
const START = at("2026-02-20T09:00");

const tell = (
  deal: number,
  owner: string,
  { what, minutes, amount }: { what: string; minutes: number; amount: string },
): HubSpotEvent[] => {
  const when = START + minutes * 60_000;
  if (what === "won") return won(deal, when, { amount, owner });
  return what === "lost" ? [lost(deal, when)] : [set(deal, when, "amount", amount)];
};

const lines = async (sql: string, values: SqlValue[]) =>
  (await bench.opened.database.rows<{ line: string }>(sql, values)).map(({ line }) => line);

test("limits and budgets hold in every order of what happens", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 6 }),
      async (steps, batches) => {
        run += 1;
        const owner = String(10_000 + run);
        const ids = Array.from({ length: DEALS }, (_, index) => 700_000_000_000 + run * 10 + index);
        const events = steps.map((each) => tell(ids[each.deal] ?? 0, owner, each));
        for (let start = 0, n = 0; start < events.length; n++) {
          const size = batches[n % batches.length] ?? 1;
          for (const batch of events.slice(start, start + size)) await deliver(bench, "hub", batch);
          await bench.drain();
          start += size;
        }
        const { database } = bench.opened;
        const mine = ids.map(String);

        // totals are what grants use, and no more than the limit
        expect(
          await lines(
            `select t.key as line from limit_totals t left join limit_uses u on u.key = t.key group by t.key, t.count, t.amount_minor
             having coalesce(sum(u.count), 0) <> t.count or coalesce(sum(u.amount_minor), 0) <> t.amount_minor
               or (t.key like 'counted/2 %' and t.count > 2) or (t.key like 'counted/4 %' and t.count > 4)
               or (t.key like 'money/%' and t.amount_minor > 15000)`,
            [],
          ),
        ).toEqual([]);
        // the ledger agrees with what became of each grant
        expect((await verifyLedger(database)).faults).toEqual([]);
        // only living grants use room
        expect(
          await lines(
            "select g.id::text || g.state as line from limit_uses u join grants g on g.id = u.grant_id where g.state in ('cancelled', 'shadow')",
            [],
          ),
        ).toEqual([]);
        // nobody is stopped in front of free room
        expect(
          await lines(
            `select s.waits_for || ' ' || s.value_minor as line from stops s join milestones m on m.id = s.milestone_id
             left join limit_totals t on t.key = s.waits_for left join grants g on g.id::text = s.waits_for
             left join ledger_accounts a on a.code = s.waits_for
             where m.subject_id = any ($1) and not (
               (s.waits_for like 'counted/2 %' and t.count = 2) or (s.waits_for like 'counted/4 %' and t.count = 4)
               or (s.waits_for like 'money/%' and t.amount_minor + s.value_minor > 15000)
               or (s.reason = 'once' and g.state <> 'cancelled')
               or (s.reason = 'budget' and a.balance_minor < s.value_minor))`,
            [mine],
          ),
        ).toEqual([]);
        // nobody waits for a budget that could pay
        expect(
          await lines(
            `select g.id::text as line from grants g join ledger_accounts a on a.code = 'budget:' || g.budget
             where g.unfunded and g.state = 'held' and g.cost_minor <= a.balance_minor`,
            [],
          ),
        ).toEqual([]);
        // every deal that stands as won has its answer from every rule: a grant, or what stops it
        const answers = await database.rows<{ deal: string; rules: number }>(
          `select r.id as deal, (select count(distinct x.rule_id)::int from (
             select g.rule_id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = r.id and g.state <> 'cancelled'
             union all select s.rule_id from stops s join milestones m on m.id = s.milestone_id where m.subject_id = r.id) x) as rules
           from records r where r.kind = 'deal' and r.id = any ($1) and r.fields ->> 'status' = 'won'`,
          [mine],
        );
        for (const { rules } of answers) expect(rules).toBe(5);

        // all lost: nothing is reserved, budgets are whole again
        const end = START + 200_000 * 60_000;
        for (const id of ids) await deliver(bench, "hub", [lost(id, end)]);
        await bench.drain();
        expect(
          await lines(
            "select code || ' ' || balance_minor as line from ledger_accounts where code like 'budget:%' order by 1",
            [],
          ),
        ).toEqual([`budget:stops ${BUDGET}`, `budget:waits ${BUDGET}`]);
        expect(await lines("select key as line from limit_uses", [])).toEqual([]);
        const reserved = await database.row<{ minor: number }>(
          "select coalesce(sum(e.amount_minor), 0)::bigint as minor from ledger_entries e join ledger_accounts a on a.id = e.account_id where a.code = 'reserved'",
        );
        expect(reserved?.minor).toBe(0);
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 15) },
  );
}, 600_000);

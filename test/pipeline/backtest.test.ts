/** Rehearsals: nothing of them is left, and they decide as the server does. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { knownTo } from "../../src/open-corridor.ts";
import { backtest } from "../../src/pipeline/backtest.ts";
import type { Change } from "../../src/pipeline/backtest-changes.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { rehearse } from "../../src/pipeline/rehearse.ts";
import { feed } from "../../src/pipeline/rehearse-feed.ts";
import { pastEvents } from "../../src/pipeline/rehearse-history.ts";
import { at, deleted, lost, reopened, restored, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const rules = `rewards:
  - { id: p, title: P, provider: points, value: 50 points }
rules:
  - { id: big, title: Big, on: deal.won, where: [deal.amount >= 5000], reward: { to: owner, give: p }, from: 2026-01-01 }
  - { id: every, title: Every, on: deal.won, reward: { to: owner, give: p, value: 10 points }, once: per milestone, from: 2026-01-01 }
  - { id: lost, title: Lost, on: deal.lost, reward: { to: owner, give: p, value: 1 point }, from: 2026-01-01 }
  - { id: moved, title: Moved, on: deal.owner_changed, reward: { to: owner, give: p, value: 2 points }, from: 2026-01-01 }
  - { id: quiet, title: Quiet, on: deal.won, reward: { to: owner, give: p }, mode: shadow, from: 2026-01-01 }
`;
const sources = [{ file: "rules/all.yaml", text: rules }];
const range = { from: new Date("2026-01-01T00:00:00Z"), until: new Date("2027-01-01T00:00:00Z") };
const quiet = { started: () => {}, decided: () => {} };
const clock = clockAt("2026-12-31T12:00:00Z");
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: { "all.yaml": rules },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { hub: "77" } }\n`,
    },
    clock,
  );
});
afterAll(() => bench.close());

/** Delivers, decides, and orders what is due, as a server does. */
const live = async (events: readonly HubSpotEvent[]) => {
  await deliver(bench, "hub", events);
  await bench.drain();
  for (const { id } of await bench.opened.database.rows<{ id: string }>(
    "select id from grants where state = 'approved'",
  ))
    await fulfil(bench.opened.corridor, id);
};

/** Every row of every table, as one text for each table. */
const everything = async () => {
  const { database } = bench.opened;
  const tables = await database.rows<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = current_schema() order by 1",
  );
  const rows = await Promise.all(
    tables.map(async ({ name }) => [
      name,
      await database.row(`select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as rows from ${name} t`),
    ]),
  );
  return { rows, schemas: await database.rows("select nspname from pg_namespace where nspname !~ '^pg_' order by 1") };
};

test("a backtest over recorded history with the same rules gives exactly what was really given", async () => {
  let deals = 1000;
  const happening = fc.constantFrom("won", "won", "won", "lost", "reopened", "amount", "owner", "deleted", "restored");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), happening), { minLength: 8, maxLength: 16 }),
      async (story) => {
        const first = deals;
        deals += 3;
        for (const [step, [index, what]] of story.entries()) {
          const when = at("2026-10-01T09:00") + step * 3_600_000 + first;
          const deal = first + index;
          const told = {
            won: () => won(deal, when, { amount: step % 2 === 0 ? "9000" : "400" }),
            lost: () => [lost(deal, when)],
            reopened: () => [reopened(deal, when)],
            amount: () => [set(deal, when, "amount", step % 3 === 0 ? "7000" : "300")],
            owner: () => [set(deal, when, "hubspot_owner_id", String(80 + (step % 3)))],
            deleted: () => [deleted(deal, when)],
            restored: () => [restored(deal, when)],
          }[what]();
          clock.advance(60_000);
          await live(told);
        }
      },
    ),
    { numRuns: 5, seed: 7 },
  );
  const grants: Change[] = [];
  const tried = await backtest(bench.opened.corridor, knownTo(bench.config), sources, {
    ...range,
    source: "recorded",
    compare: false,
    on: { ...quiet, grant: async (grant) => void grants.push(grant) },
  });
  if (!tried.ok) throw new Error(JSON.stringify(tried.problems));
  const stands = (outcome: string | undefined) => outcome === "given" || outcome === "shadow";
  const inBacktest = grants
    .filter(({ after }) => stands(after?.outcome))
    .map(({ rule, recipientKey, subject, milestone, at: when, after }) =>
      [rule, recipientKey, subject, milestone, when, after?.value.minor].join(" "),
    );
  const real = await bench.opened.database.rows<{ line: string }>(
    `select concat_ws(' ', g.rule_id, g.recipient_key, 'deal ' || m.subject_id, m.type,
       to_char(m.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), g.value_minor) as line
     from grants g join milestones m on m.id = g.milestone_id where g.undone_at is null and g.state <> 'cancelled'`,
  );
  expect(real.length).toBeGreaterThan(10);
  expect(inBacktest.sort()).toEqual(real.map(({ line }) => line).sort());
  const undone = await bench.opened.database.row<{ n: number }>(
    "select count(*)::int as n from grants where undone_at is not null",
  );
  expect(tried.report.total.counts.undone ?? 0).toBe(undone?.n);
}, 60_000);

test("nothing of a rehearsal is left, neither of one that ends nor of one that fails midway", async () => {
  const before = await everything();
  const { corridor } = bench.opened;
  const known = knownTo(bench.config);
  let granted = 0;
  const live = (fail: boolean) =>
    rehearse(corridor, known, async (rehearsal) => {
      const staged = await rehearsal.stage(sources, range.from, { nearMisses: false });
      if (!staged.ok) throw new Error("not staged");
      for await (const page of pastEvents(rehearsal, "recorded", range.until)) {
        await feed([staged.stage], page);
      }
      granted = (await staged.stage.tx.row<{ n: number }>("select count(*)::int as n from grants"))?.n ?? 0;
      if (fail) await rehearsal.tx.run("select 1 / 0");
    });
  await live(false);
  expect(granted).toBeGreaterThan(0);
  await expect(live(true)).rejects.toThrow("division by zero");
  expect(await everything()).toEqual(before);
});

test("a live server goes on deciding while a rehearsal is under way", async () => {
  await rehearse(bench.opened.corridor, knownTo(bench.config), async (rehearsal) => {
    const staged = await rehearsal.stage(sources, range.from, { nearMisses: false });
    if (!staged.ok) throw new Error("not staged");
    for await (const page of pastEvents(rehearsal, "recorded", range.until)) {
      await feed([staged.stage], page);
    }
    await live(won(5000, at("2026-11-01T09:00")));
  });
  const rows = await bench.opened.database.rows(
    "select from grants g join milestones m on m.id = g.milestone_id where m.subject_id = '5000'",
  );
  expect(rows.length).toBe(3);
});

/** Limits, budgets and `once` in a period: who gets the last place, what is said to the others, and who moves up. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openCorridor } from "../../src/open-corridor.ts";
import { createPump } from "../../src/pipeline/pump.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { at, lost, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, keptLog, openBench } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
const config = `workspace: { rates: { USD: 0.5 } }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool }
`;
const rule = (keys: string, budgets = "") => `${budgets}
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
  - { id: e, title: E, provider: codes, pool: x, value: 100 EUR }
  - { id: d, title: D, provider: codes, pool: x, value: 100 USD }
rules:
  - { id: r, title: R, on: deal.won, ${keys}, from: 2026-01-01 }
`;
const book = (id: string, amount: string, more = "") => `budgets:\n  - { id: ${id}, amount: ${amount}${more} }`;

let bench: Bench;
let nextDeal = 1_000;
beforeAll(async () => {
  bench = await openBench({ config, rules: { "all.yaml": rule("reward: { to: owner, give: p }") } }, clock);
});
afterAll(() => bench.close());

const load = async (text: string) => {
  await writeFile(path.join(bench.folder, "rules", "all.yaml"), text);
  const loaded = await bench.opened.loadRules("test");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
};
const tell = async (...events: HubSpotEvent[]) => {
  await deliver(bench, "hub", events);
  await bench.drain();
};
/** One line a deal: its grant's state, or what stops it. */
const outcome = async (...deals: number[]) => {
  const rows = await bench.opened.database.rows<{ deal: string; what: string }>(
    `select m.subject_id as deal, g.state || case when g.unfunded then ' unfunded' else '' end as what
     from grants g join milestones m on m.id = g.milestone_id where m.subject_id = any ($1) and g.state <> 'cancelled'
     union all
     select m.subject_id, 'stopped by ' || s.reason from stops s join milestones m on m.id = s.milestone_id where m.subject_id = any ($1)`,
    [deals.map(String)],
  );
  return deals.map((deal) => rows.find((row) => row.deal === String(deal))?.what ?? "nothing");
};
const available = async (budget: string) =>
  (
    await bench.opened.database.row<{ minor: number }>(
      "select balance_minor as minor from ledger_accounts where code = $1",
      [`budget:${budget}`],
    )
  )?.minor;
const deals = (count: number) => {
  nextDeal += count;
  return Array.from({ length: count }, (_, index) => nextDeal - count + index);
};

describe("limits", () => {
  // each test has months of its own, so that none uses up the room of another
  test("3 per owner per month: the fourth is stopped and says why; another owner and another month have room", async () => {
    await load(rule("reward: { to: owner, give: p }, limits: [3 per owner per month]"));
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = deals(6);
    for (const [n, deal] of [a, b, c, d].entries()) await tell(...won(deal, at(`2026-03-0${n + 1}T10:00`)));
    await tell(...won(e, at("2026-03-05T10:00"), { owner: "78" }));
    await tell(...won(f, at("2026-04-01T10:00")));
    expect(await outcome(a, b, c, d, e, f)).toEqual([
      "approved",
      "approved",
      "approved",
      "stopped by limit",
      "approved",
      "approved",
    ]);
    const stop = await bench.opened.database.row(
      "select s.detail, s.value_minor from stops s join milestones m on m.id = s.milestone_id where m.subject_id = $1",
      [String(d)],
    );
    expect(stop).toEqual({
      detail: { limit: "3 per owner per month", used: 3, most: 3, asked: 1, currency: null },
      value_minor: 10,
    });

    await tell(lost(b, at("2026-03-06T10:00")));
    expect(await outcome(b, d)).toEqual(["nothing", "approved"]);
    await tell(set(b, at("2026-03-07T10:00"), "dealstage", "closedwon"));
    expect(await outcome(b, d)).toEqual(["stopped by limit", "approved"]);
  });

  test("a limit of money counts other currencies by the workspace's rates, and the month in the workspace's time zone", async () => {
    await load(rule("reward: { to: owner, give: d }, limits: [120 EUR per month]"));
    const [a = 0, b = 0, c = 0] = deals(3);
    await tell(...won(a, at("2026-05-03T10:00")), ...won(b, at("2026-05-04T10:00")), ...won(c, at("2026-05-05T10:00")));
    expect(await outcome(a, b, c)).toEqual(["approved", "approved", "stopped by limit"]);
  });

  test("in one batch the places go to whoever happened first", async () => {
    await load(rule("reward: { to: owner, give: p }, limits: [1 per month]"));
    const [late = 0, early = 0] = deals(2);
    await tell(...won(late, at("2026-06-09T10:00")), ...won(early, at("2026-06-02T10:00")));
    expect(await outcome(late, early)).toEqual(["stopped by limit", "approved"]);
  });

  test("a corrected value gives its old place back before it takes the new one", async () => {
    await load(
      rule(
        "reward: { to: owner, give: e, value: { expression: deal.amount / 100, currency: EUR } }, limits: [100 EUR per quarter]",
      ),
    );
    const [a = 0] = deals(1);
    await tell(...won(a, at("2026-07-09T10:00"), { amount: "8000" }));
    await tell(
      set(a, at("2026-07-09T10:00") - 60_000, "amount", "1"),
      set(a, at("2026-07-09T10:00") + 500, "amount", "9000"),
    );
    expect(await outcome(a)).toEqual(["approved"]);
    const used = await bench.opened.database.rows("select amount_minor from limit_totals where key like 'r/100 EUR%'");
    expect(used).toEqual([{ amount_minor: 9_000 }]);
  });
});

describe("once in a period", () => {
  test("per owner per quarter: the first deal is rewarded; where it does not stand, the next one moves up", async () => {
    await load(rule("reward: { to: owner, give: p }, once: per owner per quarter"));
    const [a = 0, b = 0, c = 0, d = 0] = deals(4);
    await tell(...won(a, at("2026-01-10T10:00")), ...won(b, at("2026-02-10T10:00")));
    await tell(...won(c, at("2026-02-11T10:00"), { owner: "78" }), ...won(d, at("2026-04-01T10:00")));
    expect(await outcome(a, b, c, d)).toEqual(["approved", "stopped by once", "approved", "approved"]);
    await tell(lost(a, at("2026-02-12T10:00")));
    expect(await outcome(a, b)).toEqual(["nothing", "approved"]);
    await tell(set(a, at("2026-02-13T10:00"), "dealstage", "closedwon"));
    expect(await outcome(a, b)).toEqual(["stopped by once", "approved"]);
  });
});

describe("budgets", () => {
  test("what is set aside is in the ledger; a reward takes from it, a cancelled one gives back", async () => {
    await load(rule("reward: { to: owner, give: e }, budget: first", book("first", "250 EUR")));
    expect(await available("first")).toBe(25_000);
    const [a = 0, b = 0, c = 0] = deals(3);
    await tell(...won(a, at("2026-08-01T10:00")), ...won(b, at("2026-08-02T10:00")), ...won(c, at("2026-08-03T10:00")));
    expect(await outcome(a, b, c)).toEqual(["approved", "approved", "held unfunded"]);
    expect(await available("first")).toBe(5_000);
    await tell(lost(a, at("2026-08-04T10:00")));
    // the place that became free goes to who waited
    expect(await outcome(a, b, c)).toEqual(["nothing", "approved", "approved"]);
    expect(await available("first")).toBe(5_000);
  });

  test("an empty budget that was raised pays those who waited, oldest first; lowered, it keeps what it promised", async () => {
    const text = (amount: string) => rule("reward: { to: owner, give: e }, budget: second", book("second", amount));
    await load(text("50 EUR"));
    const [a = 0, b = 0] = deals(2);
    await tell(...won(a, at("2026-08-01T10:00")));
    await tell(...won(b, at("2026-08-02T10:00")));
    expect(await outcome(a, b)).toEqual(["held unfunded", "held unfunded"]);
    await load(text("150 EUR"));
    await bench.drain();
    expect(await outcome(a, b)).toEqual(["approved", "held unfunded"]);
    await load(text("10 EUR"));
    expect(await available("second")).toBe(0);
    await load(text("10 EUR"));
    expect(await available("second")).toBe(0);
    expect(await outcome(a, b)).toEqual(["approved", "held unfunded"]);
  });

  test("when_empty: stop gives nothing and says so; a raised budget brings it back", async () => {
    const text = (amount: string) =>
      rule("reward: { to: owner, give: e }, budget: third", book("third", amount, ", when_empty: stop"));
    await load(text("100 EUR"));
    const [a = 0, b = 0] = deals(2);
    await tell(...won(a, at("2026-08-01T10:00")), ...won(b, at("2026-08-02T10:00")));
    expect(await outcome(a, b)).toEqual(["approved", "stopped by budget"]);
    await load(text("200 EUR"));
    await bench.drain();
    expect(await outcome(a, b)).toEqual(["approved", "approved"]);
  });

  test("outside of its time a budget gives nothing; who waits when it ends waits in vain, and is told why", async () => {
    const window = ", from: 2026-11-01, until: 2026-12-01";
    await load(rule("reward: { to: owner, give: e }, budget: fourth", book("fourth", "50 EUR", window)));
    const [before = 0, within = 0] = deals(2);
    await tell(...won(before, at("2026-10-31T10:00")), ...won(within, at("2026-11-02T10:00")));
    expect(await outcome(before, within)).toEqual(["stopped by budget", "held unfunded"]);
    clock.advance(8 * 86_400_000);
    await bench.drain();
    expect(await outcome(within)).toEqual(["nothing"]);
    const [move] = await bench.opened.database.rows<{ why: string }>(
      "select v.why from grant_moves v join grants g on g.id = v.grant_id where g.budget = 'fourth' and v.to_state = 'cancelled'",
    );
    expect(move?.why).toBe("budget fourth ended without money for it");
  });

  test("a reward in another currency takes from the budget what it is worth there", async () => {
    await load(rule("reward: { to: owner, give: d }, budget: fifth", book("fifth", "80 EUR")));
    const [a = 0, b = 0] = deals(2);
    await tell(...won(a, at("2026-08-01T10:00")), ...won(b, at("2026-08-02T10:00")));
    expect(await outcome(a, b)).toEqual(["approved", "held unfunded"]);
    expect(await available("fifth")).toBe(3_000);
  });

  test("the database refuses to overspend a budget, whoever asks", async () => {
    const { database } = bench.opened;
    await expect(
      database.run("update ledger_accounts set balance_minor = -1 where code = 'budget:fifth'"),
    ).rejects.toThrow(/budget_never_overspent/);
  });
});

describe("200 decisions at once on one nearly empty budget", () => {
  test("never overspend it by one cent, and leave none that would have fitted", async () => {
    await load(
      rule(
        "reward: { to: owner, give: e, value: { expression: deal.amount, currency: EUR } }, budget: tight",
        book("tight", "1000.50 EUR", ", when_empty: stop"),
      ),
    );
    const others = await Promise.all(
      Array.from({ length: 3 }, () =>
        openCorridor(bench.config, { log: keptLog().log, telemetry: createTelemetry(), now: clock.now, queue: false }),
      ),
    );
    const ids = deals(200);
    // each worth between 7.13 and 19.07 EUR
    const amount = (n: number) => (7.13 + ((n * 37) % 200) * 0.06).toFixed(2);
    await Promise.all(
      ids.map((deal, n) => deliver(bench, "hub", won(deal, at("2026-08-01T10:00") + n, { amount: amount(n) }))),
    );
    const pumps = others.map(({ corridor }) => createPump(corridor));
    await Promise.all([bench.drain(), ...pumps.map((pump) => pump.drain())]);
    await Promise.all(pumps.map((pump) => pump.stop()));
    await Promise.all(others.map((opened) => opened.close()));

    const { database } = bench.opened;
    const spent = await database.row<{ minor: number; n: number }>(
      "select sum(cost_minor)::bigint as minor, count(*)::int as n from grants where budget = 'tight' and state <> 'cancelled'",
    );
    const left = (await available("tight")) ?? -1;
    expect((spent?.minor ?? 0) + left).toBe(100_050);
    expect(left).toBeGreaterThanOrEqual(0);
    const stopped = await database.row<{ n: number; least: number }>(
      "select count(*)::int as n, min(value_minor)::bigint as least from stops where waits_for = 'budget:tight'",
    );
    expect((spent?.n ?? 0) + (stopped?.n ?? 0)).toBe(200);
    expect(stopped?.least).toBeGreaterThan(left);
  });
});

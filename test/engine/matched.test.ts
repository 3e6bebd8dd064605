/** What matches see beyond their lines: divided values, tiers, calendars, metrics, days in a stage. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { divideMinor } from "../../src/engine/divide-money.ts";
import { createMatcher } from "../../src/engine/index.ts";
import type { CustomerView, MetricView, Situation } from "../../src/situation.ts";
import { bookOf } from "./known.ts";
import { deal, person, situation } from "./situations.ts";

const matcherOf = (text: string) =>
  createMatcher(
    bookOf(`rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
  - { id: card, title: Card, provider: tremendous, value: 100 EUR }
${text}`),
    "EUR",
  );
const matched = (matcher: ReturnType<typeof matcherOf>, given: Situation) =>
  matcher.match(given).map(({ rule }) => rule.id);

describe("dividing", () => {
  test("shares add up to exactly the whole sum of percents, rounded down, and each is within one unit of its own", () => {
    const shares = fc
      .array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 8 })
      .filter((all) => all.reduce((sum, each) => sum + each, 0) <= 10_000);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), shares, (total, basisPoints) => {
        const divided = divideMinor(total, basisPoints);
        const all = basisPoints.reduce((sum, each) => sum + each, 0);
        expect(divided.reduce((sum, each) => sum + BigInt(each), 0n)).toBe((BigInt(total) * BigInt(all)) / 10_000n);
        for (const [index, share] of divided.entries()) {
          const own = (BigInt(total) * BigInt(basisPoints[index] ?? 0)) / 10_000n;
          expect([own, own + 1n]).toContain(BigInt(share));
        }
      }),
    );
  });

  test("the largest remainder gets the cent; of equal ones the first", () => {
    expect(divideMinor(100, [3_333, 3_333, 3_334])).toEqual([33, 33, 34]);
    expect(divideMinor(101, [5_000, 5_000])).toEqual([51, 50]);
    expect(divideMinor(1, [4_000, 6_000])).toEqual([0, 1]);
    expect(divideMinor(1_000, [7_000])).toEqual([700]);
  });

  test("a match has the divided values, of a fixed and of a computed one; a share of nothing says so", () => {
    const matcher = matcherOf(`rules:
  - id: r
    title: R
    on: deal.won
    reward:
      - to: { owner: 70%, manager(owner): 10%, contributor("SE"): 20% }
        give: card
        value: { expression: deal.amount * 0.01, currency: EUR, cap: 0.05 EUR }
      - { to: { contact: 50% }, give: card }
`);
    const [match] = matcher.match(situation());
    expect(match?.parts.map(({ index, part, value, why }) => [index, part.to, value?.minor ?? why])).toEqual([
      [0, "owner", 4],
      [1, "manager(owner)", "10% of 0.05 EUR is nothing to give"],
      [2, 'contributor("SE")', 1],
      [3, "contact", 5_000],
    ]);
  });
});

const customer = (known: Partial<CustomerView> = {}): CustomerView => ({
  id: "31",
  tier: null,
  revenue: 0,
  deals: 0,
  since: null,
  days: null,
  ...known,
});

describe("tiers", () => {
  const matcher = matcherOf(`tiers:
  - { id: vip, where: [customer.revenue >= 100000] }
  - { id: loyal, where: [customer.deals >= 3, customer.days > 365] }
rules:
  - { id: vip, title: T, on: deal.won, where: customer.tier == "vip", reward: { to: owner, give: coffee } }
  - { id: loyal, title: T, on: deal.won, where: 'customer.tier in ["loyal", "vip"]', reward: { to: owner, give: coffee } }
  - { id: none, title: T, on: deal.won, where: "!has(customer.tier)", reward: { to: owner, give: coffee } }
`);
  const of = (known: Partial<CustomerView> | null) => situation({ customer: known && customer(known) });

  test("the first whose lines all hold is the customer's, in match and in explain", () => {
    expect(matched(matcher, of({ revenue: 250_000, deals: 9, days: 400 }))).toEqual(["vip", "loyal"]);
    expect(matched(matcher, of({ revenue: 50_000, deals: 3, days: 366 }))).toEqual(["loyal"]);
    expect(matched(matcher, of({ revenue: 50_000, deals: 3 }))).toEqual(["none"]);
    expect(matcher.explain(of({ revenue: 100_000 }), "vip")[0]?.lines).toEqual([
      { text: 'customer.tier == "vip"', held: true, saw: { "customer.tier": "vip" } },
    ]);
    expect(matcher.tierOf(of({ revenue: 100_000 }))).toBe("vip");
    expect(matcher.tierOf(of({}))).toBeNull();
  });

  test("without a customer there is none, and what was stored is not believed", () => {
    expect(matcher.tierOf(of(null))).toBeNull();
    expect(matched(matcher, of(null))).toEqual(["none"]);
    expect(matched(matcher, of({ tier: "vip" }))).toEqual(["none"]);
    expect(matcher.explain(of(null), "vip")[0]?.lines[0]?.error).toBe(
      "customer.tier is not known: there is no customer",
    );
  });
});

describe("during a calendar", () => {
  const matcher = matcherOf(`calendars:
  - { id: office, days: mon-fri, hours: 09:00-18:00, except: [2026-03-25] }
  - { id: weekend, days: [sat, sun], time_zone: America/New_York }
rules:
  - { id: o, title: T, on: deal.won, during: office, where: deal.amount > 1, reward: { to: owner, give: coffee } }
  - { id: w, title: T, on: deal.won, during: weekend, reward: { to: owner, give: coffee } }
`);
  const at = (occurredAt: string) => situation({ milestone: { occurredAt } });
  test.each([
    // Rome is an hour ahead of UTC until 29 March 2026, then two
    ["2026-03-05T07:59:59.999Z", []],
    ["2026-03-05T08:00:00.000Z", ["o"]],
    ["2026-03-05T16:59:59.999Z", ["o"]],
    ["2026-03-05T17:00:00.000Z", []],
    ["2026-03-30T07:00:00.000Z", ["o"]],
    ["2026-03-30T16:00:00.000Z", []],
    ["2026-03-25T10:00:00.000Z", []],
    ["2026-03-07T12:00:00.000Z", ["w"]],
    // still Sunday in New York
    ["2026-03-09T03:59:00.000Z", ["w"]],
    ["2026-03-09T04:00:00.000Z", []],
  ])("%s", (moment, expected) => {
    expect(matched(matcher, at(moment))).toEqual(expected);
    const verdicts = matcher.explain(at(moment)).map(({ rule, verdict }) => [rule, verdict]);
    expect(verdicts).toEqual(["o", "w"].map((id) => [id, expected.includes(id) ? "matched" : "outside_calendar"]));
  });
});

test("days in a stage: of the stage by id or name, 0 for one never entered, not known without a deal", () => {
  const matcher = matcherOf(`rules:
  - id: r
    title: T
    on: deal.won
    where:
      - deal.stage_days("proposal") > 3
      - deal.stage_days("Demo held") == 0
    reward: { to: owner, give: coffee, value: { expression: 'deal.stage_days("proposal") * 10', currency: points } }
`);
  const given = situation({ deal: deal({ stage_days: { proposal: 4.25, toString: 1 } }) });
  expect(matcher.match(given)[0]?.parts[0]?.value).toEqual({ minor: 43, currency: "PTS" });
  expect(matcher.explain(given)[0]?.lines).toEqual([
    { text: 'deal.stage_days("proposal") > 3', held: true, saw: { 'deal.stage_days("proposal")': 4.25 } },
    { text: 'deal.stage_days("Demo held") == 0', held: true, saw: { 'deal.stage_days("Demo held")': 0 } },
  ]);
  expect(matcher.explain(situation({ deal: null }))[0]?.lines[0]).toEqual({
    text: 'deal.stage_days("proposal") > 3',
    held: false,
    saw: { 'deal.stage_days("proposal")': null },
    error: 'deal.stage_days("proposal") is not known: there is no deal',
  });
});

test("contributors by their role on the deal", () => {
  const matcher = matcherOf(`rules:
  - id: r
    title: T
    on: deal.won
    where: contributors.SE.team == "Presales" && has(contributors.SE) && !has(contributors.AE)
    reward: { to: contributor("SE"), give: coffee }
`);
  expect(matched(matcher, situation({ contributors: { SE: person({ team: "Presales" }) } }))).toEqual(["r"]);
  expect(matched(matcher, situation({ contributors: { SE: person({ team: null }) } }))).toEqual([]);
  expect(matched(matcher, situation())).toEqual([]);
});

test("a rule on a metric sees that metric alone: by name, whose it is, window and options", () => {
  const matcher = matcherOf(`rules:
  - id: quarter
    title: T
    on: metric.changed
    metric: { name: close_rate, of: owner, over: quarter, basis: closed }
    where: [metric.value >= 0.3, metric.change >= 0.1, metric.sample >= 10]
    reward: { to: owner, give: coffee }
  - { id: month, title: T, on: metric.changed, metric: { name: close_rate, of: owner, over: month }, reward: { to: owner, give: coffee } }
  - { id: days, title: T, on: metric.changed, metric: { name: close_rate, of: team, over: 30 days }, reward: { to: team, give: coffee } }
`);
  const metric = (known: Partial<MetricView>) =>
    situation({
      milestone: { type: "metric.changed" },
      deal: null,
      metric: {
        name: "close_rate",
        of: "owner",
        id: "77",
        over: "quarter",
        from: "2026-01-01",
        until: "2026-04-01",
        value: 0.4,
        previous: 0.3,
        change: 1 / 3,
        sample: 12,
        ...known,
      },
    });
  const closed = { basis: "closed", weight: "count" };
  expect(matched(matcher, metric({ options: closed }))).toEqual(["quarter"]);
  expect(matched(matcher, metric({}))).toEqual(["quarter"]);
  expect(matched(matcher, metric({ options: { ...closed, basis: "prospects" } }))).toEqual([]);
  expect(matched(matcher, metric({ over: "month" }))).toEqual(["month"]);
  expect(matched(matcher, metric({ over: "30 days", of: "team" }))).toEqual(["days"]);
  expect(matched(matcher, metric({ name: "cycle_days" }))).toEqual([]);
  expect(matched(matcher, metric({ change: null }))).toEqual([]);
  expect(matcher.explain(metric({ over: "month" })).map(({ verdict }) => verdict)).toEqual([
    "not_listening",
    "matched",
    "not_listening",
  ]);
});

import { describe, expect, test } from "@jest/globals";
import { createMatcher, type Matcher } from "../../src/engine/index.ts";
import type { Situation } from "../../src/situation.ts";
import { bookOf } from "./known.ts";
import { company, contact, deal, lead, person, situation } from "./situations.ts";

const rewards = `rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
  - { id: card, title: Card, provider: tremendous, value: 10 EUR }
rules:
`;
const matcherOf = (...rules: string[]): Matcher => createMatcher(bookOf(rewards + rules.join("")), "EUR");
const rule = (
  id: string,
  { on = "deal.won", where = [] as string[], reward = "{ to: owner, give: coffee }", more = "" } = {},
) =>
  `  - { id: ${id}, title: T, on: ${on}, where: ${JSON.stringify(where)}, reward: ${reward}${more && `, ${more}`} }\n`;
const matched = (matcher: Matcher, given: Situation) => matcher.match(given).map((match) => match.rule.id);

/** One rule with one line, explained. */
const line = (where: string, given: Situation) => {
  const matcher = matcherOf(rule("r", { on: given.milestone.type, where: [where] }));
  const [trace] = matcher.explain(given, "r");
  const [only] = trace?.lines ?? [];
  if (!only) throw new Error("the rule has one line");
  expect(matched(matcher, given)).toEqual(only.held ? ["r"] : []);
  return only;
};

describe("a condition", () => {
  const won = situation({
    deal: deal({ amount: 62_000, fields: { tier: "gold", seats: 25, vip: true, "Lead Source": "fair", note: null } }),
    owner: person({ team: "EMEA" }),
    milestone: { from: "proposal", to: 5 },
    details: { score: 9, tags: ["new", "upsell"], items: [{ price: 12 }, { price: 30 }], nothing: null },
  });

  test.each([
    "deal.amount >= 50000",
    "deal.amount > 61999.99 && deal.amount < 62000.01",
    "deal.amount == 62000",
    "62000 == deal.amount",
    "deal.amount / 1000 == 62",
    "deal.amount - 2000 > 59000 + 0.5",
    "2 * deal.amount == 124000",
    "deal.cycle_days in [30.0, 41.0]",
    'owner.team in ["EMEA", "DACH"]',
    '!(owner.team in ["APAC"])',
    'deal.stage == "closedwon"',
    'deal.name.startsWith("Rossi") && deal.name.contains("renewal") && deal.name.endsWith("al")',
    "size(deal.name) == 13",
    'milestone.from == "proposal"',
    "milestone.to == 5",
    "milestone.to > 4.5",
    'milestone.type == "deal.won" && milestone.subject.kind == "deal" && milestone.connection == "hubspot-it"',
    'deal.fields.tier == "gold"',
    "deal.fields.seats >= 25",
    "deal.fields.seats in [24, 25]",
    "deal.fields.vip",
    'deal.fields["Lead Source"] == "fair"',
    "details.score >= 9",
    '"upsell" in details.tags',
    "details.items.exists(item, item.price > 20)",
    "details.items.all(item, item.price > 10)",
    "details.items[0].price == 12",
    "details.items.filter(item, item.price > 20).map(item, item.price) == [30.0]",
    "cel.bind(half, deal.amount / 2, half > 30000)",
    'deal.created_at >= "2026-01-01" && deal.created_at < "2026-02-01"',
    'timestamp(deal.created_at).getHours("Europe/Rome") == 10',
    'timestamp(milestone.occurredAt) - timestamp(deal.created_at) > duration("24h")',
    "has(deal.amount) && has(owner.id) && !has(manager.id) && !has(contact.email)",
    "!has(deal.type) && !has(deal.fields.note) && !has(details.nothing) && has(details.score)",
    '!has(deal.type) || deal.type == "renewal"',
    'deal.type == "renewal" || deal.amount > 1000',
    'deal.amount > 1000 ? deal.stage == "closedwon" : false',
  ])("%s holds", (where) => {
    expect(line(where, won)).toMatchObject({ text: where, held: true });
  });

  test.each([
    "deal.amount < 50000",
    'owner.team in ["APAC"]',
    'deal.fields.tier == "silver"',
    'deal.fields.seats == "25"',
    'milestone.to == "5"',
    "false",
  ])("%s does not hold", (where) => {
    const trace = line(where, won);
    expect(trace.held).toBe(false);
    expect(trace.error).toBeUndefined();
  });
});

describe("a condition on what is not known does not hold, and says so", () => {
  const empty: Situation = situation({ deal: deal({ amount: null, type: null }), owner: null });
  test.each([
    ["deal.amount >= 50000", empty, "deal.amount is not known"],
    ["deal.amount < 50000", situation({ deal: null }), "deal.amount is not known: there is no deal"],
    ['owner.team in ["EMEA"]', empty, "owner.team is not known: there is no owner"],
    ['owner.team != "EMEA"', situation({ owner: person({ team: null }) }), "owner.team is not known"],
    ['!(deal.type == "renewal")', empty, "deal.type is not known"],
    ["deal.fields.seats > 3", empty, "deal.fields.seats is not known"],
    ["details.score.total > 3", empty, "details.score is not known"],
    ["milestone.from == 3", empty, "milestone.from is not known"],
    ["details.list[2] == 3", situation({ details: { list: [1] } }), "details.list[2] is not known"],
    [
      "deal.amount >= 50000",
      situation({ deal: deal({ amount: null, amount_original: 900, currency: "USD" }) }),
      "deal.amount is not known: no exchange rate from USD to EUR",
    ],
  ])("%s", (where, given, error) => {
    expect(line(where, given)).toMatchObject({ held: false, error });
  });

  test("nor does a condition on a value of another kind, and the reason is in plain words", () => {
    const given = situation({ deal: deal({ fields: { seats: "25", vip: "yes" } }) });
    expect(line("deal.fields.seats > 3", given).error).toBe(
      "deal.fields.seats > 3: `>` does not work on text and a whole number",
    );
    expect(line("double(deal.fields.seats) > 3", given)).toMatchObject({ held: true });
    expect(line("deal.fields.vip", given).error).toBe("deal.fields.vip is neither true nor false");
    const odd = { ...given, deal: { ...deal(), amount: "much" } } as unknown as Situation;
    expect(line("deal.amount > 3", odd).error).toBe("deal.amount is text, not a number");
  });

  test.each(["constructor", "toString", "__proto__", "hasOwnProperty"])("nor is %s, which every object has", (name) => {
    expect(line(`deal.fields["${name}"] == 1`, situation())).toMatchObject({
      held: false,
      saw: { [`deal.fields["${name}"]`]: null },
    });
    expect(line(`!has(details.${name})`, situation({ details: JSON.parse("{}") }))).toMatchObject({ held: true });
  });
});

describe("a trace", () => {
  test("shows each line with every value that it read", () => {
    const matcher = matcherOf(
      rule("r", {
        where: [
          "deal.amount >= 50000",
          'owner.team in ["DACH"] && deal.fields["Lead Source"] == "fair"',
          "has(contact.id)",
        ],
      }),
    );
    const given = situation({ deal: deal({ fields: { "Lead Source": "fair" } }) });
    expect(matcher.explain(given)).toEqual([
      {
        rule: "r",
        verdict: "not_matched",
        lines: [
          { text: "deal.amount >= 50000", held: true, saw: { "deal.amount": 62_000 } },
          {
            text: 'owner.team in ["DACH"] && deal.fields["Lead Source"] == "fair"',
            held: false,
            saw: { "owner.team": "EMEA", 'deal.fields["Lead Source"]': "fair" },
          },
          { text: "has(contact.id)", held: false, saw: { "contact.id": null } },
        ],
      },
    ]);
  });

  test("says which rules do not listen, and which are outside of their time; names one rule when asked", () => {
    const matcher = matcherOf(
      rule("matching"),
      rule("other", { on: "deal.lost" }),
      rule("past", { where: ["deal.amount > 1"], more: "until: 2026-01-01" }),
    );
    expect(matcher.explain(situation()).map(({ rule: id, verdict, lines }) => [id, verdict, lines.length])).toEqual([
      ["matching", "matched", 0],
      ["other", "not_listening", 0],
      ["past", "outside_window", 1],
    ]);
    expect(matcher.explain(situation(), "past").map((trace) => trace.rule)).toEqual(["past"]);
    expect(matcher.explain(situation(), "nobody")).toEqual([]);
  });
});

describe("match", () => {
  test("gives the rules whose lines all hold, in the order of the book, shadow rules among them", () => {
    const matcher = matcherOf(
      rule("d", { where: ['deal.stage == "closedwon"'] }),
      rule("c", { where: ["deal.amount > 1", "deal.amount > 100000"] }),
      rule("b"),
      rule("a", { where: ['owner.team in ["EMEA", "DACH"]', "deal.amount > 1"], more: "mode: shadow" }),
      rule("e", { on: "deal.lost" }),
    );
    expect(matcher.match(situation()).map(({ rule: { id, mode } }) => [id, mode])).toEqual([
      ["d", "active"],
      ["b", "active"],
      ["a", "shadow"],
    ]);
    expect([matcher.listens("deal.won"), matcher.listens("deal.lost"), matcher.listens("deal.created")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(matched(matcher, situation({ milestone: { type: "deal.created" } }))).toEqual([]);
  });

  test("the window is half-open, and judged by the milestone's own time", () => {
    const matcher = matcherOf(rule("r", { more: "from: 2026-03-01T00:00:00Z, until: 2026-04-01T00:00:00Z" }));
    const at = (occurredAt: string) => matched(matcher, situation({ milestone: { occurredAt } }));
    expect(at("2026-02-28T23:59:59.999Z")).toEqual([]);
    expect(at("2026-03-01T00:00:00.000Z")).toEqual(["r"]);
    expect(at("2026-03-31T23:59:59.999Z")).toEqual(["r"]);
    expect(at("2026-04-01T00:00:00.000Z")).toEqual([]);
  });

  test("all kinds of subject", () => {
    const matcher = matcherOf(
      rule("c", { on: "contact.subscribed", where: ["contact.subscribed"], reward: "{ to: contact, give: card }" }),
      rule("l", { on: "lead.qualified", where: ['lead.source == "fair"'] }),
      rule("s", { on: "survey.answered", where: ["details.score >= 9"] }),
      rule("o", { on: "company.renewed", where: ['company.domain.endsWith(".example")'] }),
    );
    const none = { deal: null, owner: null };
    expect(
      matched(matcher, situation({ ...none, contact: contact(), milestone: { type: "contact.subscribed" } })),
    ).toEqual(["c"]);
    expect(matched(matcher, situation({ ...none, lead: lead(), milestone: { type: "lead.qualified" } }))).toEqual([
      "l",
    ]);
    expect(
      matched(matcher, situation({ ...none, company: company(), milestone: { type: "company.renewed" } })),
    ).toEqual(["o"]);
    expect(
      matched(matcher, situation({ ...none, details: { score: 9 }, milestone: { type: "survey.answered" } })),
    ).toEqual(["s"]);
  });
});

describe("the value of a part", () => {
  const valueFor = (expression: string, more: string, given: Situation) => {
    const reward = `{ to: owner, give: card, value: { expression: ${JSON.stringify(expression)}, ${more} } }`;
    const [match] = matcherOf(rule("r", { reward })).match(given);
    const { part, index, ...value } = match?.parts[0] ?? {};
    return value;
  };
  const worth = (amount: number | null) => situation({ deal: deal({ amount }) });

  test.each([
    ["deal.amount * 0.01", "currency: EUR", 62_000, { minor: 62_000, currency: "EUR" }],
    ["deal.amount * 0.01", "currency: EUR, cap: 500 EUR", 62_000, { minor: 50_000, currency: "EUR" }],
    ["deal.amount / 3", "currency: EUR", 100, { minor: 3_333, currency: "EUR" }],
    ["deal.amount", "currency: EUR", 1.005, { minor: 101, currency: "EUR" }],
    ["deal.amount * 0.01", "currency: JPY", 12_345, { minor: 123, currency: "JPY" }],
    ["25", "currency: KWD", 1, { minor: 25_000, currency: "KWD" }],
    ["deal.amount > 50000 ? 200.0 : deal.amount * 0.001", "currency: EUR", 50_000, { minor: 5_000, currency: "EUR" }],
  ])("%s, %s, of %d", (expression, more, amount, value) => {
    expect(valueFor(expression, more, worth(amount))).toEqual({ value });
  });

  test("points", () => {
    const reward = "{ to: owner, give: coffee, value: { expression: deal.amount / 1000, currency: points } }";
    const [match] = matcherOf(rule("r", { reward })).match(worth(62_400));
    expect(match?.parts[0]?.value).toEqual({ minor: 62, currency: "PTS" });
  });

  test.each([
    ["deal.amount * 0.01", null, "deal.amount is not known"],
    ["deal.amount - 100", 50, "deal.amount - 100 gives -50, which is -50 EUR: nothing to give"],
    ["deal.amount - 100", 100, "deal.amount - 100 gives 0, which is 0 EUR: nothing to give"],
    ["deal.amount * 0.01", 0.4, "deal.amount * 0.01 gives 0.004, which is 0 EUR: nothing to give"],
    ["100 / deal.amount", 0, "100 / deal.amount gives Infinity, which is no amount of money"],
    ["0 / deal.amount", 0, "0 / deal.amount gives NaN, which is no amount of money"],
    ["deal.amount * 1e300", 1e9, "deal.amount * 1e300 gives Infinity, which is no amount of money"],
    ["deal.amount * 1e9", 1e9, "deal.amount * 1e9 gives 1000000000000000000, which is no amount of money"],
    ["details.bonus", 1, "details.bonus is not known"],
  ])("%s of %d gives nothing, and says why", (expression, amount, why) => {
    expect(valueFor(expression, "currency: EUR", worth(amount))).toEqual({ value: null, why });
  });

  test("one part without a value leaves the others alone", () => {
    const reward =
      "[{ to: owner, give: card, value: { expression: deal.amount, currency: EUR } }, { to: manager(owner), give: coffee }]";
    const [match] = matcherOf(rule("r", { reward })).match(worth(null));
    expect(match?.parts.map(({ index, part, value }) => [index, part.to, value])).toEqual([
      [0, "owner", null],
      [1, "manager(owner)", { minor: 50, currency: "PTS" }],
    ]);
  });
});

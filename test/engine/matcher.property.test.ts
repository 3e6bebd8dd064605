import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createMatcher } from "../../src/engine/index.ts";
import type { Situation } from "../../src/situation.ts";
import { bookOf } from "./known.ts";
import { deal, person, situation } from "./situations.ts";

const some = <const T extends unknown[]>(...values: T) => fc.constantFrom<T[number][]>(...values);

/** Few values, so that conditions often hold; unknown ones among them, and numbers where text is usual. */
const situations: fc.Arbitrary<Situation> = fc
  .record({
    type: some("deal.won" as const, "deal.stage_changed" as const, "deal.lost" as const),
    occurredAt: some("2026-01-31T23:00:00.000Z", "2026-02-14T12:00:00.000Z", "2026-02-28T23:00:00.000Z"),
    from: some(null, "a", "b", 5, true),
    stage: some(null, "a", "b", "c"),
    amount: some(null, 0, -5, 5, 10.5, 20),
    tier: some(null, "a", 5, 5.5, true, "5"),
    team: some(null, "EMEA", "DACH"),
    hasDeal: fc.boolean(),
    hasOwner: fc.boolean(),
  })
  .map(({ type, occurredAt, from, stage, amount, tier, team, hasDeal, hasOwner }) =>
    situation({
      milestone: { type, occurredAt, from },
      deal: hasDeal ? deal({ stage, amount, fields: tier === null ? {} : { tier } }) : null,
      owner: hasOwner ? person({ team }) : null,
    }),
  );

const equalities = some(
  'deal.stage == "a"',
  '"b" == deal.stage',
  'deal.stage in ["a", "c", "a"]',
  "deal.stage in []",
  'owner.team == "EMEA"',
  'owner.team in ["EMEA", "DACH"]',
  "deal.amount == 5",
  "deal.amount == -5",
  "deal.amount == 10.5",
  "deal.amount in [0.0, 20.0]",
  'deal.fields.tier == "a"',
  "deal.fields.tier == 5",
  "deal.fields.tier in [5, 20]",
  "deal.fields.tier == 5.5",
  "deal.fields.tier == true",
  'deal.fields["tier"] in ["a", "5"]',
  'milestone.from == "a"',
  "milestone.from == 5",
  "milestone.from == true",
);
const others = some(
  "deal.amount > 3",
  "has(owner.id)",
  "!has(deal.amount)",
  'deal.stage != "a"',
  '!(deal.stage == "a")',
  'deal.stage == owner.team || deal.stage == "b"',
  "deal.fields.tier",
  "true",
  "false",
);
const lines = fc.oneof(
  equalities,
  others,
  fc.tuple(equalities, others).map(([left, right]) => `${left} && ${right}`),
  fc.tuple(others, equalities, equalities).map((parts) => `(${parts[0]} && (${parts[1]})) && ${parts[2]}`),
  fc.tuple(equalities, equalities).map(([left, right]) => `${left} || ${right}`),
  fc.tuple(equalities, others).map(([left, right]) => `${left} ? ${right} : true`),
);

const rules = fc.record({
  on: some("deal.won", "deal.stage_changed", "deal.reopened"),
  where: fc.array(lines, { maxLength: 3 }),
  from: some(null, "2026-02-01", "2026-02-14T12:00:00Z"),
  until: some(null, "2026-03-01", "2026-02-14T13:00:00Z"),
});

const books = fc.array(rules, { maxLength: 12 }).map((listed) =>
  bookOf(
    JSON.stringify({
      rewards: [{ id: "coffee", title: "Coffee", provider: "points", value: "50 points" }],
      rules: listed.map(({ from, until, ...rule }, index) => ({
        id: `r${index}`,
        title: "T",
        reward: { to: "owner", give: "coffee" },
        ...rule,
        ...(from && { from }),
        ...(until && { until }),
      })),
    }),
  ),
);

describe("the discriminator index", () => {
  test("changes nothing: match gives the rules that judging every line of every rule gives, in the book's order", () => {
    fc.assert(
      fc.property(books, fc.array(situations, { minLength: 1, maxLength: 8 }), (book, given) => {
        const matcher = createMatcher(book, "EUR");
        for (const each of given) {
          const explained = matcher.explain(each).filter(({ verdict }) => verdict === "matched");
          expect(matcher.match(each).map(({ rule }) => rule.id)).toEqual(explained.map(({ rule }) => rule));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("and explain itself follows from each rule alone: its type, its window and its lines", () => {
    fc.assert(
      fc.property(books, situations, (book, given) => {
        const traces = createMatcher(book, "EUR").explain(given);
        for (const [index, rule] of book.rules.entries()) {
          const trace = traces[index];
          const alone = createMatcher({ ...book, rules: [rule] }, "EUR").explain(given);
          expect([trace]).toEqual(alone);
          const listens = rule.on === given.milestone.type;
          const at = given.milestone.occurredAt;
          const inside = (rule.from === null || at >= rule.from) && (rule.until === null || at < rule.until);
          const held = trace?.lines.every((line) => line.held) === true;
          const verdict = inside ? (held ? "matched" : "not_matched") : "outside_window";
          expect(trace?.verdict).toBe(listens ? verdict : "not_listening");
        }
      }),
      { numRuns: 100 },
    );
  });

  test("leaves out the rules that cannot match: among thousands of teams, one team's rules are judged", () => {
    const matcher = createMatcher(
      bookOf(
        JSON.stringify({
          rewards: [{ id: "coffee", title: "Coffee", provider: "points", value: "50 points" }],
          rules: Array.from({ length: 3000 }, (_, index) => ({
            id: `r${index}`,
            title: "T",
            on: "deal.won",
            where: ['deal.pipeline == "default"', `deal.amount > 1 && owner.team == "team ${index}"`],
            reward: { to: "owner", give: "coffee" },
          })),
        }),
      ),
      "EUR",
    );
    const given = situation({ owner: person({ team: "team 2999" }) });
    const timed = (work: () => unknown) => {
      const times = Array.from({ length: 15 }, () => {
        const start = performance.now();
        work();
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    expect(matcher.match(given).map(({ rule }) => rule.id)).toEqual(["r2999"]);
    expect(timed(() => matcher.match(given)) * 20).toBeLessThan(timed(() => matcher.explain(given)));
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createMatcher, type RuleBook } from "../../src/engine/index.ts";
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
    amount: some(null, 0, -0, -5, 5, 10.5, 20, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "5", true),
    cycle: some(null, 0, 3, 30, 30.5, 60),
    tier: some(null, "a", 5, 5.5, true, "5", 2 ** 53, -20),
    seats: some(null, 3, 5, 30, "30", [30], { min: 3 }),
    team: some(null, "EMEA", "DACH"),
    hasDeal: fc.boolean(),
    hasOwner: fc.boolean(),
  })
  .map(({ type, occurredAt, from, stage, amount, cycle, tier, seats, team, hasDeal, hasOwner }) =>
    situation({
      milestone: { type, occurredAt, from },
      // an amount that is no number never comes from a connection, but must not count as one all the same
      deal: hasDeal
        ? deal({ stage, amount: amount as number | null, cycle_days: cycle, fields: tier === null ? {} : { tier } })
        : null,
      owner: hasOwner ? person({ team }) : null,
      details: { seats },
    }),
  );

/** Mostly known, for rules that ask for all of it. */
const wonDeals: fc.Arbitrary<Situation> = fc
  .record({
    stage: some("a", "b", "c"),
    amount: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -6, max: 21 }) }, some(null, 5.5, Number.NaN)),
    cycle: some(0, 3, 30, 30.5, null),
    team: some("EMEA", "DACH", "APAC", null),
  })
  .map(({ stage, amount, cycle, team }) =>
    situation({ deal: deal({ stage, amount, cycle_days: cycle }), owner: person({ team }) }),
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
  "5 == milestone.from",
  "5.0 == milestone.from",
  "0 == deal.amount",
  "deal.fields.tier == 9007199254740993",
  "deal.amount == 9007199254740993",
  "details.seats == 30",
  "details.seats[0] == 30",
  'details.seats["0"] == 30',
  "details.seats.length == 1",
);
/** Bounds at, beside and between the values; also the same bound from both sides, and bands that hold nothing. */
const thresholds = fc
  .tuple(
    some("deal.amount", "deal.cycle_days", "deal.fields.tier", "milestone.from", "details.seats", "details.seats.min"),
    some("<", "<=", ">", ">="),
    some("-5", "-5.0", "0", "-0.0", "3", "5", "5.0", "5.5", "10.5", "20", "30", "60.25", "9007199254740993", "1e300"),
    fc.boolean(),
  )
  .map(([path, sign, bound, pathFirst]) => (pathFirst ? `${path} ${sign} ${bound}` : `${bound} ${sign} ${path}`));
const indexed = fc.oneof(equalities, thresholds);
const others = some(
  "deal.amount > 3",
  "has(owner.id)",
  "!has(deal.amount)",
  'deal.stage != "a"',
  '!(deal.stage == "a")',
  "!(deal.amount >= 5)",
  "deal.amount != 5",
  "deal.amount >= deal.cycle_days",
  "deal.amount + 1 > 5",
  "size(deal.stage) >= 1",
  'deal.stage >= "b"',
  'deal.stage == owner.team || deal.stage == "b"',
  "deal.fields.tier",
  "true",
  "false",
);
const lines = fc.oneof(
  { weight: 3, arbitrary: indexed },
  others,
  fc.tuple(indexed, indexed, indexed).map((parts) => `${parts[0]} && (${parts[1]} && ${parts[2]})`),
  fc.tuple(indexed, others).map(([left, right]) => `${left} && ${right}`),
  fc.tuple(others, indexed, indexed).map((parts) => `(${parts[0]} && (${parts[1]})) && ${parts[2]}`),
  fc.tuple(indexed, indexed).map(([left, right]) => `${left} || ${right}`),
  fc.tuple(indexed, others).map(([left, right]) => `${left} ? ${right} : true`),
  indexed.map((line) => `!(${line})`),
);

const rules = fc.record({
  on: some("deal.won", "deal.stage_changed", "deal.reopened"),
  where: fc.array(lines, { maxLength: 4 }),
  from: some(null, "2026-02-01", "2026-02-14T12:00:00Z"),
  until: some(null, "2026-03-01", "2026-02-14T13:00:00Z"),
});

/** Rules that differ in values only, so that many of them share a leaf of the index: bands that touch, overlap or are empty. */
const alike = fc
  .record({
    stages: fc.subarray(["a", "b", "c"]),
    teams: fc.subarray(["EMEA", "DACH", "APAC"], { minLength: 1 }),
    low: fc.integer({ min: -6, max: 21 }),
    high: fc.integer({ min: -6, max: 21 }),
    signs: fc.tuple(some(">", ">="), some("<", "<=")),
    cycle: some("0", "3", "30", "30.25", "60"),
    more: fc.option(lines, { freq: 9 }),
  })
  .map(({ stages, teams, low, high, signs, cycle, more }) => ({
    on: "deal.won" as const,
    where: [
      `deal.stage in ${JSON.stringify(stages)}`,
      `owner.team in ${JSON.stringify(teams)}`,
      `deal.amount ${signs[0]} ${low} && deal.amount ${signs[1]} ${high}`,
      `deal.cycle_days <= ${cycle}`,
      ...(more ? [more] : []),
    ],
    from: null,
    until: null,
  }));

const bookWith = (listed: readonly (typeof rules extends fc.Arbitrary<infer T> ? T : never)[]) =>
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
  );
const books = fc.array(rules, { maxLength: 12 }).map(bookWith);
const largeBooks = fc
  .array(fc.oneof({ weight: 5, arbitrary: alike }, rules), { minLength: 200, maxLength: 200, size: "max" })
  .map(bookWith);

const sameAsEveryLine = (book: RuleBook, given: readonly Situation[]): number => {
  const matcher = createMatcher(book, "EUR");
  let matches = 0;
  for (const each of given) {
    const explained = matcher.explain(each).filter(({ verdict }) => verdict === "matched");
    const found = matcher.match(each);
    expect(found.map(({ rule }) => rule.id)).toEqual(explained.map(({ rule }) => rule));
    expect(found.map((match) => matcher.reasons(each, match))).toEqual(explained.map(({ lines }) => lines));
    matches += explained.length;
  }
  return matches;
};

describe("the discriminator index", () => {
  test("changes nothing: match gives the rules that judging every line of every rule gives, in the book's order", () => {
    fc.assert(
      fc.property(books, fc.array(situations, { minLength: 1, maxLength: 8 }), (book, given) => {
        sameAsEveryLine(book, given);
      }),
      { numRuns: 300 },
    );
  });

  test("nor where 200 rules compare the same paths with other values", () => {
    let matches = 0;
    fc.assert(
      fc.property(largeBooks, fc.array(wonDeals, { minLength: 12, maxLength: 12 }), (book, given) => {
        matches += sameAsEveryLine(book, given);
      }),
      { numRuns: 12, endOnFailure: true },
    );
    expect(matches).toBeGreaterThan(100);
  });

  test("nor for any sign from either side, at the bound and beside it", () => {
    const listed = ["<", "<=", ">", ">=", "=="].flatMap((sign) =>
      ["5", "5.0", "-5"].flatMap((bound) => [`deal.amount ${sign} ${bound}`, `${bound} ${sign} deal.amount`]),
    );
    const book = bookWith(listed.map((line) => ({ on: "deal.won" as const, where: [line], from: null, until: null })));
    const amounts = [null, -5.1, -5, -4.9, 0, 4.9, 5, 5.1, Number.NaN, Number.POSITIVE_INFINITY];
    const matches = sameAsEveryLine(
      book,
      amounts.map((amount) => situation({ deal: deal({ amount }) })),
    );
    expect(matches).toBeGreaterThan(50);
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

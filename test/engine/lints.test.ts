/** What `rules check` says beyond mistakes. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkRules, createMatcher } from "../../src/engine/index.ts";
import { bookOf, known } from "./known.ts";
import { deal, person, situation } from "./situations.ts";

const now = new Date("2026-03-05T10:00:00Z");
const head = `rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
  - { id: card, title: Card, provider: tremendous, value: 100 EUR }
`;
const warningsOf = (text: string) => {
  const checked = checkRules([{ file: "rules/1.yaml", text: head + text }], known, now);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.warnings.map(({ line, column, found, expected }) => `${line}:${column} ${found} → ${expected}`);
};
/** A rule that lacks nothing; its `where` lines begin on line 10 of the file. */
const rule = (id: string, { on = "deal.won", where = ["deal.amount > 5"], more = "" } = {}) =>
  `rules:
  - id: ${id}
    title: T
    on: ${on}
    kpi: k
    where:
${where.map((line) => `      - ${JSON.stringify(line)}\n`).join("")}    reward: { to: owner, give: coffee }
    until: 2027-01-01
    limits: 5 in total
${more}`;
const aboutLines = (where: string[], on?: string) => warningsOf(rule("r", { where, ...(on ? { on } : {}) }));

describe("conditions that can never hold", () => {
  test.each<[string[], string]>([
    [
      ["deal.amount > 100", "deal.amount < 50"],
      "11:9 `deal.amount < 50`, which never holds together with `deal.amount > 100`",
    ],
    [
      ['owner.team == "A"', "deal.amount > 5", 'owner.team == "B"'],
      '12:9 `owner.team == "B"`, which never holds together with `owner.team == "A"`',
    ],
    [['owner.team in ["A", "B"]', '"C" == owner.team'], '11:9 `"C" == owner.team`, which never holds together with'],
    [['owner["team"] == "A"', 'owner.team != "A"'], '11:9 `owner.team != "A"`, which never holds together with'],
    [["deal.amount >= 5", "deal.amount <= 5", "deal.amount != 5"], "12:9 `deal.amount != 5`, which never holds"],
    [
      ["deal.amount > 5 && deal.amount < 3"],
      "10:9 `deal.amount > 5 && deal.amount < 3`, which never holds → a condition",
    ],
    [['deal.created_at >= "2026-02-01"', 'deal.created_at < "2026-01-01"'], "11:9 `deal.created_at"],
    [["deal.stage in []"], "10:9 `deal.stage in []`, which never holds → a condition that some value meets"],
    [
      ['deal.status == "lost"'],
      '10:9 `deal.status == "lost"`, which never holds → another condition: with `on: deal.won`',
    ],
    [['milestone.type == "deal.lost"'], '10:9 `milestone.type == "deal.lost"`, which never holds'],
    [["contact.subscribed", "!contact.subscribed"], "11:9 `!contact.subscribed`, which never holds together with"],
    [["false"], "10:9 `false`, which never holds"],
  ])("%j", (where, expected) => {
    expect(aboutLines(where)).toEqual([expect.stringContaining(expected)]);
  });

  test.each<[string[]]>([
    [["deal.amount > 100", "deal.amount <= 101"]],
    [['owner.team == "A"', 'deal.fields.team == "B"']],
    [['owner.team == "A" || owner.team == "B"', 'owner.team == "C"']],
    [['owner.team != "A"', 'owner.team != "B"']],
    [['deal.fields.size == 5 || deal.fields.size == "5"', "deal.fields.size != 7"]],
    [["!(deal.amount > 5)", "deal.amount > 1"]],
    [["deal.amount > 5.0", "deal.cycle_days < 3"]],
  ])("nothing is said of %j", (where) => expect(aboutLines(where)).toEqual([]));
});

describe("needless lines", () => {
  test.each<[string[], string]>([
    [
      ["deal.amount > 5", "deal.amount > 3"],
      "11:9 `deal.amount > 3`, which holds whenever `deal.amount > 5` does → no such line",
    ],
    [["deal.amount > 5", "deal.amount >= 5"], "11:9 `deal.amount >= 5`, which holds whenever `deal.amount > 5` does"],
    [["deal.amount > 3", "deal.amount > 5"], "10:9 `deal.amount > 3`, which holds whenever `deal.amount > 5` does"],
    [["deal.amount >= 5", "deal.amount >= 5"], "10:9 `deal.amount >= 5`, which holds whenever `deal.amount >= 5` does"],
    [['owner.team in ["A", "B"]', 'owner.team == "A"'], '10:9 `owner.team in ["A", "B"]`, which holds whenever'],
    [['owner.team != "B"', 'owner.team == "A"'], '10:9 `owner.team != "B"`, which holds whenever'],
    [['deal.status == "won"'], '10:9 `deal.status == "won"`, which always holds with `on: deal.won`'],
    [["has(owner.id)", "has(owner.id)"], "10:9 `has(owner.id)` again → each line once"],
  ])("%j", (where, expected) => {
    expect(aboutLines(where)).toEqual([expect.stringContaining(expected)]);
  });
});

describe("what is said of conditions is so", () => {
  const path = fc.constantFrom("deal.amount", "deal.fields.size");
  const number = fc.integer({ min: 0, max: 1 });
  const team = fc.constantFrom('"A"', '"B"', '"C"');
  const line = fc.oneof(
    fc
      .tuple(path, fc.constantFrom("==", "!=", "<", "<=", ">", ">="), number)
      .map(([subject, sign, value]) => `${subject} ${sign} ${value}`),
    fc.tuple(path, number, number).map(([subject, a, b]) => `${subject} in [${a}.0, ${b}.0]`),
    fc.tuple(fc.constantFrom("==", "!=", "<", ">="), team).map(([sign, value]) => `owner.team ${sign} ${value}`),
    fc.tuple(fc.constantFrom("==", "!="), team).map(([sign, value]) => `deal.fields.size ${sign} ${value}`),
    fc.array(team, { maxLength: 3 }).map((teams) => `owner.team in [${teams.join(", ")}]`),
    fc.constantFrom("deal.fields.flag", "!deal.fields.flag", "deal.fields.flag == false"),
  );
  const lines = fc.array(
    fc.oneof(
      line,
      fc.tuple(line, line).map(([a, b]) => `${a} && ${b}`),
    ),
    { minLength: 1, maxLength: 4 },
  );
  const values = [null, -1, 0, 0.5, 1, 2];
  const situations = values.flatMap((amount) =>
    [null, "A", "B", "C", "D"].flatMap((owner) =>
      [null, "A", "B", true, 0, 0.5, 1, 2].flatMap((size) =>
        [null, true, false].map((flag) =>
          situation({ deal: deal({ amount, fields: { size, flag } }), owner: person({ team: owner }) }),
        ),
      ),
    ),
  );
  const matcherOf = (where: string[]) => createMatcher(bookOf(head + rule("r", { where })), "EUR");

  test("a rule that never holds matches nothing, and without its needless lines it matches the same", () => {
    let never = 0;
    let needless = 0;
    fc.assert(
      fc.property(lines, (where) => {
        const told = aboutLines(where);
        const matcher = matcherOf(where);
        if (told.some((one) => one.includes("never holds"))) {
          never++;
          expect(situations.filter((each) => matcher.match(each).length > 0)).toEqual([]);
          return;
        }
        const left = where.filter((_, index) => !told.some((one) => one.startsWith(`${10 + index}:`)));
        if (left.length === where.length) return;
        needless++;
        const shorter = matcherOf(left);
        expect(situations.filter((each) => matcher.match(each).length !== shorter.match(each).length)).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect([never > 2, needless > 2]).toEqual([true, true]);
  });
});

describe("rules that both pay", () => {
  const two = (a: string[], b: string[], more = "") =>
    warningsOf(rule("a", { where: a }) + rule("b", { where: b, more }).replace("rules:\n", "")).filter((one) =>
      one.includes("whenever this one does"),
    );

  test("the narrower one says so; of two that are alike the later", () => {
    expect(two(["deal.amount > 5"], ["deal.amount > 50"])).toEqual([
      "20:5 `coffee` to owner, which the rule `a` gives whenever this one does → conditions of which only one can hold, if both are not meant to pay",
    ]);
    expect(two(["deal.amount > 50"], ["deal.amount > 5"])).toEqual([
      expect.stringMatching(/^11:5 .* the rule `b` gives/),
    ]);
    expect(two(["has(owner.id)"], ["has(owner.id)"])).toEqual([expect.stringMatching(/^20:5 .* the rule `a` gives/)]);
  });

  test("nothing is said where only one can hold, or neither implies the other, or at different times", () => {
    expect(two(["deal.amount > 5"], ["deal.amount <= 5"])).toEqual([]);
    expect(two(["deal.amount > 5"], ['owner.team == "A"'])).toEqual([]);
    expect(two(["deal.amount > 5"], ["deal.amount > 50"], "    from: 2026-12-31\n")).toHaveLength(1);
    const shadow = rule("a", { where: ["deal.amount > 5"], more: "    mode: shadow\n" });
    expect(warningsOf(shadow + rule("b").replace("rules:\n", "")).filter((one) => one.includes("whenever"))).toEqual(
      [],
    );
  });
});

describe("budgets", () => {
  const budget = (amount: string, more: string) =>
    warningsOf(`budgets:
  - { id: b, amount: ${amount}, from: 2026-01-01, until: 2027-01-01 }
rules:
  - id: r
    title: T
    on: deal.won
    kpi: k
    where: deal.amount > 5
    reward: { to: owner, give: card }
    budget: b
    until: 2027-01-01
    ${more}
`);
  test.each([
    [
      "90 EUR",
      "mode: active",
      ["13:5 `b` of 90 EUR, of which one match takes 100 EUR → a larger budget, or a smaller reward"],
    ],
    [
      "900 EUR",
      "limits: 10 in total",
      [
        "5:5 `b` of 900 EUR, of which the limits allow 1,000 EUR: `r` 1,000 EUR → an amount that lasts as long as the limits let rules give",
      ],
    ],
    ["1000 EUR", "limits: 10 in total", []],
    [
      "3900 EUR",
      "limits: [10 per quarter, 100 per month]",
      [
        "5:5 `b` of 3,900 EUR, of which the limits allow 4,000 EUR: `r` 4,000 EUR → an amount that lasts as long as the limits let rules give",
      ],
    ],
    ["4000 EUR", "limits: 10 per quarter", []],
    ["900 EUR", "limits: 10 per owner per month", []],
  ])("of %s, %s", (amount, more, expected) => expect(budget(amount, more)).toEqual(expected));
});

test("a limit that `once` keeps already", () => {
  const told = (once: string, limit: string) =>
    warningsOf(rule("r").replace("limits: 5 in total", `limits: [${limit}]\n    once: ${once}`));
  expect(told("per recipient per quarter", "1 per recipient per quarter")).toEqual([
    "13:14 `1 per recipient per quarter`, which `once: per recipient per quarter` keeps already → no such limit, or a tighter one",
  ]);
  expect(told("per recipient", "2 per recipient per year")).toHaveLength(1);
  expect(told("per recipient per quarter", "1 per recipient per month")).toHaveLength(1);
  expect(told("per recipient per month", "1 per recipient per quarter")).toEqual([]);
  expect(told("per recipient per quarter", "50 points per recipient per quarter")).toEqual([]);
  expect(told("per deal", "1 per recipient per month")).toEqual([]);
});

test("what ended", () => {
  expect(
    warningsOf(
      `${rule("r").replace("2027-01-01", "2026-03-05")}budgets: [{ id: b, amount: 5 EUR, until: 2026-01-01 }]\n`,
    ),
  ).toEqual([
    "12:5 `2026-03-05`, which is past → a later end, or no such rule any more",
    "14:35 `2026-01-01`, which is past → a later end, or no such budget any more",
  ]);
});

test("what a SMART goal lacks, in one line for each rule", () => {
  const bare = "rules:\n  - { id: r, title: T, on: deal.won, reward: { to: owner, give: coffee }";
  expect(warningsOf(`${bare} }\n`)).toEqual([
    "5:5 no measurable condition, no end date, no cap and no goal (KPI) → a goal that is SMART: add `where:`; `until:`; `limits:`, `budget:` or `once: per recipient`; `kpi:`",
  ]);
  expect(warningsOf(`${bare}, where: deal.amount > 1, kpi: k, limits: 3 in total }\n`)).toEqual([
    "5:5 no end date → a goal that is SMART: add `until:`",
  ]);
  expect(
    warningsOf(`${bare}, where: deal.amount > 1, kpi: k, once: per owner per year, until: 2027-01-01 }\n`),
  ).toEqual([]);
  expect(warningsOf(`${bare}, kpi: k, mode: shadow }\n`)).toEqual([]);
});

/** Rules and files that would make us work for ever, or say what they should not. docs/security.md has a row for each test here. */
import { describe, expect, test } from "@jest/globals";
import { createMatcher } from "../../src/engine/index.ts";
import { readYaml } from "../../src/yaml/yaml-source.ts";
import { bookOf, problemsOf } from "../engine/known.ts";
import { deal, situation } from "../engine/situations.ts";

const book = (condition: string) => `rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
rules:
  - id: r
    title: R
    on: deal.won
    where: [${JSON.stringify(condition)}]
    reward: { to: owner, give: coffee }
`;
const list = (items: number) => `[${Array.from({ length: items }, (_, at) => at).join(",")}]`;
const words = (items: number) => `[${Array.from({ length: items }, () => '"aaaaaaaa"').join(",")}]`;

describe("an expression", () => {
  test.each([
    ["a pattern that backtracks for ever", `deal.name.matches("(a+)+$")`, /`matches\(…\)`/],
    ["a pattern in the other form of a call", `matches(deal.name, "(a+)+$")`, /matches/],
    ["loops within loops", `${list(200)}.all(x, ${list(200)}.all(y, true))`, /one level of it/],
    ["parentheses without end", "(".repeat(2_000), /very long or deep/],
    ["signs without end", `${"-".repeat(2_000)}1 > 0`, /found /],
    ["lists in lists", `${"[".repeat(1_000)}${"]".repeat(1_000)} == []`, /found /],
    ["questions without end", `${"true ? ".repeat(500)}true${" : true".repeat(500)}`, /found /],
    ["members without end", `deal${".fields".repeat(500)} == 1`, /found /],
    ["a list of thousands", `deal.amount in ${list(1_001)}`, /found /],
    ["a text of thousands of characters", `deal.name == "${"x".repeat(5_000)}"`, /at most 4000/],
    ["what belongs to JavaScript", "deal.constructor.constructor == 1", /found /],
    ["what every object inherits", `deal.fields.__proto__ == "x"`, /found /],
    ["a name that is not ours", "process.env.HOME == '/root'", /found /],
  ])("%s is refused with its place, or stays within bounds", (_, condition, expected) => {
    const started = performance.now();
    const problems = problemsOf(book(condition));
    // what the language allows is judged all the same: it is only a condition
    if (problems.length > 0) expect(problems.join("\n")).toMatch(expected);
    else
      expect(createMatcher(bookOf(book(condition)), "EUR").match(situation({ deal: deal() })).length).toBeLessThan(2);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("the most that may be written is judged a hundred times in a few seconds", () => {
    const dearest = [
      `${list(900)}.all(x, x >= 0)`,
      `${words(250)}.exists(x, x == deal.name)`,
      Array.from({ length: 120 }, (_, at) => `deal.name.contains("${at}")`).join(" || "),
      Array.from({ length: 80 }, () => "deal.name")
        .join(" + ")
        .concat(' != ""'),
    ];
    for (const condition of dearest) {
      const matcher = createMatcher(bookOf(book(condition)), "EUR");
      const seen = situation({ deal: deal({ name: "a".repeat(10_000) }) });
      const started = performance.now();
      for (let times = 0; times < 100; times++) matcher.match(seen);
      expect([condition.slice(0, 20), performance.now() - started < 5_000]).toEqual([condition.slice(0, 20), true]);
    }
  });
});

describe("a file of YAML", () => {
  const problemsIn = (text: string) => {
    const findings = { problems: [], warnings: [] };
    const spot = readYaml({ file: "people.yaml", text }, findings);
    return { spot, problems: findings.problems as { found: string; expected: string }[] };
  };

  test("aliases that multiply, in accolade.yaml and people.yaml too", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (const [name, next] of ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"])
      bomb.push(`${next}: &${next} [${`*${name}, `.repeat(10)}]`);
    const started = performance.now();
    expect(problemsIn(bomb.join("\n")).problems).toMatchObject([{ found: "nesting or aliases beyond any use" }]);
    expect(problemsIn("a: &a [*a]").spot).toBeNull();
    expect(problemsIn("a: &a { <<: *a }").spot).toBeNull();
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("keys that mean something to JavaScript, also behind quotes, escapes and merges", () => {
    for (const text of [
      "__proto__: { polluted: true }",
      '"__proto__": 1',
      '"__pro\\x74o__": 1',
      "people:\n  - constructor: { prototype: { polluted: true } }",
      "a: &a { b: 1 }\nc: { <<: *a, __proto__: 2 }",
      "? prototype\n: 1",
    ])
      expect([text, problemsIn(text).spot]).toEqual([text, null]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("control characters and half signs, which only an escape can write", () => {
    for (const text of ['name: "a\\0b"', 'name: "\\ud800"', 'name: "\\x1b[2J"', '"\\0": 1', 'a: ["\\u0007"]'])
      expect([text, problemsIn(text).problems]).toEqual([
        text,
        [expect.objectContaining({ expected: expect.stringMatching(/read|name/) })],
      ]);
    expect(problemsIn('name: "two\\nlines\\tand a tab"').problems).toEqual([]);
  });

  test("tags that other programs run as code", () => {
    for (const text of [
      "a: !!js/function 'function () { return 1 }'",
      "a: !!python/object/apply:os.system ['true']",
      "a: !<tag:yaml.org,2002:js/regexp> /x/",
    ])
      expect(problemsIn(text).problems.length).toBeGreaterThan(0);
  });

  test("numbers beyond all measure are no money, no limit and no date", () => {
    const rewards = "rewards:\n  - { id: coffee, title: Coffee, provider: points, value: 50 points }\n";
    const rule = (more: string) =>
      `${rewards}rules:\n  - { id: r, title: R, on: deal.won, reward: { to: owner, give: coffee }, ${more} }\n`;
    for (const text of [
      `rewards:\n  - { id: coffee, title: Coffee, provider: points, value: 1e400 points }\n`,
      `rewards:\n  - { id: coffee, title: Coffee, provider: points, value: ${"9".repeat(400)} points }\n`,
      `budgets:\n  - { id: b, amount: 99999999999999999999 EUR, from: 2026-01-01, until: 2027-01-01 }\n`,
      rule("limits: [99999999999999999999 per owner per month]"),
      rule("limits: [1e999 EUR per quarter]"),
      rule("hold: 99999999999 days while won"),
      rule("from: 275760-09-14"),
      rule("until: .inf"),
      rule("approval: above 1e99 EUR by finance"),
    ])
      expect([text, problemsOf(text).length > 0]).toEqual([text, true]);
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkRules, createMatcher, type LoadedRules } from "../../src/engine/index.ts";
import { known } from "./known.ts";
import { situation } from "./situations.ts";

const starter = readFileSync(new URL("../../rules/starter.yaml", import.meta.url), "utf8");
const design = readFileSync(new URL("./design-example.yaml", import.meta.url), "utf8");

/** What must be true of any answer; a good book must also run. */
const expectSound = (loaded: LoadedRules, text: string) => {
  if (loaded.ok) {
    const matcher = createMatcher(loaded.book, "EUR");
    matcher.match(situation());
    matcher.explain(situation());
    return;
  }
  expect(loaded.problems.length).toBeGreaterThan(0);
  const lines = text.split(/\r\n|\r|\n/);
  for (const { file, line, column, found, expected } of loaded.problems) {
    expect(file).toBe("rules/1.yaml");
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(found).not.toBe("");
    expect(expected).not.toBe("");
    expect(`${found}${expected}`).not.toMatch(/undefined|\[object|Invalid input/);
  }
};
/** With the lints, which look at whatever is right. */
const anyText = (text: string) =>
  expectSound(checkRules([{ file: "rules/1.yaml", text }], known, new Date("2026-06-01T00:00:00Z")), text);

describe("loading never throws, and always says where", () => {
  test("for any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), anyText), { numRuns: 500 });
  });

  test("for texts of YAML's own characters", () => {
    const unit = fc.constantFrom(..."\n\n  --::[]{}&*!|>'\"%@`#,?\t.~<=a1".split(""));
    fc.assert(fc.property(fc.string({ unit, maxLength: 120 }), anyText), { numRuns: 1000 });
  });

  test("for the starter rules and the design's example with a piece cut out, put in or doubled", () => {
    const whole = fc.constantFrom(starter, design);
    const place = fc.nat({ max: 10_000 });
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        "\n",
        "  ",
        "- ",
        ": ",
        "&a ",
        "*a",
        "!x ",
        "'",
        '"',
        "null",
        "[",
        "}",
        "---\n",
        "on: ",
        "0x",
        "🎉",
      ),
    );
    fc.assert(
      fc.property(whole, place, fc.nat({ max: 40 }), piece, (text, anywhere, cut, put) => {
        const at = anywhere % text.length;
        anyText(text.slice(0, at) + put + text.slice(at + cut));
      }),
      { numRuns: 400 },
    );
  });

  test("for any value in any place of a good file", () => {
    const good = {
      rewards: [
        { id: "coffee", title: "Coffee", provider: "points", value: "50 points" },
        { id: "card", title: { en: "Card" }, provider: "tremendous", products: ["a"] },
      ],
      rules: [
        {
          id: "r",
          title: "T",
          kpi: "k",
          on: "deal.won",
          where: ["deal.amount > 1", 'customer.tier == "vip"'],
          reward: [{ to: "owner", give: "card", value: { expression: "deal.amount", currency: "EUR", cap: "5 EUR" } }],
          notify: ["email"],
          once: "per deal",
          during: "c",
          hold: "14 days while won",
          limits: ["3 per owner per month", "5000 EUR per quarter"],
          approval: "above 250 EUR by finance",
          budget: "b",
          clawback: true,
          from: "2026-01-01",
          until: "2027-01-01",
          mode: "active",
        },
        {
          id: "m",
          title: "M",
          on: "metric.changed",
          metric: { name: "close_rate", of: "owner", over: "30 days", basis: "closed" },
          where: ["metric.value > 0.3"],
          reward: { to: { owner: "70%", "manager(owner)": "30%" }, give: "coffee" },
          once: "per owner per quarter",
        },
      ],
      budgets: [{ id: "b", amount: "5 EUR", from: "2026-01-01", alert: ["50%", "80%"], when_empty: "stop" }],
      tiers: [{ id: "vip", where: ["customer.revenue > 5"] }],
      calendars: [
        { id: "c", days: ["mon-fri"], hours: "09:00-18:00", except: ["2026-12-25"], time_zone: "Europe/Rome" },
      ],
    };
    const pathsOf = (value: unknown): (string | number)[][] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsOf(inner).map((path) => [key, ...path])])
        : [];
    const put = (value: unknown, [step, ...rest]: (string | number)[], to: unknown): unknown => {
      if (step === undefined) return to;
      if (Array.isArray(value))
        return value.map((item, index) => (String(index) === step ? put(item, rest, to) : item));
      const map = value as Record<string, unknown>;
      return { ...map, [step]: put(map[step], rest, to) };
    };
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(
        "",
        "deal.won",
        "metric.changed",
        "per deal",
        "per team",
        "owner",
        "50 points",
        "70%",
        "30 days",
        "r",
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(good)), odd, (path, to) =>
        anyText(JSON.stringify(put(good, path, to), null, 1)),
      ),
      { numRuns: 600 },
    );
  });

  test("for expressions that are almost right", () => {
    const piece = fc.constantFrom(
      ..."deal . amount fields [ ] ( ) { } \" ' == != && || ! - / * % ? : , in has exists filter x 1 2.5 null true owner team cel bind details matches \\ 0x b r".split(
        " ",
      ),
    );
    const lines = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(lines, fc.boolean(), (expression, isValue) => {
        const value = isValue ? { expression, currency: "points" } : "1 point";
        const text = JSON.stringify({
          rewards: [{ id: "coffee", title: "Coffee", provider: "points" }],
          rules: [
            {
              id: "r",
              title: "T",
              on: "deal.won",
              where: isValue ? [] : [expression],
              reward: { to: "owner", give: "coffee", value },
            },
          ],
        });
        anyText(text);
      }),
      { numRuns: 2000 },
    );
  });
});

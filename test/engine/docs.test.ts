import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { rulesReference } from "../../scripts/rules-reference.ts";
import { rulesSchema } from "../../scripts/rules-schema.ts";
import { functionNames } from "../../src/engine/environment.ts";
import { compileExpression } from "../../src/engine/expression.ts";
import { functionWords } from "../../src/engine/function-words.ts";
import { loadRules } from "../../src/engine/index.ts";
import { milestoneWords } from "../../src/engine/milestone-words.ts";
import { milestoneNames } from "../../src/engine/subject-kinds.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import { readRuleFiles } from "../../src/yaml/yaml-folder.ts";
import { known, problemsOf } from "./known.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const guide = read("docs/write-rules.md");
const blocks = [...guide.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));
const files = blocks.filter(({ kind, text }) => kind === "yaml" && /^(rules|rewards):/m.test(text));

describe("docs/write-rules.md", () => {
  test("has examples", () => expect(files.length).toBeGreaterThanOrEqual(15));

  test.each(files.map(({ text }) => [text]))("the example loads: %#", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  const mistakes = [...blocks.entries()].filter(([, { kind }]) => kind === "yaml mistake");
  test.each(mistakes)("the mistake gives the messages that are printed below it: %#", (at, { text }) => {
    const loaded = loadRules([{ file: "rules/sales.yaml", text }], known);
    expect(loaded.ok ? "" : loaded.problems.map((problem) => `${problemLine(problem)}\n`).join("")).toBe(
      blocks[at + 1]?.text,
    );
  });

  test("every condition of the table passes the check", () => {
    const table = guide.slice(guide.indexOf("| write | to ask |"), guide.indexOf("Put quotes around a line"));
    const lines = [...table.matchAll(/^\| `(.+?)` \|/gm)].map(([, line = ""]) => line.replace(/^"(.*)"$/, "$1"));
    expect(lines.length).toBeGreaterThan(8);
    const text = JSON.stringify({
      rewards: [{ id: "coffee", title: "Coffee", provider: "points", value: "1 point" }],
      rules: [{ id: "r", title: "T", on: "deal.won", where: lines, reward: { to: "owner", give: "coffee" } }],
    });
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("docs/rules-reference.md", () => {
  test("is what the declarations say; `npm run docs` writes it", () =>
    expect(read("docs/rules-reference.md")).toBe(rulesReference()));

  test("says something of every key and variable", () => {
    expect(
      rulesReference()
        .split("\n")
        .filter((line) => /\| *\.? *\|$/.test(line)),
    ).toEqual([]);
  });

  test("has each milestone that a rule can listen to", () => {
    expect(Object.keys(milestoneWords)).toEqual(expect.arrayContaining([...milestoneNames, "custom.<name>"]));
    expect(Object.keys(milestoneWords)).toHaveLength(milestoneNames.length + 1);
  });

  test("has every function, with an example that passes the check", () => {
    expect(functionWords.flatMap(({ names }) => names).sort()).toEqual([...functionNames].sort());
    expect(functionWords.filter(({ example }) => "faults" in compileExpression(example, "condition"))).toEqual([]);
  });
});

describe("rules/rules.schema.json", () => {
  const schema = z.fromJSONSchema(JSON.parse(read("rules/rules.schema.json")));
  const accepts = (text: string) => schema.safeParse(parse(text)).success;

  test("is what the declarations say; `npm run docs` writes it", () =>
    expect(read("rules/rules.schema.json")).toBe(rulesSchema()));

  test("accepts every rule file of rules/ and of the docs", async () => {
    const sources = await readRuleFiles(new URL("../../rules", import.meta.url).pathname);
    expect(sources.length).toBeGreaterThan(0);
    for (const { file, text } of sources) {
      expect([file, accepts(text)]).toEqual([file, true]);
      expect(text.split("\n")[0]).toMatch(/^# yaml-language-server: \$schema=(\.\.\/|\.\/)*rules\.schema\.json$/);
    }
    for (const { text } of files) expect([text, accepts(text)]).toEqual([text, true]);
  });

  const rule = (more: object) =>
    JSON.stringify({ rules: [{ id: "r", title: "T", on: "deal.won", reward: { to: "owner", give: "c" }, ...more }] });

  test("accepts what the reader accepts", () => expect(accepts(rule({}))).toBe(true));

  test.each<[object]>([
    [{ onse: "per deal" }],
    [{ id: "My Rule" }],
    [{ title: undefined }],
    [{ on: "deal.wonn" }],
    [{ mode: "shaddow" }],
    [{ hold: "14 dayz" }],
    [{ limits: ["3 per mouth"] }],
    [{ once: "per month" }],
    [{ approval: "finance" }],
    [{ clawback: "yes" }],
    [{ reward: { to: "ownr", give: "c" } }],
    [{ reward: { to: { owner: "70" }, give: "c" } }],
    [{ reward: { give: "c" } }],
    [{ notify: ["smss"] }],
    [{ metric: { name: "close_rate", of: "owner", over: "fortnight" } }],
  ])("refuses %j", (wrong) => expect(accepts(rule(wrong))).toBe(false));

  test.each([
    "rulse: []",
    "budgets: [{ id: b }]",
    "budgets: [{ id: b, amount: 100 EUR, alert: 8 }]",
    "tiers: [{ id: vip }]",
    "calendars: [{ id: c, days: workdays }]",
    "calendars: [{ id: c, hours: 9-18 }]",
    "rewards: [{ id: c, title: C, provider: points, value: free }]",
  ])("refuses %s", (wrong) => expect(accepts(wrong)).toBe(false));
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { loadRules } from "../../src/engine/index.ts";
import { milestoneNames, subjectKindOf } from "../../src/engine/subject-kinds.ts";
import { type Declared, isRecord, variables } from "../../src/engine/variables.ts";
import { isMilestoneType } from "../../src/events.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import { known, problemsOf } from "./known.ts";

const guide = readFileSync(new URL("../../docs/write-rules.md", import.meta.url), "utf8");
const blocks = [...guide.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));

const kinds: Record<string, string> = {
  string: "text",
  double: "number",
  bool: "true or false",
  dyn: "any",
  "map<string, dyn>": "any, by name",
};
const rowsOf = (path: string, declared: Declared): string[] =>
  isRecord(declared)
    ? Object.entries(declared.fields).flatMap(([name, field]) => rowsOf(`${path}.${name}`, field))
    : [`| \`${path}\` | ${kinds[declared.type]} | ${declared.about} |`];
const variablesTable = [
  "| name | kind | meaning |",
  "|---|---|---|",
  ...Object.entries<Declared>(variables).flatMap(([name, declared]) => rowsOf(name, declared)),
].join("\n");

describe("docs/write-rules.md", () => {
  const files = blocks.filter(({ kind, text }) => kind === "yaml" && /^(rules|rewards):/m.test(text));

  test("has examples", () => expect(files.length).toBeGreaterThanOrEqual(5));

  test.each(files.map(({ text }) => [text]))("the example loads: %#", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test("the mistake gives the messages that are printed below it", () => {
    const at = blocks.findIndex(({ kind }) => kind === "yaml mistake");
    const loaded = loadRules([{ file: "rules/sales.yaml", text: blocks[at]?.text ?? "" }], known);
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

  test("the table of variables is the one that expressions are checked with", () => {
    const [, table] = /<!-- variables:.*-->\n([\s\S]*?)\n?<!-- end of variables -->/.exec(guide) ?? [];
    expect(table).toBe(variablesTable);
  });

  test("the table of milestones has each one that a rule can listen to, with its record", () => {
    const table = guide.slice(guide.indexOf("| `deal.created` |"), guide.indexOf("Those that are *posted*"));
    const rows = [...table.matchAll(/^\| `(.+?)` \| (\w+) \|/gm)].map(([, name, record]) => [name, record]);
    const expected = milestoneNames.map((name) => [name, isMilestoneType(name) ? (subjectKindOf(name) ?? "any") : ""]);
    expect(rows).toEqual([...expected, ["custom.<name>", "any"]]);
  });
});

/** What an admin writes: rule files, and single conditions. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { compileExpression } from "../../src/engine/expression.ts";
import { factsOf } from "../../src/engine/facts.ts";
import { checkRules, createMatcher, type Known } from "../../src/engine/index.ts";
import { packageRoot } from "../../src/package-root.ts";
import { known } from "../../test/engine/known.ts";
import { contact, deal, situation } from "../../test/engine/situations.ts";
import { must, unpolluted } from "../sound.ts";
import type { Target } from "../target.ts";

const now = new Date("2026-11-23T09:30:00Z");
const readAll = (pattern: string) =>
  globSync(pattern, { cwd: packageRoot })
    .sort()
    .map((file) => readFileSync(path.join(packageRoot, file)));

const seen = [situation({ deal: deal(), contact: contact() }), situation({ deal: null, owner: null })];

/** All providers of rule books are known; their options are not the point here. */
const everything: Known = known;

const rules: Target = {
  name: "rules",
  samples: [
    ...readAll("rules/*.yaml"),
    ...readAll("rulebooks/*[!t].yaml"),
    ...readAll("test/engine/design-example.yaml"),
  ].filter((text) => !text.includes("tests:")),
  shape: "yaml",
  read(input) {
    const read = checkRules([{ file: "rules/1.yaml", text: input.toString("utf8") }], everything, now);
    if (!read.ok) {
      must(read.problems.length > 0, "refused without a problem");
      for (const { line, column, found, expected } of read.problems)
        must(line >= 1 && column >= 1 && found !== "" && expected !== "", "a problem without its place");
    } else {
      const matcher = createMatcher(read.book, "EUR");
      for (const one of seen) {
        const matched = matcher.match(one).map(({ rule }) => rule.id);
        const explained = matcher.explain(one).flatMap(({ rule, verdict }) => (verdict === "matched" ? [rule] : []));
        must(JSON.stringify(matched) === JSON.stringify(explained), "matched and explained differ");
      }
    }
    unpolluted();
  },
};

const conditions = rules.samples
  .flatMap(
    (text) => text.toString("utf8").match(/(?:deal|owner|contact|metric|company|customer|lead)\.[^\n#]{3,120}/g) ?? [],
  )
  .map((text) => Buffer.from(text.replace(/["'\]}]+\s*$/, "")));

const expressions: Target = {
  name: "expressions",
  samples: [
    ...conditions,
    Buffer.from('deal.amount >= 50000 && owner.team in ["EMEA", "DACH"]'),
    Buffer.from('has(contact.id) ? contact.lifecycle == "customer" : deal.fields.region.startsWith("N")'),
    Buffer.from('["a", "b"].exists(x, x == deal.stage) || deal.stage_days("proposal") < 3.0'),
  ],
  shape: "words",
  read(input) {
    for (const kind of ["condition", "amount"] as const) {
      const compiled = compileExpression(input.toString("utf8"), kind);
      if ("faults" in compiled) {
        must(compiled.faults.length > 0, "refused without a fault");
        continue;
      }
      for (const one of seen) {
        const result = compiled.evaluate(factsOf(one));
        if ("failed" in result) must(typeof result.failed() === "string", "failed without a reason");
      }
    }
    unpolluted();
  },
};

export const ruleTargets: readonly Target[] = [rules, expressions];

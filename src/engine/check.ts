import { inOrder } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import type { Known } from "./known.ts";
import { lints } from "./lints/index.ts";
import { rulesToLint } from "./lints/lint.ts";
import type { LoadedRules } from "./load.ts";
import { readBook } from "./read-book.ts";

/**
 * Loads rule files as `loadRules` does, and looks at what can be proved of them beyond that: each lint adds its warnings.
 * For people who write rules, not for a server that loads them. `now`: which windows lie in the past.
 */
export const checkRules = (files: readonly SourceFile[], known: Known, now: Date): LoadedRules => {
  const { findings, book, ruleSpots, budgetSpots } = readBook(files, known);
  if (!book) return { ok: false, problems: inOrder(findings.problems) };
  const given = { book, rules: rulesToLint(book, ruleSpots), budgetSpots, timeZone: known.timeZone, now };
  for (const lint of lints) lint(given);
  return { ok: true, book, warnings: inOrder(findings.warnings) };
};

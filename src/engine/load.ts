import { inOrder, type Problem } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import type { Known } from "./known.ts";
import { readBook } from "./read-book.ts";
import type { RuleBook } from "./rule-book.ts";

export type LoadedRules = { ok: true; book: RuleBook; warnings: Problem[] } | { ok: false; problems: Problem[] };

/** Reads and checks rule files. Reports every problem it can find, not only the first. Never throws for what an admin wrote. */
export const loadRules = (files: readonly SourceFile[], known: Known): LoadedRules => {
  const { findings, book } = readBook(files, known);
  return book
    ? { ok: true, book, warnings: inOrder(findings.warnings) }
    : { ok: false, problems: inOrder(findings.problems) };
};

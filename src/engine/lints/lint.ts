import type { Spot } from "../../yaml/yaml-source.ts";
import { type CompiledRule, compileRule } from "../compiled-rule.ts";
import type { Atom } from "../condition-atoms.ts";
import { atomsOf } from "../condition-atoms.ts";
import { itemsOf } from "../read-items.ts";
import type { Rule, RuleBook } from "../rule-book.ts";

/** A line of a `where`, as far as it compares paths with fixed values. */
export interface LineToLint {
  text: string;
  atoms: readonly Atom[];
  /** It says nothing but its atoms. */
  whole: boolean;
  spot: Spot;
}

export interface RuleToLint {
  rule: Rule;
  compiled: CompiledRule;
  spot: Spot;
  lines: readonly LineToLint[];
}

export interface ToLint {
  book: RuleBook;
  /** In the order of the book. */
  rules: readonly RuleToLint[];
  /** The place of each of `book.budgets`. */
  budgetSpots: readonly Spot[];
  /** The workspace's, IANA. */
  timeZone: string;
  now: Date;
}

/** Looks at rules that are right, and warns, at its place, of what was probably not meant. */
export type Lint = (given: ToLint) => void;

export const rulesToLint = (book: RuleBook, spots: readonly Spot[]): RuleToLint[] =>
  book.rules.flatMap((rule, index) => {
    const spot = spots[index];
    if (!spot) return [];
    const compiled = compileRule(rule);
    const places = itemsOf(spot.child("where"));
    const lines = compiled.lines.map(({ text, ast }, row) => ({ text, ...atomsOf(ast), spot: places[row] ?? spot }));
    return [{ rule, compiled, spot, lines }];
  });

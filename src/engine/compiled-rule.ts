import { compileExpression, type Expression } from "./expression.ts";
import type { RewardPart, Rule } from "./rule-book.ts";

/** A rule with its expressions ready to run and its window in milliseconds. */
export interface CompiledRule {
  rule: Rule;
  lines: readonly Expression[];
  parts: readonly { part: RewardPart; amount: Expression | null }[];
  fromMs: number;
  untilMs: number;
}

/** Compiles a rule of a checked book; throws only where the book was not checked. */
export const compileRule = (rule: Rule): CompiledRule => ({
  rule,
  lines: rule.where.map((text) => checked(rule, text, "condition")),
  parts: rule.parts.map((part) => ({
    part,
    amount: "expression" in part.value ? checked(rule, part.value.expression, "amount") : null,
  })),
  fromMs: rule.from === null ? Number.NEGATIVE_INFINITY : Date.parse(rule.from),
  untilMs: rule.until === null ? Number.POSITIVE_INFINITY : Date.parse(rule.until),
});

const checked = (rule: Rule, text: string, kind: "condition" | "amount"): Expression => {
  const compiled = compileExpression(text, kind);
  if ("faults" in compiled) throw new Error(`rule ${rule.id} was not checked before it was compiled`);
  return compiled;
};

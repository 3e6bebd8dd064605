import type { Situation } from "../situation.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import { compileExpression, type Expression } from "./expression.ts";
import { factsOf } from "./facts.ts";
import { holds } from "./line-trace.ts";
import type { Tier } from "./rule-book.ts";

export interface Tiers {
  /** Id of the first tier whose lines hold for the customer; null where none does, or where there is no customer. */
  tierOf(situation: Situation): string | null;
  /** The situation with `customer.tier` as this book has it. The same one where no rule asks for it. */
  fillIn(situation: Situation): Situation;
}

export const createTiers = (tiers: readonly Tier[], rules: readonly CompiledRule[]): Tiers => {
  const compiled = tiers.map(({ id, where }) => ({ id, lines: where.map(checked) }));
  const isRead = rules.some(({ lines, parts }) =>
    [...lines, ...parts.map(({ amount }) => amount)].some((each) => each?.paths.some(readsTier)),
  );
  const tierOf = (situation: Situation): string | null => {
    if (!situation.customer || compiled.length === 0) return null;
    const facts = factsOf(situation);
    return compiled.find(({ lines }) => lines.every((line) => holds(line, facts)))?.id ?? null;
  };
  return {
    tierOf,
    fillIn(situation) {
      if (!isRead || !situation.customer) return situation;
      return { ...situation, customer: { ...situation.customer, tier: tierOf(situation) } };
    },
  };
};

const readsTier = ({ steps: [root, field] }: Expression["paths"][number]) =>
  root === "customer" && (field === "tier" || field === undefined);

const checked = (text: string): Expression => {
  const compiled = compileExpression(text, "condition");
  if ("faults" in compiled) throw new Error(`the tier line ${text} was not checked before it was compiled`);
  return compiled;
};

import { formatMoney } from "../money.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import { divideMinor } from "./divide-money.ts";
import type { Facts } from "./facts.ts";
import type { MatchedPart } from "./matcher.ts";
import { partValue } from "./part-value.ts";

type Part = CompiledRule["parts"][number];

/** What each part of a rule is worth for a situation. */
export const matchedParts = ({ parts }: CompiledRule, facts: Facts): MatchedPart[] =>
  parts.map((each, index) => {
    const { part } = each;
    return { part, index, ...(part.split ? shareOf(each, parts, facts) : partValue(each, facts)) };
  });

const shareOf = (own: Part, parts: readonly Part[], facts: Facts): Pick<MatchedPart, "value" | "why"> => {
  const { split } = own.part;
  const whole = partValue(own, facts);
  if (!split || whole.value === null) return whole;
  const together = parts.filter(({ part }) => part.split?.entry === split.entry);
  const shares = divideMinor(
    whole.value.minor,
    together.map(({ part }) => part.split?.basisPoints ?? 0),
  );
  const minor = shares[together.indexOf(own)] ?? 0;
  if (minor > 0) return { value: { minor, currency: whole.value.currency } };
  return { value: null, why: `${split.basisPoints / 100}% of ${formatMoney(whole.value)} is nothing to give` };
};

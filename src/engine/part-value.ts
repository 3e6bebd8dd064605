import { formatMoney, type Money, moneyFromMajor } from "../money.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import type { Facts } from "./facts.ts";

/** What a part of a reward is worth for a situation: null, with the reason, where there is nothing to give. */
export const partValue = (
  { part, amount }: CompiledRule["parts"][number],
  facts: Facts,
): { value: Money } | { value: null; why: string } => {
  if ("fixed" in part.value) return { value: part.value.fixed };
  const { expression, currency, cap } = part.value;
  const result = amount?.evaluate(facts) ?? { failed: () => `${expression} was not compiled` };
  if ("failed" in result) return { value: null, why: result.failed() };
  const { value } = result;
  if (typeof value !== "number" && typeof value !== "bigint") {
    return { value: null, why: `${expression} gives something that is not a number` };
  }
  const money = moneyFromMajor(Number(value), currency);
  if (!money) return { value: null, why: `${expression} gives ${value}, which is no amount of money` };
  if (money.minor <= 0) {
    return { value: null, why: `${expression} gives ${value}, which is ${formatMoney(money)}: nothing to give` };
  }
  return { value: cap && money.minor > cap.minor ? cap : money };
};

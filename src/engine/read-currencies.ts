import { POINTS } from "../money.ts";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { countTogether, currencyInWords } from "./currency-fit.ts";
import type { Known } from "./known.ts";
import type { RewardPart } from "./rule-book.ts";

export const currencyOf = ({ value }: Pick<RewardPart, "value">): string =>
  "fixed" in value ? value.fixed.currency : value.currency;

/**
 * Reports an amount (of a budget, limit or approval) that the rewards of its rule cannot be counted against. Points beside
 * money are left out of an amount of money, and money beside points out of points; something must be left to count.
 */
export const checkCurrencies = (
  spot: Spot,
  currency: string,
  parts: readonly Pick<RewardPart, "value">[] | undefined,
  known: Known,
): void => {
  if (!parts) return;
  const given = [...new Set(parts.map(currencyOf))];
  const same = given.filter((each) => (each === POINTS) === (currency === POINTS));
  const strange = same.filter((each) => !countTogether(each, currency, known));
  if (same.length === 0) {
    spot.problem(
      `${inWords(spot.value)}, which counts ${currencyInWords(currency)}`,
      `an amount in ${given.map(currencyInWords).join(" or ")}, which the rule gives`,
    );
  } else if (strange.length > 0) {
    const [first = ""] = strange;
    spot.problem(
      `${inWords(spot.value)}, which counts ${currencyInWords(currency)}`,
      `an amount in ${first}, which the rule gives, or \`rates:\` for ${first} and ${currency} in accolade.yaml`,
    );
  }
};

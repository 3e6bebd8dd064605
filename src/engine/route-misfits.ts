import { formatMoney, type Money } from "../money.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import type { Known } from "./known.ts";
import type { Reward, Route } from "./rule-book.ts";

/** Warns at `spot` where a provider of the reward cannot supply this value, as far as its catalogue is known. */
export const warnOfMisfits = (spot: Spot, value: Money, { via }: Pick<Reward, "via">, known: Known): void => {
  const given = `\`${formatMoney(value)}\``;
  const takers = via.filter((route) => takes(route, value));
  if (takers.length === 0) spot.warning(given, "an amount that one of the providers in `via` takes");
  for (const { provider, options } of takers) {
    const misfit = known.providers.get(provider)?.misfit?.(options, value);
    if (misfit) spot.warning(given, `what \`${provider}\` can supply: as its catalogue said last, ${misfit}`);
  }
};

const takes = ({ currencies, atLeast, atMost }: Route, { minor, currency }: Money): boolean =>
  (!currencies || currencies.includes(currency)) &&
  (!atLeast || (atLeast.currency === currency && minor >= atLeast.minor)) &&
  (!atMost || (atMost.currency === currency && minor <= atMost.minor));

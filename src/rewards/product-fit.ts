import { formatMoney, type Money } from "../money.ts";
import type { Product } from "./provider.ts";

/**
 * Why these products cannot be supplied with this value, for who wrote the reward; undefined where each of them can.
 * `what`: what the vendor calls the id of a product.
 */
export const productMisfit = (
  ids: readonly string[],
  what: string,
  { minor, currency }: Money,
  catalog: readonly Product[],
): string | undefined => {
  for (const id of ids) {
    const offered = catalog.filter((product) => product.id === id);
    const [first] = offered;
    if (!first) return `${what} \`${id}\` is not in its catalogue`;
    const named = `${what} \`${id}\` (${first.name})`;
    const inCurrency = offered.filter((product) => product.currency === currency);
    if (inCurrency.length === 0)
      return `${named} is in ${[...new Set(offered.map((product) => product.currency))].join(", ")}, not in ${currency}`;
    if (!inCurrency.some(({ values }) => includes(values, minor)))
      return `${named} comes as ${inCurrency.map(valuesInWords).join(", ")}, not as ${formatMoney({ minor, currency })}`;
  }
  return undefined;
};

/** `10 EUR, 25 EUR or 50 EUR`, `5 EUR to 500 EUR`. */
export const valuesInWords = ({ values, currency }: Pick<Product, "values" | "currency">): string => {
  const money = (minor: number) => formatMoney({ minor, currency });
  if ("from" in values)
    return values.from === values.to ? money(values.from) : `${money(values.from)} to ${money(values.to)}`;
  const all = [...values.of].sort((a, b) => a - b).map(money);
  return all.length < 2 ? (all[0] ?? "nothing") : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
};

const includes = (values: Product["values"], minor: number): boolean =>
  "of" in values ? values.of.includes(minor) : minor >= values.from && minor <= values.to;

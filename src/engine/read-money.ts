import { exponentOf, type Money, POINTS, parseMoney } from "../money.ts";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";

/** What a provider can supply. */
export type Supplies = "points" | "money" | "both";

const examples: Record<Supplies, string> = {
  points: "points, such as `50 points`",
  money: "an amount of money, such as `100 EUR`",
  both: "an amount with its currency, such as `100 EUR` or `50 points`",
};

const onlyThose: Record<Supplies, string> = {
  points: "points: the provider of this reward supplies nothing else",
  money: "money: the provider of this reward does not supply points",
  both: "",
};

const suits = (currency: string, supplies: Supplies): boolean =>
  supplies === "both" || (currency === POINTS) === (supplies === "points");

/** An amount above zero that the provider can supply (any, where it is not known); otherwise a problem and undefined. */
export const readMoney = (spot: Spot, text: string, supplies: Supplies = "both"): Money | undefined => {
  const money = parseMoney(text);
  const expected = !money
    ? examples[supplies] + inCapitals(text)
    : money.minor === 0
      ? "an amount above zero"
      : undefined;
  if (money && !expected && suits(money.currency, supplies)) return money;
  spot.problem(inWords(text), expected ?? onlyThose[supplies]);
  return undefined;
};

const inCapitals = (text: string): string =>
  parseMoney(text.toUpperCase()) ? `; did you mean \`${text.toUpperCase()}\`?` : "";

/** `EUR`, or `points`; otherwise a problem and undefined. */
export const readCurrency = (spot: Spot, text: string, supplies: Supplies = "both"): string | undefined => {
  const currency = /^points?$/.test(text) ? POINTS : text;
  const exists = exponentOf(currency) !== undefined;
  if (exists && suits(currency, supplies)) return currency;
  const upper = text.toUpperCase();
  const near = exponentOf(upper) === undefined ? "" : `; did you mean \`${upper}\`?`;
  const expected = `a currency by its three letters, such as \`EUR\`, or \`points\`${near}`;
  spot.problem(inWords(text), exists ? onlyThose[supplies] : expected);
  return undefined;
};

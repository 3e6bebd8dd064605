import { POINTS } from "../money.ts";
import type { Known } from "./known.ts";

/** Whether amounts of the two currencies can be counted together: points only with points. */
export const countTogether = (a: string, b: string, { workspaceCurrency, convertible }: Known): boolean => {
  const hasRate = (currency: string) => currency === workspaceCurrency || convertible.has(currency);
  return a === b || (a !== POINTS && b !== POINTS && hasRate(a) && hasRate(b));
};

/** The currency of what a part gives. */
export const currencyInWords = (currency: string): string => (currency === POINTS ? "points" : currency);

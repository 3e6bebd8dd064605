import { exponentOf, type Money, POINTS } from "../../money.ts";

/** An amount as rules spell it, which `parseMoney` reads again: `5000 EUR`, `12.50 EUR`, `1 point`. No grouping. */
export const plainMoney = ({ minor, currency }: Money): string => {
  if (currency === POINTS) return `${minor} ${minor === 1 ? "point" : "points"}`;
  const exponent = exponentOf(currency) ?? 2;
  const digits = String(minor).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const decimals = digits.slice(digits.length - exponent);
  return `${whole}${/[1-9]/.test(decimals) ? `.${decimals}` : ""} ${currency}`;
};

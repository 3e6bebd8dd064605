/**
 * Money is a whole number of minor units plus an ISO 4217 code, with that currency's own exponent. Points are a currency
 * of ours, `PTS`, without decimals. No floats: a float never enters the ledger.
 */
export interface Money {
  /** Minor units (cents, yen, points). A safe integer. */
  readonly minor: number;
  /** ISO 4217, or `PTS`. */
  readonly currency: string;
}

export const POINTS = "PTS";

const exponents = new Map<string, number>();

/** Decimals of a currency: 2 for EUR, 0 for JPY and points, 3 for KWD. `undefined` for a code that nobody knows. */
export const exponentOf = (currency: string): number | undefined => {
  if (currency === POINTS) return 0;
  if (!/^[A-Z]{3}$/.test(currency) || !knownCurrencies.has(currency)) return undefined;
  let exponent = exponents.get(currency);
  if (exponent === undefined) {
    exponent =
      new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
    exponents.set(currency, exponent);
  }
  return exponent;
};

const knownCurrencies = new Set(Intl.supportedValuesOf("currency"));

/** `100 EUR`, `12.50 USD`, `50 points`. Anything else, more decimals than the currency has, or a negative: `undefined`. */
export const parseMoney = (text: string): Money | undefined => {
  const match = /^(\d{1,12})(?:\.(\d{1,4}))? ?(points?|[A-Z]{3})$/.exec(text.trim());
  if (!match) return undefined;
  const [, whole = "", decimals = "", unit = ""] = match;
  const currency = unit.startsWith("point") ? POINTS : unit;
  const exponent = exponentOf(currency);
  if (exponent === undefined || decimals.length > exponent) return undefined;
  return { minor: Number(whole + decimals.padEnd(exponent, "0")), currency };
};

/** From a computed amount in major units, rounded half away from zero to the currency's own unit. Not finite: `undefined`. */
export const moneyFromMajor = (major: number, currency: string): Money | undefined => {
  const exponent = exponentOf(currency);
  if (exponent === undefined || !Number.isFinite(major)) return undefined;
  // Through decimal text: 1.005 * 100 in floats is 100.49999999999999.
  const [mantissa = "0", power = "0"] = Math.abs(major).toExponential().split("e");
  const minor = Math.round(Number(`${mantissa}e${Number(power) + exponent}`));
  return Number.isSafeInteger(minor) ? { minor: major < 0 ? -minor : minor, currency } : undefined;
};

/** How many minor units a major one has: 100 for EUR, 1 for JPY and points. */
export const minorPerMajor = (currency: string): number => 10 ** (exponentOf(currency) ?? 2);

/** Major units, for expressions and templates only. */
export const majorOf = (money: Money): number => money.minor / minorPerMajor(money.currency);

/** For other programs: `1234.50`, `-3.00`, with all decimals of the currency and nothing else. */
export const decimalText = ({ minor, currency }: Money): string => {
  const exponent = exponentOf(currency) ?? 2;
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const sign = minor < 0 ? "-" : "";
  return exponent === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-exponent)}`;
};

/** For people, in their language: `€100.00` → here always without needless decimals: `100 EUR`, `12.50 EUR`, `50 points`. */
export const formatMoney = (money: Money, language = "en"): string => {
  const exponent = exponentOf(money.currency) ?? 2;
  const major = money.minor / 10 ** exponent;
  const decimals = Number.isInteger(major) ? 0 : exponent;
  const digits = new Intl.NumberFormat(language, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    useGrouping: true,
  }).format(major);
  if (money.currency !== POINTS) return `${digits} ${money.currency}`;
  if (language.startsWith("it")) return `${digits} ${money.minor === 1 ? "punto" : "punti"}`;
  return `${digits} ${money.minor === 1 ? "point" : "points"}`;
};

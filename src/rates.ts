/** Exchange rates as accolade.yaml gives them, dated, and exact conversion: decimal text in, whole minor units out. */
import { exponentOf, type Money, majorOf } from "./money.ts";

/** From this local calendar day (`YYYY-MM-DD`) on, one unit of the other currency is worth `rate` of the workspace's. */
export interface DatedRate {
  from: string;
  rate: number;
}

/** By ISO 4217 code: one rate for all time, or rates with the day from which each is in force, oldest first. */
export type Rates = Readonly<Record<string, number | readonly DatedRate[]>>;

export interface Exchange {
  /** ISO 4217: what amounts are turned into. */
  currency: string;
  rates: Rates;
}

/**
 * The rate in force on a local calendar day; days before the first dated rate take that one. 1 for the workspace's own
 * currency. Undefined where there is no rate.
 */
export const rateOn = ({ currency, rates }: Exchange, of: string, day: string): number | undefined => {
  if (of === currency) return 1;
  const rate = Object.hasOwn(rates, of) ? rates[of] : undefined;
  if (rate === undefined || typeof rate === "number") return rate;
  return (rate.findLast((each) => each.from <= day) ?? rate[0])?.rate;
};

/**
 * An amount in major units of `from`, in minor units of the workspace's currency at the day's rate, rounded half away from
 * zero. Null where no rate is known, or where it does not fit a safe integer. `from` null: the workspace's own currency.
 */
export const exchanged = (exchange: Exchange, amount: number, from: string | null, day: string): number | null => {
  const rate = rateOn(exchange, from ?? exchange.currency, day);
  const exponent = exponentOf(exchange.currency);
  if (rate === undefined || exponent === undefined || !Number.isFinite(amount)) return null;
  const [a, b] = [decimal(amount), decimal(rate)];
  const scale = a.scale + b.scale - exponent;
  const digits = a.digits * b.digits;
  const minor = scale > 0 ? halfAway(digits, 10n ** BigInt(scale)) : digits * 10n ** BigInt(-scale);
  const whole = Number(minor);
  return Number.isSafeInteger(whole) ? whole : null;
};

/** The same in major units, for rules and messages. */
export const exchangedMajor = (
  exchange: Exchange,
  amount: number,
  from: string | null,
  day: () => string,
): number | null => {
  if (from === null || from === exchange.currency) return amount;
  const minor = exchanged(exchange, amount, from, day());
  return minor === null ? null : majorOf({ minor, currency: exchange.currency } satisfies Money);
};

/** A number as the decimal that it is written as: digits × 10^-scale. */
const decimal = (value: number): { digits: bigint; scale: number } => {
  const [mantissa = "0", power = "0"] = value.toExponential().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(power) };
};

const halfAway = (digits: bigint, by: bigint): bigint => {
  const sign = digits < 0n ? -1n : 1n;
  return (sign * (2n * sign * digits + by)) / (2n * by);
};

/** The numbers between two bounds, each of which belongs to it or not. */
export interface Interval {
  low: number;
  /** Whether `low` itself belongs to it. */
  withLow: boolean;
  high: number;
  withHigh: boolean;
}

export const everyNumber: Interval = {
  low: Number.NEGATIVE_INFINITY,
  withLow: true,
  high: Number.POSITIVE_INFINITY,
  withHigh: true,
};

/** What `value <sign> bound` leaves. */
export const intervalOf: Record<"<" | "<=" | ">" | ">=", (bound: number) => Interval> = {
  "<": (bound) => ({ ...everyNumber, high: bound, withHigh: false }),
  "<=": (bound) => ({ ...everyNumber, high: bound }),
  ">": (bound) => ({ ...everyNumber, low: bound, withLow: false }),
  ">=": (bound) => ({ ...everyNumber, low: bound }),
};

/** Whether a value of any kind is a number inside. NaN is in no interval, as in CEL. */
export const isInside = ({ low, withLow, high, withHigh }: Interval, value: unknown): boolean =>
  typeof value === "number" && (withLow ? value >= low : value > low) && (withHigh ? value <= high : value < high);

/** The numbers that are in both. There may be none: its `low` is then above its `high`, or at it without both. */
export const overlap = (a: Interval, b: Interval): Interval => {
  const low = Math.max(a.low, b.low);
  const high = Math.min(a.high, b.high);
  return {
    low,
    withLow: (a.low < low || a.withLow) && (b.low < low || b.withLow),
    high,
    withHigh: (a.high > high || a.withHigh) && (b.high > high || b.withHigh),
  };
};

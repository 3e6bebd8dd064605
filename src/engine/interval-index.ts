/**
 * Finds the intervals that a number lies in, at a cost of log(intervals) plus one step for each that is found. A segment
 * tree: the bounds cut the numbers into slots (each bound, and each gap beside it), an interval is kept at the few nodes
 * that cover its slots, and a number finds what is kept on its way from its slot to the root. A sorted list would do for
 * thresholds of one direction, but not for bands such as `deal.amount >= 1000 && deal.amount < 2000`.
 */
import type { Interval } from "./interval.ts";

export interface IntervalIndex<T> {
  /** The items whose interval the value lies in, each once, as lists in no order; none for what is no number. */
  around(value: unknown): readonly (readonly T[])[];
}

export const createIntervalIndex = <T>(items: readonly (readonly [T, Interval])[]): IntervalIndex<T> => {
  const bounds = Float64Array.from(new Set(items.flatMap(([, { low, high }]) => [low, high]))).sort();
  // the bound at index i has slot 2i + 1, the gap below it 2i, and the gap above it 2i + 2
  const slots = 2 * bounds.length + 1;
  const slotOf = (value: number): number => {
    const index = firstNotBelow(bounds, value);
    return bounds[index] === value ? 2 * index + 1 : 2 * index;
  };

  // the children of node n are 2n and 2n + 1; slot s is the leaf `slots + s`
  const nodes: T[][] = Array.from({ length: 2 * slots }, () => []);
  for (const [item, { low, withLow, high, withHigh }] of items) {
    let left = slots + slotOf(low) + (withLow ? 0 : 1);
    let right = slots + slotOf(high) + (withHigh ? 1 : 0);
    for (; left < right; left >>= 1, right >>= 1) {
      if (left & 1) nodes[left++]?.push(item);
      if (right & 1) nodes[--right]?.push(item);
    }
  }

  return {
    around(value) {
      const found: T[][] = [];
      if (typeof value !== "number" || Number.isNaN(value)) return found;
      for (let node = slots + slotOf(value); node > 0; node >>= 1) {
        const kept = nodes[node];
        if (kept && kept.length > 0) found.push(kept);
      }
      return found;
    },
  };
};

/** The index of the first bound that is not below the value; bounds ascend. */
const firstNotBelow = (bounds: Float64Array, value: number): number => {
  let [from, to] = [0, bounds.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((bounds[middle] ?? 0) < value) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Durations: their sum for the mean, and how many lasted how many whole days for the median. */
import type { Collector, Subject } from "./contribution.ts";
import type { Read, Sums } from "./metric.ts";

const DAY_MS = 86_400_000;

/** Adds `<series>_ms` and a histogram `<series>`, on the day that it ended. `key` tells stages apart. */
export const addDuration = (
  into: Collector,
  series: string,
  day: string,
  ms: number,
  subjects: readonly Subject[],
  key = "",
): void => {
  const lasted = Math.max(0, ms);
  into.add(series, day, 1, subjects, { key: `${key}\t${Math.floor(lasted / DAY_MS)}` });
  into.add(`${series}_ms`, day, lasted, subjects, { key });
};

export const durationReads = (series: string): Record<string, Read> => ({
  [series]: { series, over: "window" },
  [`${series}_ms`]: { series: `${series}_ms`, over: "window" },
});

/** Days that those of this key (any, where it is null) took: the mean with decimals, the median of whole days. */
export const daysOf = (sums: Sums, series: readonly string[], stat: string, key: string | null) => {
  const buckets = new Map<number, number>();
  let [count, ms] = [0, 0];
  for (const each of series) {
    for (const [text, n] of sums.keys(each)) {
      const [of, bucket] = text.split("\t");
      if (key !== null && of !== key) continue;
      buckets.set(Number(bucket), (buckets.get(Number(bucket)) ?? 0) + n);
      count += n;
    }
    for (const [of, n] of sums.keys(`${each}_ms`)) if (key === null || of === key) ms += n;
  }
  if (count === 0) return { value: null, sample: 0 };
  return { value: stat === "median" ? median(buckets, count) : ms / count / DAY_MS, sample: count };
};

const median = (buckets: ReadonlyMap<number, number>, count: number): number => {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const at = (rank: number) => {
    let seen = 0;
    for (const [bucket, n] of sorted) {
      seen += n;
      if (seen > rank) return bucket;
    }
    return 0;
  };
  return (at(Math.floor((count - 1) / 2)) + at(Math.floor(count / 2))) / 2;
};

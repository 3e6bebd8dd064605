import type { Batch } from "./contender.ts";

export interface Measured {
  /** Events per second, the median of the runs. */
  rate: number;
  runs: number[];
  /** How many events each run decided at least. */
  events: number;
  /** Of the first events, as many as were decided: the ids of the rules that match, sorted. */
  decisions: string[][];
}

/**
 * Decides events in their order, from the first one again in each run, until all are decided or the time of a run is up. One
 * run more goes ahead and is not counted: it warms up and its decisions are kept.
 */
export const measure = async (
  batch: Batch,
  { events, together, runs, msPerRun }: { events: number; together: number; runs: number; msPerRun: number },
): Promise<Measured> => {
  const decisions: string[][] = [];
  const run = async (keep: boolean) => {
    const started = performance.now();
    let done = 0;
    while (done < events && performance.now() - started < msPerRun) {
      const end = Math.min(events, done + together);
      const decided = await batch.decide(done, end);
      if (keep) decisions.push(...decided.map((ids) => ids.toSorted()));
      done = end;
    }
    return { done, rate: (done * 1_000) / (performance.now() - started) };
  };
  await run(true);
  const counted = [];
  for (let index = 0; index < runs; index++) counted.push(await run(false));
  const rates = counted.map(({ rate }) => rate);
  return {
    rate: median(rates),
    runs: rates,
    events: Math.min(decisions.length, ...counted.map(({ done }) => done)),
    decisions,
  };
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

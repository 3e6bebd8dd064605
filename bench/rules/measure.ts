import type { Batch } from "./contender.ts";

export interface Entrant {
  batch: Batch;
  /** How many events it is given at once. */
  together: number;
}

export interface Measured {
  /** Events per second by the clock: the median of the runs. */
  rate: number;
  /** Events per second of processor time, of all threads: says more on a machine that does other things, too. */
  cpuRate: number;
  /** The rates of each run, by the clock. */
  runs: number[];
  /** How many events each run decided at least. */
  events: number;
  /** Of the first events, as many as were decided: the ids of the rules that match, sorted. */
  decisions: string[][];
}

/**
 * Decides events in their order, from the first one again in each run, until all are decided or the time of a run is up. All
 * take turns, so that a busy moment of the machine falls on each. One round goes ahead and is not counted: it warms up, and its
 * decisions are kept.
 */
export const measure = async (
  entrants: readonly Entrant[],
  { events, runs, msPerRun }: { events: number; runs: number; msPerRun: number },
): Promise<Measured[]> => {
  const tallies = entrants.map((entrant) => ({ entrant, decisions: [] as string[][], counted: [] as Run[] }));
  for (const { entrant, decisions } of tallies) {
    await run(entrant, events, msPerRun, (decided) => decisions.push(...decided.map((ids) => ids.toSorted())));
  }
  for (let round = 0; round < runs; round++) {
    for (const { entrant, counted } of tallies) counted.push(await run(entrant, events, msPerRun, () => {}));
  }
  return tallies.map(({ decisions, counted }) => ({
    rate: median(counted.map(({ done, ms }) => (done * 1_000) / ms)),
    cpuRate: median(counted.map(({ done, cpuMs }) => (done * 1_000) / cpuMs)),
    runs: counted.map(({ done, ms }) => (done * 1_000) / ms),
    events: Math.min(decisions.length, ...counted.map(({ done }) => done)),
    decisions,
  }));
};

interface Run {
  done: number;
  ms: number;
  cpuMs: number;
}

const run = async (
  { batch, together }: Entrant,
  events: number,
  msPerRun: number,
  keep: (decided: string[][]) => void,
): Promise<Run> => {
  globalThis.gc?.(); // else this one pays for what the one before left behind
  const cpu = process.cpuUsage();
  const started = performance.now();
  let done = 0;
  while (done < events && performance.now() - started < msPerRun) {
    const end = Math.min(events, done + together);
    keep(await batch.decide(done, end));
    done = end;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { done, ms: performance.now() - started, cpuMs: (user + system) / 1_000 };
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

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
 * First each entrant decides all events once, or as many as it can in `msPerRun`: its decisions are kept, and it warms up. Then
 * come the runs, each as long, with the events over and over. All take turns, so that a busy moment of the machine falls on each.
 */
export const measure = async (
  entrants: readonly Entrant[],
  { events, runs, msPerRun }: { events: number; runs: number; msPerRun: number },
): Promise<Measured[]> => {
  const tallies = entrants.map((entrant) => ({ entrant, decisions: [] as string[][], counted: [] as Run[] }));
  for (const { entrant, decisions } of tallies) {
    await run(entrant, events, msPerRun, (decided) => {
      decisions.push(...decided.map((ids) => ids.toSorted()));
      return decisions.length < events;
    });
  }
  for (let round = 0; round < runs; round++) {
    for (const { entrant, counted } of tallies) counted.push(await run(entrant, events, msPerRun, () => true));
  }
  return tallies.map(({ decisions, counted }) => ({
    rate: median(counted.map(({ done, ms }) => (done * 1_000) / ms)),
    cpuRate: median(counted.map(({ done, cpuMs }) => (done * 1_000) / cpuMs)),
    runs: counted.map(({ done, ms }) => (done * 1_000) / ms),
    events: Math.min(...counted.map(({ done }) => done)),
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
  goOn: (decided: string[][]) => boolean,
): Promise<Run> => {
  globalThis.gc?.(); // else this one pays for what the one before left behind
  const cpu = process.cpuUsage();
  const started = performance.now();
  let done = 0;
  let more = true;
  while (more && performance.now() - started < msPerRun) {
    const start = done % events;
    const end = Math.min(events, start + together);
    more = goOn(await batch.decide(start, end));
    done += end - start;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { done, ms: performance.now() - started, cpuMs: (user + system) / 1_000 };
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

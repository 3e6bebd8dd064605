/**
 * Reads one bad input after the other. Before each it says, in memory that it shares, which one: should it never come back
 * from it, the process that watches knows.
 */
import { parentPort, workerData } from "node:worker_threads";
import { mutate } from "./mutate.ts";
import { chanceOf } from "./random.ts";
import { brokenTargets } from "./targets/broken.ts";

export interface Work {
  seed: number;
  /** Names; empty: all. */
  targets: readonly string[];
  /** One input alone, by its number. */
  only: number | null;
  /** From this number on. */
  from: number;
  /** The number of the first that is not tried any more. */
  most: number;
  /** From when all readers are loaded. */
  forMs: number;
  /** Number of the input under work, and when it began (milliseconds, of one clock for all threads). */
  shared: SharedArrayBuffer;
}

export type Said =
  | { what: "failed"; target: string; at: number; error: string; input: string }
  | { what: "done"; inputs: number; counts: Record<string, number> };

const { seed, targets, only, from, most, forMs, shared } = workerData as Work;
const place = new Float64Array(shared);
const say = (said: Said) => parentPort?.postMessage(said);

const isChosen = ({ name }: { name: string }) => targets.includes(name);
const broken = brokenTargets.filter(isChosen);
const all = broken.length > 0 ? broken : (await import("./targets/index.ts")).allTargets();
const chosen = targets.length === 0 ? all : all.filter(isChosen);
const untilMs = Date.now() + forMs;
const counts: Record<string, number> = {};
let at = only ?? from;
for (; only === null ? at < most && Date.now() < untilMs : at === only; at++) {
  // each in turn, so that a short run has met them all
  const target = chosen[at % chosen.length];
  if (!target) break;
  const input = mutate(target, chanceOf(seed, target.name, at));
  place[0] = at;
  place[1] = Date.now();
  try {
    await target.read(input);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say({ what: "failed", target: target.name, at, error: text, input: input.toString("base64") });
  }
  place[1] = 0;
  counts[target.name] = (counts[target.name] ?? 0) + 1;
}
say({ what: "done", inputs: at - (only ?? from), counts });

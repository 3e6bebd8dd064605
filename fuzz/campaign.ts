/** Runs the fuzzer under a watch: an input that takes more than a second of work, or never comes back, is a hang. */
import path from "node:path";
import { Worker } from "node:worker_threads";
import type { Said, Work } from "./fuzz-process.ts";

export interface Failure {
  target: string;
  at: number;
  error: string;
  /** Base64. */
  input: string;
}

export interface Campaign {
  seed: number;
  seconds: number;
  targets?: readonly string[];
  only?: number | null;
  /** At most so many inputs. */
  most?: number;
  /** Called for each failure as it is found. */
  on?(failure: Failure): void;
}

export interface Outcome {
  inputs: number;
  counts: Record<string, number>;
  failures: Failure[];
}

const HANG_MS = 1_000;
/** It does nothing, and never comes back. */
const WAITED_MS = 30_000;

type Ran = { said: Said[]; hung: number | null };

const run = (work: Omit<Work, "shared">, on: (said: Said) => void): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const shared = new SharedArrayBuffer(16);
    const place = new Float64Array(shared);
    const worker = new Worker(path.join(import.meta.dirname, "fuzz-process.ts"), {
      workerData: { ...work, shared } satisfies Work,
    });
    const said: Said[] = [];
    let hung: number | null = null;
    // a machine that is busy with other things makes everything slow: what counts is the time that it worked on the input
    let begun = { at: -1, cpuMs: 0 };
    const look = async () => {
      const [at = 0, since = 0] = place;
      if (since === 0 || Date.now() - since < HANG_MS) return;
      const { user, system } = await worker.cpuUsage();
      const cpuMs = (user + system) / 1_000;
      if (place[0] !== at || place[1] !== since) return;
      if (begun.at !== at) begun = { at, cpuMs };
      if (cpuMs - begun.cpuMs < HANG_MS && Date.now() - since < WAITED_MS) return;
      hung = at;
      await worker.terminate();
    };
    const watch = setInterval(() => void look().catch(() => {}), 100);
    worker.on("message", (message: Said) => {
      said.push(message);
      on(message);
    });
    worker.on("error", reject);
    worker.on("exit", () => {
      clearInterval(watch);
      resolve({ said, hung });
    });
  });

export const campaign = async ({
  seed,
  seconds,
  targets = [],
  only = null,
  most = Number.POSITIVE_INFINITY,
  on,
}: Campaign): Promise<Outcome> => {
  const outcome: Outcome = { inputs: 0, counts: {}, failures: [] };
  const endMs = Date.now() + seconds * 1_000;
  const fail = (failure: Failure) => {
    outcome.failures.push(failure);
    on?.(failure);
  };
  const hear = (said: Said) => {
    if (said.what === "failed") return fail(said);
    outcome.inputs += said.inputs;
    for (const [name, count] of Object.entries(said.counts)) outcome.counts[name] = (outcome.counts[name] ?? 0) + count;
  };
  let from = 0;
  for (;;) {
    const { hung } = await run({ seed, targets, only, from, most, forMs: Math.max(0, endMs - Date.now()) }, hear);
    if (hung === null) return outcome;
    fail({ target: "(by its number)", at: hung, error: `not done within ${HANG_MS} ms`, input: "" });
    outcome.inputs += hung - from + 1;
    from = hung + 1;
    if (only !== null || Date.now() > endMs) return outcome;
  }
};

/** A campaign: one run after another, each with a fault and a seed of its own, and one line for each. */
import { chmod, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { Fault } from "./fault.ts";
import { faults } from "./kinds/index.ts";
import { oneRun, type Ran } from "./one-run.ts";
import { startShared } from "./stage/postgres.ts";

export interface Asked {
  runs: number;
  /** The first run has this seed, the next one the next. */
  seed: number;
  /** Ids of faults; empty: every one that can be had here, in turn. */
  only: readonly string[];
  /** Where the evidence of failures is kept. */
  folder: string;
  /** Runs at once. */
  atOnce: number;
  print(line: string): void;
}

/** Every run, in the order in which they ended. */
export const campaign = async ({ runs, seed, only, folder, atOnce, print }: Asked): Promise<Ran[]> => {
  const chosen: Fault[] = [];
  for (const fault of faults.filter(({ id }) => only.length === 0 || only.includes(id))) {
    const missing = await fault.missing?.();
    if (missing) print(`left out: ${fault.id}: ${missing}`);
    else chosen.push(fault);
  }
  if (chosen.length === 0) return [];
  await mkdir(folder, { recursive: true });
  // where we are root, PostgreSQL runs as somebody else, who must be able to enter
  await chmod(folder, 0o755);
  const shared = await startShared(folder);
  const done: Ran[] = [];
  let next = 0;
  const lane = async () => {
    while (next < runs) {
      const turn = next++;
      const fault = chosen[turn % chosen.length];
      if (!fault) return;
      const ran = await oneRun(fault, { seed: seed + turn, shared, parent: folder });
      done.push(ran);
      for (const line of linesOf(ran)) print(line);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, lane));
  } finally {
    await shared.close();
  }
  if (done.every(({ differences }) => differences.length === 0)) await rm(folder, { recursive: true, force: true });
  return done;
};

const linesOf = ({ fault, seed, ms, accepted, again, compared, differences, evidence }: Ran): string[] => {
  const messages = [...(compared?.messages ?? [])].map(([state, count]) => `${count} ${state}`).join(" ");
  const seen = [
    `seed ${seed}`.padEnd(12),
    fault.padEnd(17),
    `${accepted} accepted (${again} again)`.padEnd(26),
    `${compared?.granted ?? "?"} of ${compared?.expected ?? "?"} grants`.padEnd(18),
    `${compared?.orders ?? "?"} orders`.padEnd(10),
    `messages: ${messages}`,
  ];
  if (differences.length === 0) return [`ok    ${seen.join(" ")}, ${(ms / 1_000).toFixed(1)} s`];
  return [
    `WRONG ${seen.join(" ")}, ${(ms / 1_000).toFixed(1)} s`,
    ...differences.map((line) => `      ${line.replaceAll("\n", "\n      ")}`),
    `      again: npm run faults -- --only ${fault} --seed ${seed} --runs 1`,
    `      logs: ${path.relative(process.cwd(), evidence ?? "") || "."}`,
  ];
};

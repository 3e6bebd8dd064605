/** What every bench says of the machine, and where its figures are kept. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, platform, release, totalmem } from "node:os";
import path from "node:path";

export type Form = "whole" | "short";

const machine = {
  cpu: cpus()[0]?.model ?? "an unknown processor",
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()}`,
  node: process.version,
};

/** One line about the machine and the versions, as the head of a bench's output. */
export const machineLine = (postgres: string): string =>
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, Node.js ${machine.node}, PostgreSQL ${postgres}`;

/** Writes `bench/results/<name>.json`. Gives its path from here. */
export const keep = (name: string, results: unknown): string => {
  const folder = path.join(import.meta.dirname, "../results");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`);
  return path.relative(process.cwd(), file);
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** The value that this share of the values do not exceed. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
};

export const digits = (value: number): string => Math.round(value).toLocaleString("en");

/** `npm run bench -- rules`: runs the benchmarks that are named, or all of them. `--short` is the form for CI. */

import { accept } from "./accept/index.ts";
import { run as backtest } from "./backtest/index.ts";
import { drain } from "./drain/index.ts";
import { growth } from "./growth/index.ts";
import { journey } from "./journey/index.ts";
import { memory } from "./memory/index.ts";
import { run as metrics } from "./metrics/index.ts";
import { rules } from "./rules/index.ts";
import { start } from "./start/index.ts";

const benches: Record<string, (form: "whole" | "short") => Promise<unknown>> = {
  rules,
  accept,
  backtest,
  drain,
  journey,
  start,
  memory,
  growth,
  metrics: (form) => metrics({ short: form === "short" }),
};

const words = process.argv.slice(2);
const form = words.includes("--short") ? "short" : "whole";
const names = words.filter((word) => word !== "--short" && !/^--\w+=/.test(word));
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`found \`${unknown.join(" ")}\`, expected a benchmark: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of names.length > 0 ? names : Object.keys(benches)) await benches[name]?.(form);
}

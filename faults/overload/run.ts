/** `npm run overload`: ten times the rate that can be decided, for a minute; then the backlog is worked off. */
import { overload } from "./overload.ts";

const short = process.argv.includes("--short");
const { problems } = await overload(
  short ? { burstMs: 500, loadMs: 4_000, mostWaiting: 500 } : { burstMs: 3_000, loadMs: 60_000, mostWaiting: 10_000 },
  (line) => console.log(line),
);
for (const problem of problems) console.log(`WRONG ${problem}`);
if (problems.length > 0) process.exitCode = 1;

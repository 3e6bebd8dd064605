/** Programs of the machine that some tests need. Without one a developer's run leaves those tests out; CI fails instead. */
import { existsSync } from "node:fs";

const find = (places: readonly string[]) => places.find((place) => existsSync(place));

export const redisProgram = find([
  "/usr/bin/redis-server",
  "/usr/local/bin/redis-server",
  "/opt/homebrew/bin/redis-server",
]);
export const chromiumProgram = find(["/usr/bin/chromium"]);

/** What a run left out, one line each: the last thing that `npm test` says. */
export const leftOut = (): string[] => [
  ...(redisProgram ? [] : ["Skipped: the tests with Redis. To run them: apt-get install redis-server"]),
  ...(chromiumProgram ? [] : ["Skipped: the tests in a browser. To run them: apt-get install chromium"]),
];

/** Whether to run tests that need `program`. Throws in CI, where nothing may be left out. */
export const atHand = (program: string | undefined, what: string): boolean => {
  if (!program && process.env.CI) throw new Error(`CI needs ${what}: apt-get install ${what}`);
  return program !== undefined;
};

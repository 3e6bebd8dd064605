/** The short form of `npm run faults`: some of its faults, with a seed of its own. A failure prints how to replay it. */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { campaign } from "../../faults/campaign.ts";
import { faultsPage } from "../../scripts/faults-page.ts";
import { packageRoot } from "../../src/package-root.ts";
import { redisAtHand } from "../support/redis.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "accolade-faults-"));
  // as root, PostgreSQL runs as somebody else, who must be able to enter
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 100_000);

const keepsEveryPromise = async (...only: string[]) => {
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  const ran = await campaign({ runs: only.length, seed, only, folder: path.join(folder, "runs"), atOnce: 1, print });
  expect(printed.filter((line) => !line.startsWith("ok"))).toEqual([]);
  expect(ran.map(({ fault }) => fault).sort()).toEqual(only.toSorted());
  for (const { compared } of ran) expect(compared?.granted).toBeGreaterThan(10);
};

test(
  `killed servers and cut connections lose nothing and pay nothing twice (FAULTS_SEED=${seed})`,
  () => keepsEveryPromise("kill-in-trouble", "cut-connections"),
  300_000,
);

(redisAtHand() ? test : test.skip)(
  `three processes of each role, killed at random, give what one gives (FAULTS_SEED=${seed})`,
  () => keepsEveryPromise("roles"),
  300_000,
);

test("docs/faults.md lists every fault", async () =>
  expect(await readFile(path.join(packageRoot, "docs", "faults.md"), "utf8")).toBe(faultsPage()));

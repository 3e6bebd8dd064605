/** The short form of `npm run faults`: some of its faults, each with a seed of its own. A failure prints how to replay it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
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
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 100_000);
const only = ["kill-in-trouble", "cut-connections", ...(redisAtHand() ? ["roles"] : [])];

test(`nothing is lost or paid twice (FAULTS_SEED=${seed})`, async () => {
  const printed: string[] = [];
  const ran = await campaign({ runs: only.length, seed, only, folder, atOnce: 1, print: (line) => printed.push(line) });
  expect(printed.filter((line) => !line.startsWith("ok"))).toEqual([]);
  expect(ran.map(({ fault }) => fault).sort()).toEqual(only.toSorted());
  for (const { compared } of ran) expect(compared?.granted).toBeGreaterThan(10);
}, 180_000);

test("docs/faults.md lists every fault", async () =>
  expect(await readFile(path.join(packageRoot, "docs", "faults.md"), "utf8")).toBe(faultsPage()));

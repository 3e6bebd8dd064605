import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { aloneIn } from "../../src/db/folder-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "accolade-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("one at a time, and nothing is left behind, also where the work fails", async () => {
  let inside = 0;
  const seen: number[] = [];
  const one = (fails: boolean) =>
    aloneIn(folder, async () => {
      seen.push(++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (fails) throw new Error("on the way");
    });
  const ended = await Promise.allSettled([one(false), one(true), one(false), one(true)]);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
  expect(seen).toEqual([1, 1, 1, 1]);
  expect(await readdir(folder)).toEqual([]);
});

test("the lock of a process that died holds nobody up, also where its number is used again", async () => {
  await writeFile(path.join(folder, "lock"), "999999999 1 0.5");
  expect(await aloneIn(folder, async () => "in")).toBe("in");
  await writeFile(path.join(folder, "lock"), `${process.pid} 1 0.5`);
  expect(await aloneIn(folder, async () => "in")).toBe("in");
});

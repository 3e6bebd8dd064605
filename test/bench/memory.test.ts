import { expect, test } from "@jest/globals";
import { memory } from "../../bench/memory/index.ts";

test("the memory of a server is seen idle, while it takes webhooks, and while it decides; no size is asserted", async () => {
  const { idle, accept, drain } = await memory("short", () => {});
  expect(drain.map(({ events }) => events)).toEqual([1_000]);
  for (const megabytes of [...idle, ...accept, ...drain.flatMap(({ highest }) => highest)])
    expect(megabytes).toBeGreaterThan(10);
  expect(accept[0]).toBeGreaterThanOrEqual(idle[0] ?? 0);
}, 240_000);

import { expect, test } from "@jest/globals";
import { start } from "../../bench/start/index.ts";

test("`npm start` is ready, takes a webhook, and finds it again the next time; no time is asserted", async () => {
  const { first, again, deliveries } = await start("short", () => {});
  expect([first.length, again.length]).toEqual([1, 1]);
  expect(deliveries).toEqual([[1, 2]]);
}, 240_000);

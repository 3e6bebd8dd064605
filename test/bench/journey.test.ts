import { expect, test } from "@jest/globals";
import { journey } from "../../bench/journey/index.ts";
import { redisAtHand } from "../support/redis.ts";

test("each webhook becomes one order and one message, on either queue; no time is asserted", async () => {
  const results = await journey("short", () => {});
  expect(results.map(({ queue }) => queue)).toEqual(redisAtHand() ? ["PostgreSQL", "Redis"] : ["PostgreSQL"]);
  for (const { delivered, p50, p99 } of results) {
    expect(delivered).toBeGreaterThanOrEqual(50);
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
  }
}, 120_000);

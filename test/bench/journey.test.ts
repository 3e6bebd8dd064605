import { expect, test } from "@jest/globals";
import { journey } from "../../bench/journey/index.ts";

test("each webhook becomes one order and one message; no time is asserted", async () => {
  const results = await journey("short", () => {});
  expect(results.map(({ queue }) => queue)).toEqual(["PostgreSQL"]);
  for (const { delivered, p50, p99 } of results) {
    expect(delivered).toBeGreaterThanOrEqual(50);
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
  }
}, 240_000);

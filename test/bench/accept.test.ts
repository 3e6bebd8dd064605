import { expect, test } from "@jest/globals";
import { accept } from "../../bench/accept/index.ts";

test("what is answered is stored, by us and by the floor, in each shape; no time is asserted", async () => {
  const printed: string[] = [];
  const results = await accept("short", (line) => printed.push(line));
  expect(results.map(({ shape }) => shape)).toEqual([
    "HubSpot, 1 event",
    "HubSpot, 100 events",
    "Salesforce, 1 notification",
    "Salesforce, 100 notifications",
  ]);
  for (const { answered, stored } of results) {
    expect(answered).toBeGreaterThan(0);
    expect(stored).toBe(answered);
  }
  expect(printed.filter((line) => line.endsWith("answered and stored"))).toHaveLength(4);
}, 180_000);

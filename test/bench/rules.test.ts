import { expect, test } from "@jest/globals";
import { rules } from "../../bench/rules/index.ts";

test("our engine, json-rules-engine and ZEN decide alike on the same rules and events", async () => {
  const printed: string[] = [];
  const results = await rules("short", (line) => printed.push(line));
  expect(results.map(({ scenario, rules: count }) => [scenario, count])).toEqual([
    ["bands", 25],
    ["bands", 100],
    ["thresholds", 25],
    ["thresholds", 100],
  ]);
  for (const { matchesPerEvent, engines } of results) {
    expect(matchesPerEvent).toBeGreaterThan(0);
    expect(engines.map(({ engine, agreedOn }) => [engine.split(" ")[0], agreedOn])).toEqual([
      ["accolade", 100],
      ["json-rules-engine", 100],
      ["@gorules/zen-engine", 100],
    ]);
  }
  expect(printed.filter((line) => line.includes("decided alike on 100 events"))).toHaveLength(12);
});

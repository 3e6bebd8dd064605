import { expect, test } from "@jest/globals";
import { drain } from "../../bench/drain/index.ts";

test("a backlog becomes the grants that it must, and as many rows are inserted in bulk; no time is asserted", async () => {
  const printed: string[] = [];
  const { events, grants, drained, inserted } = await drain("short", (line) => printed.push(line));
  expect({ events, grants, runs: [drained.length, inserted.length] }).toEqual({
    events: 2_000,
    grants: 100,
    runs: [1, 1],
  });
  expect(printed.at(-1)).toMatch(/^2000 events decided, 100 grants/);
}, 240_000);

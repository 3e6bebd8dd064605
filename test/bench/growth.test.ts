import { expect, test } from "@jest/globals";
import { growth } from "../../bench/growth/index.ts";

test("a copied history is like a decided one, and every size decides the same; no time is asserted", async () => {
  const printed: string[] = [];
  const { histories, rules, processes } = await growth("short", (line) => printed.push(line));
  expect(histories.map(({ events, costs }) => [events, costs.length])).toEqual([
    [400, 1],
    [800, 1],
  ]);
  expect(rules.map((each) => each.rules)).toEqual([20]);
  expect(processes.map((each) => each.processes)).toEqual([2]);
  expect(printed.at(-1)).toMatch(/^a history that was copied is like one that was decided/);
}, 240_000);

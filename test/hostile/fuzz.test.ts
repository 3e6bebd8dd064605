/** A few seconds of `npm run fuzz`, and that the fuzzer finds what it is there for. */
import { expect, jest, test } from "@jest/globals";
import { campaign } from "../../fuzz/campaign.ts";
import { mutate } from "../../fuzz/mutate.ts";
import { chanceOf } from "../../fuzz/random.ts";

jest.setTimeout(60_000);

test("every reader takes or refuses whatever comes, in time", async () => {
  const { counts, failures } = await campaign({ seed: 5, seconds: 50, most: 200 });
  expect(failures).toEqual([]);
  // each in turn, so that all of them had some
  expect(Object.keys(counts).length).toBeGreaterThan(30);
});

test("the same seed gives the same inputs, and others give others", () => {
  const target = { name: "x", samples: [Buffer.from('{"a":[1,{"b":"c"}]}')], shape: "json", read: () => {} } as const;
  const inputs = (seed: number) =>
    Array.from({ length: 300 }, (_, at) => mutate(target, chanceOf(seed, "x", at)).toString("base64"));
  expect(inputs(1)).toEqual(inputs(1));
  expect(inputs(1)).not.toEqual(inputs(2));
  const made = inputs(1).map((input) => Buffer.from(input, "base64").toString("utf8"));
  expect(new Set(made).size).toBeGreaterThan(200);
  // some are still JSON, and some hold what is known to break readers
  expect(made.some((text) => text.includes("__proto__"))).toBe(true);
  expect(made.some((text) => text.includes("[[[[[[[["))).toBe(true);
  expect(made.some((text) => text.includes("1e400"))).toBe(true);
});

test("a reader that throws, and one that hangs, are found with the number that replays them", async () => {
  const found = await campaign({ seed: 1, seconds: 0, targets: ["throws"], only: 3 });
  expect(found.failures).toMatchObject([{ target: "throws", at: 3, error: expect.stringContaining("on purpose") }]);
  const hung = await campaign({ seed: 1, seconds: 0, targets: ["hangs"], only: 3 });
  expect(hung.failures).toMatchObject([{ at: 3, error: expect.stringContaining("not done") }]);
});

/** Whatever is told, in whatever order and batches: the metrics kept equal a computation from the facts, and what brute force counts. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { recomputeMetrics } from "../../src/pipeline/recompute-metrics.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";
import { type Change, closeRateByForce, instant, newRevenueByForce, ZONE } from "./brute-force.ts";
import { look, parkedEvents, post, SECRET, type Told, told } from "./story.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `workspace: { timeZone: ${ZONE}, rates: { USD: [{ from: 2026-01-01, rate: 0.5 }, { from: 2026-10-26, rate: 0.8 }] } }\nconnections:\n  crm: { connector: webhook, secret: ${SECRET} }\n`,
      rules: { "none.yaml": "rules: []\n" },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const step = fc.integer({ min: 0, max: 60 });
const deal = fc.constantFrom("deal/a", "deal/b", "deal/c");
const change = (record: fc.Arbitrary<string>, what: string, fields: fc.Arbitrary<Change["fields"]>) =>
  fc.tuple(record, step, fields).map(([named, at, told_]): Change => ({ record: named, what, at, fields: told_ }));
const one = (name: string, ...values: (string | number | boolean)[]) =>
  fc.constantFrom(...values).map((value) => ({ [name]: value }));

const anyChange = fc.oneof(
  { weight: 8, arbitrary: change(deal, "changed", one("status", "open", "won", "won", "lost")) },
  { weight: 4, arbitrary: change(deal, "changed", one("owner", "x", "y")) },
  { weight: 3, arbitrary: change(deal, "changed", one("amount", 100, 250.5, 999.99)) },
  { weight: 3, arbitrary: change(deal, "changed", one("stage", "s1", "s2", "s3")) },
  { weight: 2, arbitrary: change(deal, "changed", one("currency", "EUR", "USD", "JPY")) },
  { weight: 4, arbitrary: change(deal, "changed", one("company", "m", "n")) },
  { weight: 1, arbitrary: change(deal, "changed", one("type", "seats", "audit")) },
  { weight: 1, arbitrary: change(deal, "changed", one("contact:p", true, false)) },
  { weight: 2, arbitrary: change(deal, "created", fc.constant({})) },
  { weight: 1, arbitrary: change(deal, "deleted", fc.constant({})) },
  { weight: 1, arbitrary: change(deal, "restored", fc.constant({})) },
  { weight: 1, arbitrary: change(fc.constant("deal/a"), "merged", one("merged_into", "b", "c")) },
  { weight: 2, arbitrary: change(fc.constantFrom("company/m", "company/n"), "churned", fc.constant({})) },
  { weight: 1, arbitrary: change(fc.constantFrom("company/m", "company/n"), "renewed", fc.constant({})) },
  { weight: 1, arbitrary: change(fc.constantFrom("company/m", "company/n"), "changed", one("owner", "x", "y")) },
  { weight: 1, arbitrary: change(fc.constant("company/m"), "merged", one("merged_into", "n")) },
  { weight: 1, arbitrary: change(fc.constant("company/n"), "merged", one("merged_into", "m")) },
  { weight: 3, arbitrary: change(fc.constantFrom("user/x", "user/y"), "changed", one("team", "N", "S")) },
  { weight: 2, arbitrary: change(fc.constant("contact/p"), "changed", one("subscribed", true, false)) },
  { weight: 1, arbitrary: change(fc.constant("contact/p"), "changed", one("owner", "x", "y")) },
  { weight: 1, arbitrary: change(fc.constant("contact/p"), "erased", fc.constant({})) },
);

const pointers = ["owner", "company", "merged_into", "team"];
const inRun = (run: string, { record, what, at, fields }: Change, index: number): Told => ({
  ...told(
    record + run,
    what,
    instant(at),
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name.startsWith("contact:") ? name + run : name,
        pointers.includes(name) ? `${value}${run}` : value,
      ]),
    ),
  ),
  key: `${run}-${index}`,
});

const delivered = (length: number) =>
  fc.record({
    order: fc.array(fc.nat(), { minLength: length, maxLength: length }),
    again: fc.array(fc.nat({ max: Math.max(0, length - 1) }), { maxLength: 4 }),
    batch: fc.integer({ min: 1, max: 6 }),
  });

let runs = 0;
test("cells equal a recomputation, and brute force over the deals", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(anyChange, { minLength: 1, maxLength: 22 })
        .chain((changes) => fc.tuple(fc.constant(changes), delivered(changes.length))),
      async ([changes, { order, again, batch }]) => {
        const run = `-r${++runs}`;
        const events = changes.map((each, index) => inRun(run, each, index));
        const shuffled = events
          .map((event, index) => ({ event, rank: order[index] ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        const all = [...shuffled, ...again.flatMap((index) => events[index] ?? [])];
        for (let start = 0; start < all.length; start += batch) {
          await post(bench, all.slice(start, start + batch));
          await bench.drain();
        }
        for (const owner of ["x", "y"])
          for (const [over, day] of [
            ["month", "2026-10-25"],
            ["day", "2026-10-25"],
            ["week", "2026-10-28"],
            ["all time", "2026-11-20"],
          ] as const) {
            const seen = await look(bench, "close_rate", `owner/${owner}${run}`, over, day);
            const kept = { value: seen?.value ?? null, sample: seen?.sample ?? 0 };
            expect({ owner, over, day, ...kept }).toEqual({
              owner,
              over,
              day,
              ...closeRateByForce(changes, owner, over, day),
            });
            const revenue = await look(bench, "net_new_revenue", `owner/${owner}${run}`, over, day);
            expect(revenue?.value ?? 0).toBeCloseTo(newRevenueByForce(changes, owner, over, day), 6);
          }
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 20), endOnFailure: true },
  );
  expect(await parkedEvents(bench)).toEqual([]);
  expect(await recomputeMetrics(bench.opened.corridor, { repair: false })).toMatchObject({
    different: 0,
    differences: [],
  });
}, 300_000);

/**
 * Orders placed at vendors equal grants issued, exactly, after any run of faults: vendors that accept and go silent, refuse,
 * ask for patience, run out of money, are paused, processes that die between a call and its row, and people who try again.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { pauseSending, resumeSending } from "../../src/pipeline/pause.ts";
import { retryFailed } from "../../src/pipeline/retry-failed.ts";
import { openRoutingBench, type RoutingBench } from "../support/routing-bench.ts";

const MINUTE = 60_000;
let at: RoutingBench;
beforeAll(async () => {
  at = await openRoutingBench(
    `
rewards:
  - id: card
    value: 100 EUR
    via:
      - { provider: tremendous, products: [amazon-it], countries: [IT] }
      - { provider: tango, utid: U561593 }
      - { provider: tremendous, products: [visa-eu] }
  - id: dollars
    value: 25 USD
    via:
      - { provider: giftbit, brands: [amazonus] }
      - { provider: tango, utid: U666425 }
  - { id: single, value: 30 EUR, provider: tremendous, products: [visa-eu] }
`,
    "  - { id: also, title: Also, on: deal.won, reward: { to: owner, give: dollars }, from: 2026-01-01 }\n  - { id: third, title: Third, on: deal.won, reward: { to: owner, give: single }, from: 2026-01-01 }\n",
  );
}, 60_000);
afterAll(() => at.close());

type Vendor = "tremendous" | "tango" | "giftbit";
const orderCall = { tremendous: "POST /orders", tango: "POST /orders", giftbit: "POST /direct_links" };
const lookCall = { tremendous: "GET /orders", tango: "GET /orders", giftbit: "GET /campaign" };

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("win" as const), owner: fc.constantFrom("77", "78", "79") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      vendor: fc.constantFrom<Vendor>("tremendous", "tango", "giftbit"),
      how: fc.constantFrom("well", "reset", "late500", "503", "402", "429", "400", "400", "401", "blind", "poor"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("pause" as const), vendor: fc.constantFrom<Vendor>("tremendous", "tango") }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resume" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("die" as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("retry" as const), which: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("work" as const), minutes: fc.constantFrom(0.05, 0.5, 2, 10) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const setFault = (vendor: Vendor, how: string) => {
  const answer = (status: number) => ({
    to: orderCall[vendor],
    status,
    body: {
      i18nKey: `${status}.001`,
      message: "No",
      errors: { message: "No" },
      error: { code: "ERROR", message: "No" },
    },
  });
  const after = how === "reset" ? ("reset" as const) : how === "late500" ? (500 as const) : undefined;
  const instead = /^\d/.test(how)
    ? answer(Number(how))
    : how === "blind"
      ? { to: lookCall[vendor], status: 503 }
      : undefined;
  if (vendor === "tremendous") {
    at.tremendous.faults.afterAccept = after;
    at.tremendous.faults.instead = instead;
    at.tremendous.behaviour.balance = how === "poor" ? 1 : 1_000_000;
  } else {
    at[vendor].faults.after = after && { to: orderCall[vendor], fault: after };
    at[vendor].faults.instead = instead;
  }
  if (vendor === "tango") at.tango.behaviour.balance = how === "poor" ? 1 : 1_000_000;
  if (vendor === "giftbit" && how !== "poor") at.giftbit.addFunds(how === "well" ? 1_000_000 : 0);
  if (vendor === "giftbit" && how === "poor") at.giftbit.behaviour.funds = 1;
};

/** A process that dies after its vendor took the order and before it could write so. */
const die = async () => {
  const due = await at.sql.row<{ id: string }>(
    "select id from grants where state in ('approved', 'unknown') and not_before <= $1 limit 1",
    [at.clock.now()],
  );
  if (!due) return;
  const { corridor } = at.bench.opened;
  let calls = 0;
  const dying = {
    ...corridor,
    database: {
      ...corridor.database,
      // the first transaction begins the order; whatever follows the call never comes
      transaction: <T>(work: Parameters<typeof corridor.database.transaction<T>>[0]) =>
        ++calls > 1 ? Promise.reject(new Error("the process died")) : corridor.database.transaction(work),
    },
  };
  await fulfil(dying, due.id).catch(() => {});
};

/** A person tries again what has failed. Whether that may be done is not theirs to know. */
const retry = async (which: number) => {
  const failed = await at.sql.rows<{ id: string }>("select id from grants where state = 'failed' order by id");
  const one = failed[which % Math.max(1, failed.length)];
  if (!one) return;
  const hand = { user: null, name: "anna", because: "The vendor says that it works now" };
  seen.retried.push((await retryFailed(at.bench.opened.corridor, one.id, hand)).ok);
};

const take = async (each: Step) => {
  if (each.do === "win") await at.win(each.owner);
  else if (each.do === "fault") setFault(each.vendor, each.how);
  else if (each.do === "die") await die();
  else if (each.do === "retry") await retry(each.which);
  else if (each.do === "work") await at.workFor(each.minutes * MINUTE);
  else if (each.do === "resume")
    await at.bench.opened.database.transaction((tx) => resumeSending(tx, { by: "anna", at: at.clock.now() }));
  else
    await at.bench.opened.database.transaction((tx) =>
      pauseSending(tx, { scope: `provider:${each.vendor}`, since: at.clock.now(), by: "anna", why: "test" }),
    );
};

/** Every key that a grant ever ordered under. */
const keysOf = async (): Promise<Map<string, { id: string; state: string }>> => {
  const rows = await at.sql.rows<{ id: string; state: string; key: string }>(
    `select g.id, g.state, o.request ->> 'key' as key from grants g join (
       select grant_id, request from orders union all select grant_id, request from orders_past) o on o.grant_id = g.id`,
  );
  return new Map(rows.map(({ key, id, state }) => [key, { id, state }]));
};

const standingOfGrants = async () => {
  const owners = await keysOf();
  const counted = new Map<string, number>();
  for (const [key, orders] of at.standing()) {
    const owner = owners.get(key)?.id ?? `nobody's: ${key}`;
    counted.set(owner, (counted.get(owner) ?? 0) + orders);
  }
  return counted;
};

/** Every vendor refuses for good; a person tries again while one of them accepts and nobody hears of it. */
const allRefused: Step[] = [
  ...(["tremendous", "tango", "giftbit"] as const).map((vendor): Step => ({ do: "fault", vendor, how: "400" })),
  { do: "win", owner: "77" },
  { do: "work", minutes: 2 },
  { do: "retry", which: 0 },
  { do: "work", minutes: 2 },
  ...(["tremendous", "tango", "giftbit"] as const).map((vendor): Step => ({ do: "fault", vendor, how: "reset" })),
  ...[0, 0, 0].map((which): Step => ({ do: "retry", which })),
  { do: "work", minutes: 10 },
];

const seen = { issued: 0, failed: 0, walked: 0, retried: [] as boolean[] };

test("orders that stand equal grants issued", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      for (const each of steps) {
        await take(each);
        // at no moment does anybody hold two
        for (const [grant, orders] of await standingOfGrants()) expect({ grant, orders }).toEqual({ grant, orders: 1 });
      }
      // all is well again
      for (const vendor of ["tremendous", "tango", "giftbit"] as const) setFault(vendor, "well");
      await at.bench.opened.database.transaction((tx) => resumeSending(tx, { by: "anna", at: at.clock.now() }));
      await at.workFor(48 * 60 * MINUTE);

      const grants = await at.sql.rows<{ id: string; state: string }>("select id, state from grants order by id");
      const standing = await standingOfGrants();
      const unsettled = grants.filter(({ state }) => state !== "issued" && state !== "failed");
      expect(unsettled).toEqual([]);
      for (const { id, state } of grants)
        expect({ id, state, orders: standing.get(id) ?? 0 }).toEqual({ id, state, orders: state === "issued" ? 1 : 0 });
      const issued = grants.filter(({ state }) => state === "issued").length;
      expect([...at.standing().values()].reduce((sum, orders) => sum + orders, 0)).toBe(issued);
      const verified = await at.bench.opened.database.transaction((tx) => verifyLedger(tx));
      expect(verified.faults).toEqual([]);
      seen.issued = issued;
      seen.failed = grants.length - issued;
      seen.walked =
        (await at.sql.row<{ n: number }>("select count(*)::int as n from orders_past where refused is not null"))?.n ??
        0;
    }),
    { numRuns: 10, endOnFailure: true, examples: [[allRefused]] },
  );
  // the runs were worth something
  expect(seen.issued).toBeGreaterThan(20);
  expect(seen.walked).toBeGreaterThan(5);
  expect(seen.retried.filter(Boolean).length).toBeGreaterThan(2);
}, 300_000);

/** Money and stock at providers: an admin is told once, grants wait with the reason in words, and go on by themselves. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { watchProviders } from "../../src/pipeline/watch-providers.ts";
import { openRoutingBench, type RoutingBench } from "../support/routing-bench.ts";
import { eventually } from "../support/workspace.ts";

const MINUTE = 60_000;
let at: RoutingBench;
beforeEach(async () => {
  at = await openRoutingBench("rewards:\n  - { id: card, value: 100 EUR, provider: tango, utid: U561593 }\n");
}, 60_000);
afterEach(() => at.close());

const watch = () => watchProviders(at.bench.opened.corridor);
const told = (trouble: string) =>
  at.bench.logged.filter((line) => line.includes('"provider in trouble"') && line.includes(`"trouble":"${trouble}"`));
const balanceCalls = () => at.tango.requests.filter(({ call }) => call.startsWith("GET /accounts")).length;
const orderCalls = () => at.tango.requests.filter(({ call }) => call === "POST /orders").length;

test("a low balance is told once, and again only after it was well in between and an hour has passed", async () => {
  at.tango.behaviour.balance = 150;
  await watch();
  expect(told("low")).toHaveLength(1);
  expect(told("low")[0]).toContain("Tango has only 150 EUR left. Add money there before orders wait for it.");
  for (let n = 0; n < 5; n++) {
    at.clock.advance(16 * MINUTE);
    at.tango.behaviour.balance -= 1;
    await watch();
  }
  expect(told("low")).toHaveLength(1);
  at.tango.behaviour.balance = 5_000;
  at.clock.advance(16 * MINUTE);
  await watch();
  at.tango.behaviour.balance = 10;
  at.clock.advance(120 * MINUTE);
  await watch();
  expect(told("low")).toHaveLength(2);
});

test("several processes ask a provider once", async () => {
  await Promise.all([watch(), watch(), watch()]);
  expect(balanceCalls()).toBe(1);
  await watch();
  expect(balanceCalls()).toBe(1);
});

test("without money many grants wait, told once; when there is some, as many go on as it lasts for, oldest first", async () => {
  at.tango.behaviour.balance = 10;
  const grants: string[] = [];
  for (let n = 0; n < 6; n++) {
    grants.push(...(await at.win()));
    at.clock.advance(1_000);
  }
  await at.workFor(MINUTE);
  expect(told("funds")).toHaveLength(1);
  expect((await at.grant(grants[5] ?? "")).waiting).toContain("There is not enough money in the account at Tango");

  // the poll knows how little there is: nobody is asked in vain
  await watch();
  at.clock.advance(MINUTE);
  await watch();
  const before = orderCalls();
  await at.sql.run("update grants set not_before = $1", [at.clock.now()]);
  await at.work();
  expect(orderCalls()).toBe(before);
  expect((await at.grant(grants[0] ?? "")).waiting).toBe(
    "tango has 10 EUR left, and this needs 100 EUR: add money there, and it goes on by itself",
  );

  at.tango.behaviour.balance = 250;
  at.clock.advance(MINUTE);
  await watch();
  await at.workFor(5_000);
  const states = async () => Promise.all(grants.map(async (id) => (await at.grant(id)).state));
  expect(await states()).toEqual(["issued", "issued", "approved", "approved", "approved", "approved"]);
  at.tango.behaviour.balance = 5_000;
  for (let n = 0; n < 3; n++) {
    at.clock.advance(2 * MINUTE);
    await watch();
    await at.workFor(MINUTE);
  }
  expect(await states()).toEqual(Array.from({ length: 6 }, () => "issued"));
  expect(at.tango.orders).toHaveLength(6);
});

test("an item that is not to be had is waited for, and goes on when the catalogue has it again", async () => {
  const item = at.tango.items[0] as (typeof at.tango.items)[number];
  await watch();
  item.status = "inactive";
  const [id = ""] = await at.win();
  await at.work();
  expect(await at.grant(id)).toMatchObject({
    state: "approved",
    waiting: "Tango cannot supply the item now (422.030): The item you requested is not active.",
  });
  expect(told("stock")).toHaveLength(1);
  at.clock.advance(20 * MINUTE);
  await watch();
  item.status = "active";
  at.clock.advance(20 * MINUTE);
  await watch();
  await at.workFor(1_000);
  expect((await at.grant(id)).state).toBe("issued");
});

test("a vendor that does not show its balance changes nothing", async () => {
  at.tango.faults.instead = { to: "GET /", status: 503 };
  await watch();
  expect(at.bench.logged.some((line) => line.includes("balance not shown"))).toBe(true);
  at.tango.faults.instead = undefined;
  const [id = ""] = await at.win();
  await at.work();
  expect((await at.grant(id)).state).toBe("issued");
});

test("an order that was given up because its provider did not have it is looked for once more, and taken back if it came", async () => {
  await at.close();
  at = await openRoutingBench(
    "rewards:\n  - { id: card, value: 25 USD, via: [{ provider: giftbit, brands: [amazonus] }, { provider: tango, utid: U666425 }] }\n",
  );
  at.giftbit.faults.instead = { to: "POST /direct_links", status: 503 };
  const [late = "", never = ""] = [...(await at.win()), ...(await at.win())];
  await at.workFor(10 * MINUTE);
  expect([await at.grant(late), await at.grant(never)]).toMatchObject([
    { state: "issued", provider: "tango" },
    { state: "issued", provider: "tango" },
  ]);
  at.giftbit.faults.instead = undefined;
  // what hung somewhere on its way arrives now
  await fetch(`${at.giftbit.url}/direct_links`, {
    method: "POST",
    headers: { authorization: `Bearer ${at.giftbit.apiKey}` },
    body: JSON.stringify({ id: late, price_in_cents: 2_500, brand_codes: ["amazonus"], link_count: 1 }),
  });
  expect(at.standing().get(late)).toBe(1);
  at.clock.advance(61 * MINUTE);
  await watch();
  expect(at.standing().get(late)).toBeUndefined();
  expect([...at.standing().values()]).toEqual([1, 1]);
  expect(at.bench.logged.filter((line) => line.includes("late order taken back"))).toHaveLength(1);
  const lookups = at.giftbit.requests.length;
  at.clock.advance(120 * MINUTE);
  await watch();
  expect(at.giftbit.requests.slice(lookups).filter(({ call }) => call.startsWith("GET /campaign"))).toEqual([]);
});

test("an answer that comes after its order was given up is not lost: a person is told of the two orders", async () => {
  await at.close();
  at = await openRoutingBench(
    "rewards:\n  - { id: card, value: 100 EUR, via: [{ provider: tango, utid: U561593 }, { provider: tremendous, products: [a] }] }\n",
  );
  const { corridor } = at.bench.opened;
  const [id = ""] = await at.win();
  // a process that hears of its order only much later
  let hear = () => {};
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const tango = corridor.providers.get("tango");
  if (!tango) throw new Error("no tango");
  const slow: typeof tango = {
    ...tango,
    provider: {
      ...tango.provider,
      async order(request) {
        const outcome = await tango.provider.order(request);
        await heard;
        return outcome;
      },
    },
  };
  const waiting = fulfil({ ...corridor, providers: new Map([...corridor.providers, ["tango", slow]]) }, id);
  await eventually("the order at Tango", async () => at.tango.orders.length === 1);
  at.tango.faults.instead = { to: "", status: 200, body: { orders: [], page: {} } };
  await at.workFor(30 * MINUTE);
  expect(await at.grant(id)).toMatchObject({ state: "issued", provider: "tremendous" });

  hear();
  await waiting;
  expect(await at.grant(id)).toMatchObject({ state: "issued", provider: "tremendous" });
  at.tango.faults.instead = undefined;
  await watch();
  const lines = at.bench.logged.filter((line) => line.includes("two orders stand"));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(id);
});

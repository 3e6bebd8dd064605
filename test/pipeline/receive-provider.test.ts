/** What providers send by themselves, from the request as it arrives to what becomes of the grant. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { receiveFromProvider } from "../../src/pipeline/receive-provider.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { watchProviders } from "../../src/pipeline/watch-providers.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { type GiftBench, openGiftBench } from "../support/gift-bench.ts";
import { type PlumApi, startPlumApi } from "../support/plum-api.ts";
import { startTremendousApi, type TremendousApi } from "../support/tremendous-api.ts";
import { eventually } from "../support/workspace.ts";

let bench: GiftBench;
let plum: PlumApi;
let cards: TremendousApi;
beforeAll(async () => {
  [plum, cards] = await Promise.all([startPlumApi(), startTremendousApi()]);
  const { clientId, clientSecret, refreshToken } = plum.client;
  bench = await openGiftBench({
    providers: [
      `plum: { provider: plum, environment: sandbox, clientId: ${clientId}, clientSecret: ${clientSecret}, refreshToken: ${refreshToken}, webhookKey: a1p2z5b7v68b9112234, apiBase: "${plum.url}" }`,
      `cards: { provider: tremendous, environment: sandbox, apiKey: ${cards.apiKey}, webhookKey: ${cards.privateKey}, apiBase: "${cards.url}" }`,
      "points: { provider: points }",
    ],
    rewards: [
      { id: "voucher", yaml: "provider: plum, product: 15365, value: 10 EUR" },
      { id: "card", yaml: "provider: cards, products: [P1], value: 25 EUR" },
    ],
  });
});
afterAll(async () => {
  await bench.close();
  await Promise.all([plum.close(), cards.close()]);
});
beforeEach(() => {
  bench.clock.advance(60_000);
  Object.assign(cards.behaviour, { status: "EXECUTED", balance: 5_000 });
  for (const product of plum.products) product.deliveryType = "realtime";
});

const fromPlum = (data: object, key = "a1p2z5b7v68b9112234"): ReceiptRequest => ({
  method: "POST",
  url: "https://rewards.example/receipts/plum",
  headers: { "x-api-key": key },
  body: Buffer.from(JSON.stringify({ id: 1, data, createdAt: "2026-11-23 12:00:00" })),
});
const fromCards = (event: string, resource: { id: string; type: string }): ReceiptRequest => ({
  method: "POST",
  url: "https://rewards.example/receipts/cards",
  ...cards.webhook(event, resource),
});
const receive = (provider: string, request: ReceiptRequest) => receiveFromProvider(bench.corridor, provider, request);
/** Works off what was rung for, as the queue would. */
const rung = async (grant: string) => {
  await fulfil(bench.corridor, grant);
  await settleMark(bench.corridor, grant);
};
const kinds = async (grant: string) => (await bench.told(grant)).map(({ kind }) => kind);

describe("a product that Plum delivers later", () => {
  test("the recipient is told when it is there, because Plum says so, and not before", async () => {
    for (const product of plum.products) product.deliveryType = "delayed";
    const { grant } = await bench.ordered("voucher");
    expect(await bench.grant(grant)).toMatchObject({
      state: "unknown",
      waiting: expect.stringContaining("has not delivered it yet"),
    });
    expect(await kinds(grant)).toEqual([]);
    // nobody asks before it is time
    await rung(grant);
    expect(await bench.attempts(grant)).toEqual(["order"]);

    for (const order of plum.orders) order.deliveryStatus = "delivered";
    const hint = fromPlum({ orderId: 1, poNumber: grant, orderDate: "", deliveryStatus: "delivered" });
    expect(await receive("plum", hint)).toMatchObject({ receipts: [{ order: { key: grant } }] });
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    expect(await kinds(grant)).toEqual(["reward"]);
    expect(await bench.page(grant, true)).toContain(plum.orders.at(-1)?.code);

    // repeated and late: the order is asked about, and nothing changes
    for (let n = 0; n < 3; n++) await receive("plum", hint);
    await rung(grant);
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    expect(await kinds(grant)).toEqual(["reward"]);
    expect(plum.orders.filter(({ body }) => body.poNumber === grant)).toHaveLength(1);
  });

  test("while somebody asks about it already, a hint starts no second look-up", async () => {
    for (const product of plum.products) product.deliveryType = "delayed";
    const { grant } = await bench.ordered("voucher");
    const open = bench.corridor.providers.get("plum");
    if (!open) throw new Error("no plum");
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow: typeof open = {
      ...open,
      provider: {
        ...open.provider,
        async lookup(key, request) {
          await answered;
          return open.provider.lookup(key, request);
        },
      },
    };
    for (const order of plum.orders) order.deliveryStatus = "delivered";
    bench.clock.advance(200_000);
    const asking = fulfil({ ...bench.corridor, providers: new Map([["plum", slow]]) }, grant);
    await eventually("the look-up", async () => (await bench.attempts(grant)).includes("lookup"));
    await receive("plum", fromPlum({ orderId: 1, poNumber: grant, orderDate: "", deliveryStatus: "delivered" }));
    await rung(grant);
    expect(await bench.attempts(grant)).toEqual(["order", "lookup"]);
    answer();
    await asking;
    expect(await bench.attempts(grant)).toEqual(["order", "lookup"]);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
  });

  test("without any webhook the sweeper asks", async () => {
    for (const product of plum.products) product.deliveryType = "delayed";
    const { grant } = await bench.ordered("voucher");
    for (const order of plum.orders) order.deliveryStatus = "delivered";
    bench.clock.advance(200_000);
    expect((await sweep(bench.corridor)).grants).toBe(1);
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
  });

  test("cancelled there before it came: failed, with its money back, and never told", async () => {
    for (const product of plum.products) product.deliveryType = "delayed";
    const before = await bench.budget();
    const { grant } = await bench.ordered("voucher");
    for (const order of plum.orders) if (order.body.poNumber === grant) order.deliveryStatus = "canceled";
    await receive("plum", fromPlum({ orderId: 1, poNumber: grant, orderDate: "", deliveryStatus: "Canceled" }));
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({
      state: "failed",
      waiting: expect.stringContaining("cancelled there"),
    });
    expect(await bench.budget()).toBe(before);
    expect(await kinds(grant)).toEqual([]);
    expect(await bench.faults()).toEqual([]);
  });

  test("a lie with another key changes nothing and is asked about nowhere", async () => {
    for (const product of plum.products) product.deliveryType = "delayed";
    const { grant } = await bench.ordered("voucher");
    const lie = fromPlum({ orderId: 1, poNumber: grant, deliveryStatus: "delivered" }, "a1p2z5b7v68b9112235");
    expect(await receive("plum", lie)).toMatchObject({ refused: 401 });
    await rung(grant);
    expect(await bench.attempts(grant)).toEqual(["order"]);
  });

  test("a lie with the right key is only asked about", async () => {
    const { grant } = await bench.ordered("voucher");
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    await receive("plum", fromPlum({ orderId: 1, poNumber: grant, deliveryStatus: "canceled" }));
    await rung(grant);
    expect(await bench.attempts(grant)).toEqual(["order", "lookup"]);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
  });
});

describe("an order that an approver at Tremendous lets wait", () => {
  test("approved there: issued at once, although its id was never heard", async () => {
    cards.behaviour.status = "PENDING APPROVAL";
    const { grant } = await bench.ordered("card");
    expect(await bench.grant(grant)).toMatchObject({ state: "unknown" });
    const order = cards.orders.at(-1);
    if (!order) throw new Error("no order");
    order.status = "EXECUTED";
    await receive("cards", fromCards("ORDERS.APPROVED", { id: order.id, type: "orders" }));
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    expect(cards.orders.filter(({ body }) => body.external_id === grant)).toHaveLength(1);
  });

  test("rejected there: failed, and not ordered again", async () => {
    cards.behaviour.status = "PENDING APPROVAL";
    const { grant } = await bench.ordered("card");
    const order = cards.orders.at(-1);
    if (!order) throw new Error("no order");
    order.status = "CANCELED";
    await receive("cards", fromCards("ORDERS.CANCELED", { id: order.id, type: "orders" }));
    await rung(grant);
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "failed" });
    expect(cards.orders.filter(({ body }) => body.external_id === grant)).toHaveLength(1);
  });
});

describe("a reward that somebody cancels in Tremendous' dashboard", () => {
  test("is taken from the recipient in the open: told, booked back, and not ordered again by itself", async () => {
    const before = await bench.budget();
    const { grant, deal } = await bench.ordered("card");
    expect(await kinds(grant)).toEqual(["reward"]);
    const order = cards.orders.at(-1);
    if (!order) throw new Error("no order");
    order.refunded = true;
    await receive("cards", fromCards("REWARDS.CANCELED", { id: order.rewardId, type: "rewards" }));
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({
      state: "failed",
      waiting: expect.stringContaining("cancelled there"),
    });
    expect((await bench.moves(grant)).at(-1)).toMatchObject({ to_state: "failed", actor: "settle" });
    expect(await bench.budget()).toBe(before);
    expect(await kinds(grant)).toEqual(["reward", "unavailable"]);

    bench.clock.advance(60_000);
    await bench.change(deal, { amount: "70000" });
    await rung(grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "failed" });
    expect(cards.orders.filter(({ body }) => body.external_id === grant)).toHaveLength(1);
    expect(await bench.faults()).toEqual([]);
  });

  test("while Tremendous does not answer it is asked again later, by the sweeper", async () => {
    const { grant } = await bench.ordered("card");
    const order = cards.orders.at(-1);
    if (!order) throw new Error("no order");
    order.refunded = true;
    await receive("cards", fromCards("REWARDS.CANCELED", { id: order.rewardId, type: "rewards" }));
    cards.faults.instead = { to: "GET /orders", status: 503 };
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    cards.faults.instead = undefined;
    bench.clock.advance(60_000);
    expect((await sweep(bench.corridor)).undone).toBe(1);
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "failed" });
    expect((await sweep(bench.corridor)).undone).toBe(0);
  });

  test("stays for a person where a part of it was paid in another way", async () => {
    const { grant } = await bench.ordered("card");
    await bench.database.run(
      "insert into orders_past (grant_id, round, provider, request, cost_minor, settled_at) values ($1, 0, 'cards', '{}', 100, now())",
      [grant],
    );
    const order = cards.orders.at(-1);
    if (!order) throw new Error("no order");
    order.refunded = true;
    await receive("cards", fromCards("REWARDS.CANCELED", { id: order.rewardId, type: "rewards" }));
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({
      state: "issued",
      waiting: expect.stringMatching(/^a person must look: .*cancelled there.*paid in another way$/),
    });
    await bench.database.run("delete from orders_past where grant_id = $1", [grant]);
  });

  test("and is not due any more as well, is cancelled as every other", async () => {
    const { grant, deal } = await bench.ordered("card");
    const order = cards.orders.at(-1);
    if (!order) throw new Error("no order");
    order.status = "CANCELED";
    await receive("cards", fromCards("REWARDS.CANCELED", { id: order.rewardId, type: "rewards" }));
    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedlost" });
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await bench.faults()).toEqual([]);
  });
});

const asked = (call: string) => cards.requests.filter((request) => request.call === call).length;
const watch = () => watchProviders(bench.corridor);

test("money at Tremendous wakes those who wait for it, and nobody else", async () => {
  await watch();
  cards.behaviour.balance = 0;
  const waiting = [await bench.ordered("card"), await bench.ordered("card")];
  plum.behaviour.inStock = false;
  const other = await bench.ordered("voucher");
  plum.behaviour.inStock = true;
  for (const { grant } of [...waiting, other])
    expect((await bench.grant(grant)).not_before.getTime()).toBeGreaterThan(bench.clock.now().getTime());
  cards.behaviour.balance = 5_000;
  const before = asked("GET /funding_sources");
  // twice, as vendors do; Tremendous is asked once, and not while it waits for our answer
  for (let n = 0; n < 2; n++)
    await receive("cards", fromCards("FUNDING_SOURCES.FUNDED", { id: "FUND1", type: "funding_sources" }));
  expect(asked("GET /funding_sources")).toBe(before);
  await watch();
  await watch();
  expect(asked("GET /funding_sources")).toBe(before + 1);
  for (const { grant } of [...waiting, other]) await rung(grant);
  expect(await Promise.all(waiting.map(async ({ grant }) => (await bench.grant(grant)).state))).toEqual([
    "issued",
    "issued",
  ]);
  expect(await bench.grant(other.grant)).toMatchObject({ state: "approved" });
});

test("a change of the catalogue: it is read anew with the next round", async () => {
  const product: (typeof cards.products)[number] = {
    id: "P1",
    name: "Amazon.it",
    description: "A card",
    category: "merchant_card",
    disclosure: "",
    currency_codes: ["EUR"],
    countries: [{ abbr: "IT" }],
    images: [],
  };
  cards.products.push(product, { ...product, id: "P2" });
  bench.clock.advance(7 * 3_600_000);
  await watch();
  const offered = () => bench.corridor.catalogs.of("cards")?.map(({ id }) => id);
  expect(offered()).toEqual(["P1", "P2"]);
  cards.products.pop();
  bench.clock.advance(60_000);
  await watch();
  expect(offered()).toEqual(["P1", "P2"]);
  expect(await receive("cards", fromCards("PRODUCTS.REMOVED", { id: "P2", type: "products" }))).toEqual({
    receipts: [{ what: "catalog" }],
  });
  await watch();
  expect(offered()).toEqual(["P1"]);
});

test("an order of somebody else, a provider that hears nothing or is not there", async () => {
  const others = fromPlum({ orderId: 5, poNumber: "PO-of-another-program", deliveryStatus: "delivered" });
  expect(await receive("plum", others)).toMatchObject({ receipts: [{ what: "order" }] });
  for (const provider of ["points", "nobody"]) expect(await receive(provider, others)).toMatchObject({ refused: 404 });
});

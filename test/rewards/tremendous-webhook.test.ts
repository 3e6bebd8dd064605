import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { type OrderRequest, openProvider, type Provider } from "../../src/rewards/index.ts";
import { startTremendousApi, type TremendousApi } from "../support/tremendous-api.ts";
import { now, recipient, sealer } from "./provider-benches.ts";

let api: TremendousApi;
let warnings: string[] = [];
beforeEach(async () => {
  api = await startTremendousApi();
  warnings = [];
});
afterEach(() => api.close());

const noSql = () => Promise.reject(new Error("no database in this test"));
const open = (changed: object = {}, keys: object = { webhookKey: ["a new key", api.privateKey] }): Provider => {
  const opened = openProvider(
    "tremendous",
    {
      apiKey: api.apiKey,
      environment: "sandbox",
      apiBase: api.url,
      ...keys,
      ...changed,
    },
    {
      id: "tremendous",
      sql: { rows: noSql, row: noSql, run: noSql, transaction: noSql },
      sealer,
      now: () => now,
      warn: (about, text) => warnings.push(`${about}: ${text}`),
    },
  );
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};
const order: OrderRequest = {
  key: "8d6f0d3e-0000-4000-8000-000000000001",
  value: { minor: 1_250, currency: "EUR" },
  options: { products: ["P1"] },
  title: "A gift card",
  recipient,
};
const sent = (event: string, resource: { id: string; type: string }, changed: Partial<ReceiptRequest> = {}) => ({
  method: "POST",
  url: "https://accolade.example/receipts/tremendous",
  ...api.webhook(event, resource),
  ...changed,
});

test.each(["ORDERS.APPROVED", "ORDERS.CANCELED", "ORDERS.FAILED"])(
  "%s is a hint about the order with our key, also where its id was never heard",
  async (event) => {
    await open().order(order);
    const id = api.orders[0]?.id ?? "";
    expect(await open().receive?.(sent(event, { id, type: "orders" }))).toEqual({
      receipts: [{ what: "order", order: { key: order.key }, at: now, detail: event }],
    });
    api.faults.instead = { to: "GET /orders", status: 503 };
    expect(await open().receive?.(sent(event, { id, type: "orders" }))).toEqual({
      receipts: [{ what: "order", order: { reference: id }, at: now, detail: event }],
    });
  },
);

test("REWARDS.CANCELED is a hint about the reward's order", async () => {
  await open().order(order);
  const [held] = api.orders;
  const resource = { id: held?.rewardId ?? "", type: "rewards" };
  expect(await open().receive?.(sent("REWARDS.CANCELED", resource))).toEqual({
    receipts: [{ what: "order", order: { reference: held?.id }, at: now, detail: "REWARDS.CANCELED" }],
  });
  expect(await open().receive?.(sent("REWARDS.CANCELED", { id: "of-a-simulation", type: "rewards" }))).toEqual({
    receipts: [],
  });
});

test("money, products, a fraud review, and what does not concern us", async () => {
  const received = async (event: string) => open().receive?.(sent(event, { id: "1", type: "any" }));
  expect(await received("FUNDING_SOURCES.FUNDED")).toEqual({ receipts: [{ what: "funds" }] });
  expect(await received("PRODUCTS.ADDED")).toEqual({ receipts: [{ what: "catalog" }] });
  expect(await received("PRODUCTS.REMOVED")).toEqual({ receipts: [{ what: "catalog" }] });
  for (const event of ["ORDERS.CREATED", "REWARDS.DELIVERY.SUCCEEDED", "MEMBERS.INVITED", "REWARDS.FLAGGED"])
    expect(await received(event)).toEqual({ receipts: [] });
  expect(warnings).toEqual([expect.stringContaining("holds reward 1 for a fraud review")]);
});

test.each<[string, object | null, (request: ReceiptRequest) => Partial<ReceiptRequest>, number]>([
  ["one byte of the body changed", null, ({ body }) => ({ body: Buffer.concat([body, Buffer.from(" ")]) }), 401],
  ["another key", { webhookKey: "another key" }, () => ({}), 401],
  ["no key in the settings", {}, () => ({}), 401],
  ["no signature", null, () => ({ headers: {} }), 401],
  [
    "a signature without its scheme",
    null,
    ({ headers }) => ({
      headers: { "tremendous-webhook-signature": headers["tremendous-webhook-signature"]?.replace("sha256=", "") },
    }),
    401,
  ],
  ["GET", null, () => ({ method: "GET" }), 405],
])("%s is refused", async (_, settings, change, refused) => {
  const request = sent("FUNDING_SOURCES.FUNDED", { id: "1", type: "any" });
  const received = await open({}, settings ?? undefined).receive?.({ ...request, ...change(request) });
  expect(received).toMatchObject({ refused, reason: expect.any(String) });
  expect(JSON.stringify(received)).not.toContain(api.privateKey);
});

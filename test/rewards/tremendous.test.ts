import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import nock from "nock";
import { type OrderRequest, openProvider, type Provider, type ProviderSurroundings } from "../../src/rewards/index.ts";
import { startTremendousApi, type TremendousApi } from "../support/tremendous-api.ts";
import { now, recipient, sealer } from "./provider-benches.ts";

// it takes over the sockets of the process, of which the next test file has its own copy: only while it is needed
nock.restore();

let api: TremendousApi;
let keys = 0;
beforeEach(async () => {
  api = await startTremendousApi();
});
afterEach(() => api.close());

// this provider keeps nothing in the database
const noSql: ProviderSurroundings["sql"] = {
  transaction: () => Promise.reject(new Error("no database in this test")),
  rows: () => Promise.reject(new Error("no database in this test")),
  row: () => Promise.reject(new Error("no database in this test")),
  run: () => Promise.reject(new Error("no database in this test")),
};
const open = (changed: object = {}): Provider => {
  const settings = { apiKey: api.apiKey, environment: "sandbox", apiBase: api.url, timeoutMs: 20_000, ...changed };
  const opened = openProvider("tremendous", settings, {
    id: "tremendous",
    sql: noSql,
    sealer,
    now: () => now,
    warn: () => {},
  });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};
const request = (changed: Partial<OrderRequest> = {}): OrderRequest => {
  keys += 1;
  return {
    key: `8d6f0d3e-0000-4000-8000-${String(keys).padStart(12, "0")}`,
    value: { minor: 1_250, currency: "EUR" },
    options: { products: ["P1", "P2"] },
    title: "A gift card for the Rossi deal",
    recipient: { ...recipient, language: "it-IT" },
    ...changed,
  };
};

describe("what is sent", () => {
  test("products: amount in major units, the grant as the key, a link, the recipient's language", async () => {
    const order = request();
    expect(await open().order(order)).toEqual({
      outcome: "accepted",
      reference: api.orders[0]?.id,
      content: { kind: "link", url: api.orders[0]?.links[0] },
    });
    expect(api.orders[0]?.body).toEqual({
      external_id: order.key,
      payment: { funding_source_id: "balance" },
      reward: {
        products: ["P1", "P2"],
        value: { denomination: 12.5, currency_code: "EUR" },
        recipient: { name: "Giulia Bianchi", email: "giulia@example.com" },
        language: "it",
        delivery: { method: "LINK", meta: { message: "A gift card for the Rossi deal" } },
      },
    });
    expect(api.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${api.apiKey}` });
  });

  test("a campaign brings its own words; the one at the reward goes before the one in the settings", async () => {
    await open({ campaign: "C1" }).order(request({ options: {} }));
    await open({ campaign: "C1", fundingSource: "FUND9" }).order(request({ options: { campaign: "C2" } }));
    expect(api.orders.map(({ body }) => [body.reward.campaign_id, body.payment.funding_source_id])).toEqual([
      ["C1", "balance"],
      ["C2", "FUND9"],
    ]);
    expect(api.orders[0]?.body.reward.delivery).toEqual({ method: "LINK" });
  });

  test.each([
    ["JPY", 1_500, 1_500],
    ["KWD", 1_005, 1.005],
    ["USD", 1_999, 19.99],
  ])("%s has its own decimals", async (currency, minor, denomination) => {
    expect(await open().order(request({ value: { minor, currency } }))).toMatchObject({ outcome: "accepted" });
    expect(api.orders[0]?.body.reward.value).toEqual({ denomination, currency_code: currency });
  });

  test("a recipient without an address or a name", async () => {
    const order = request({ recipient: { ...recipient, name: null, email: null } });
    expect(await open().order(order)).toMatchObject({ outcome: "accepted" });
    expect(api.orders[0]?.body.reward.recipient).toEqual({});
  });
});

describe("what comes back", () => {
  test("the day on which the reward expires", async () => {
    api.behaviour.expiresAt = "2027-11-23T00:00:00.000Z";
    expect(await open().order(request())).toMatchObject({ content: { expiresOn: "2027-11-23" } });
  });

  test("a repeated order without its link: a new link to the same reward", async () => {
    const order = request();
    const first = await open().order(order);
    api.behaviour.repeatHasLink = false;
    const second = await open().order(order);
    if (first.outcome !== "accepted" || second.outcome !== "accepted") throw new Error("not accepted");
    expect(second.reference).toBe(first.reference);
    expect(second.content).toEqual({ kind: "link", url: api.orders[0]?.links[1] });
    expect(api.orders).toHaveLength(1);
  });

  test("an order that waits for approval is unknown until it is approved", async () => {
    api.behaviour.status = "PENDING APPROVAL";
    const order = request();
    expect(await open().order(order)).toMatchObject({
      outcome: "unknown",
      detail: expect.stringContaining("approve it"),
    });
    expect(await open().lookup(order.key, order)).toMatchObject({ found: "unknown" });
    for (const held of api.orders) held.status = "EXECUTED";
    expect(await open().lookup(order.key, order)).toEqual({
      found: true,
      reference: api.orders[0]?.id,
      content: { kind: "link", url: api.orders[0]?.links[0] },
    });
  });

  test("a list that leaves the rewards out", async () => {
    const order = request();
    await open().order(order);
    api.behaviour.listHasRewards = false;
    expect(await open().lookup(order.key, order)).toMatchObject({ found: true, reference: api.orders[0]?.id });
    api.faults.instead = { to: "GET /orders/", status: 500 };
    expect(await open().lookup(order.key, order)).toMatchObject({ found: "unknown" });
  });

  test.each<[string, (order: OrderRequest) => OrderRequest, string]>([
    ["amount", (order) => ({ ...order, value: { minor: 1_251, currency: "EUR" } }), "a value of 12.5 EUR"],
    ["currency", (order) => ({ ...order, value: { minor: 1_250, currency: "USD" } }), "a value of 12.5 EUR"],
    [
      "recipient",
      (order) => ({ ...order, recipient: { ...recipient, email: "luca@example.com" } }),
      "another recipient",
    ],
    [
      "recipient, who now has no address",
      (order) => ({ ...order, recipient: { ...recipient, email: null } }),
      "another recipient",
    ],
  ])(
    "another %s under the same key is for a person, both when ordered and when looked up",
    async (_, change, differs) => {
      const order = request();
      await open().order(order);
      const changed = change(order);
      expect(await open().order(changed)).toMatchObject({ outcome: "unknown", detail: expect.stringContaining("409") });
      const found = await open().lookup(order.key, changed);
      expect(found).toEqual({
        found: "different",
        detail: `Tremendous has order ${api.orders[0]?.id} with ${differs}.`,
      });
      // the older documentation: every repeat answers 201 with the first order
      const shown = await (
        await fetch(`${api.url}/orders/${order.key}`, { headers: { authorization: `Bearer ${api.apiKey}` } })
      ).text();
      api.faults.instead = { to: "POST /orders", status: 201, body: shown };
      expect(await open().order(changed)).toEqual({ outcome: "unknown", detail: expect.stringContaining(differs) });
      expect(api.orders).toHaveLength(1);
    },
  );

  test("an address in other capitals is the same recipient", async () => {
    const order = request();
    await open().order(order);
    const other = { ...order, recipient: { ...recipient, email: "Giulia@Example.com" } };
    expect(await open().lookup(order.key, other)).toMatchObject({ found: true });
  });

  test("an order that failed there is for a person", async () => {
    const order = request();
    await open().order(order);
    for (const held of api.orders) held.status = "FAILED";
    expect(await open().order(order)).toMatchObject({ outcome: "unknown", detail: expect.stringContaining("FAILED") });
    expect(await open().lookup(order.key, order)).toMatchObject({ found: "different" });
  });

  test.each([
    ["rejected there after it was held for review", { status: "CANCELED" }],
    ["cancelled in the dashboard, and all of it paid back", { refunded: true }],
  ])("an order that was %s is told as cancelled", async (_, changed) => {
    const order = request();
    await open().order(order);
    for (const held of api.orders) Object.assign(held, changed);
    const detail = `Tremendous has order ${api.orders[0]?.id}, which was cancelled there.`;
    expect(await open().order(order)).toEqual({ outcome: "unknown", detail });
    expect(await open().lookup(order.key, order)).toEqual({ found: "cancelled", detail });
    expect(await open().cancel?.(order.key, order, false)).toEqual({ outcome: "cancelled" });
  });

  test.each([
    [401, {}],
    [404, {}],
    [429, {}],
    [500, {}],
    [200, "<html>"],
    [200, {}],
    [200, { orders: [{ id: "1", external_id: "another", status: "EXECUTED", rewards: [] }] }],
    [204, ""],
  ])("a look-up that is answered %s %j does not say that there is no order", async (status, body) => {
    api.faults.instead = { to: "GET /orders", status, body };
    const order = request();
    expect(await open().lookup(order.key, order)).toMatchObject({ found: "unknown" });
  });

  test("a refusal names the field at fault and what Tremendous says of it", async () => {
    const outcome = await open().order(request({ recipient: { ...recipient, email: "nobody" } }));
    expect(outcome).toMatchObject({
      outcome: "rejected",
      kind: "permanent",
      detail: expect.stringContaining("reward.recipient.email: "),
    });
  });

  test("whatever comes back, it is one of the known outcomes", async () => {
    const status = fc.integer({ min: 200, max: 599 });
    const id = fc.constantFrom("1", null, 7);
    const almost = fc.record(
      {
        order: fc.record(
          { id, status: fc.constantFrom("EXECUTED", null), rewards: fc.array(fc.json()) },
          { requiredKeys: [] },
        ),
        orders: fc.anything(),
        errors: fc.record({ message: fc.anything(), payload: fc.object() }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      almost.map((value) => JSON.stringify(value) ?? ""),
    );
    const provider = open();
    await fc.assert(
      fc.asyncProperty(status, body, async (given, text) => {
        api.faults.instead = { to: "", status: given, body: text };
        const order = request();
        expect(["rejected", "retryLater", "unknown"]).toContain((await provider.order(order)).outcome);
        expect(["unknown", "different", false]).toContain((await provider.lookup(order.key, order)).found);
        expect((await provider.check()).length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("doctor", () => {
  test("the key works and the balance can pay", async () => {
    expect(await open().check()).toEqual([
      { ok: true, what: "Tremendous API key (sandbox)" },
      { ok: true, what: "Tremendous funding source balance", detail: "active, 5000 USD available" },
      { ok: true, what: "Tremendous webhook", detail: "not set up: orders that wait are asked for instead" },
    ]);
  });

  test.each([
    ["a wrong key", { apiKey: "TEST_wrong" }, "refused (401)"],
    ["a source that failed", { fundingSource: "FUND2" }, "it is failed"],
    ["a source of another account", { fundingSource: "FUND3" }, "not in this account"],
    ["nobody there", { apiBase: "http://127.0.0.1:9" }, "the connection failed (ECONNREFUSED)"],
  ])("%s", async (_, changed, found) => {
    expect(await open(changed).check()).toContainEqual({
      ok: false,
      what: expect.any(String),
      found,
      todo: expect.any(String),
    });
  });
});

describe("the two environments", () => {
  beforeAll(() => {
    nock.activate();
    nock.disableNetConnect();
  });
  afterAll(() => {
    nock.cleanAll();
    nock.enableNetConnect();
    nock.restore();
  });

  test.each([
    ["sandbox", "https://testflight.tremendous.com"],
    ["production", "https://api.tremendous.com"],
  ])("%s is at %s", async (environment, host) => {
    const vendor = nock(host).get("/api/v2/funding_sources").reply(200, { funding_sources: [] });
    const opened = openProvider(
      "tremendous",
      { apiKey: "TEST_key", environment },
      { id: "tremendous", sql: noSql, sealer, now: () => now, warn: () => {} },
    );
    if (!opened.ok) throw new Error("not opened");
    expect(await opened.provider.check()).toContainEqual(expect.objectContaining({ found: "not in this account" }));
    vendor.done();
  });
});

test("settings that cannot be right are named", () => {
  const opened = openProvider(
    "tremendous",
    { environment: "live", timeout: 5 },
    { id: "tremendous", sql: noSql, sealer, now: () => now, warn: () => {} },
  );
  expect(opened.ok ? [] : opened.problems).toEqual([
    { path: "apiKey", message: expect.stringContaining("expected string") },
    { path: "environment", message: expect.stringContaining('"sandbox"|"production"') },
    { path: "", message: expect.stringContaining('"timeout"') },
  ]);
});

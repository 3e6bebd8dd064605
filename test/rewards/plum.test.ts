import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import nock from "nock";
import type { Database } from "../../src/db/sql.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { type OrderRequest, openProvider, type Provider } from "../../src/rewards/index.ts";
import { freshDatabase } from "../support/database.ts";
import { type PlumApi, startPlumApi } from "../support/plum-api.ts";
import { now, recipient, sealer } from "./provider-benches.ts";

// it takes over the sockets of the process, of which the next test file has its own copy: only while it is needed
nock.restore();

let sql: Database;
let api: PlumApi;
let keys = 0;
let clock = now;

beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(() => sql.close());
beforeEach(async () => {
  api = await startPlumApi();
  clock = now;
});
afterEach(() => api.close());

const open = (changed: object = {}, id = "plum"): Provider => {
  const settings = { ...api.client, environment: "sandbox", apiBase: api.url, ...changed };
  const around = { id, sql, sealer, now: () => clock, warn: () => {} };
  const opened = openProvider("plum", settings, around);
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};
const request = (changed: Partial<OrderRequest> = {}): OrderRequest => {
  keys += 1;
  return {
    key: `8d6f0d3e-0000-4000-8000-${String(keys).padStart(12, "0")}`,
    value: { minor: 1_000, currency: "EUR" },
    options: { product: 15_365 },
    title: "A gift card for the Rossi deal",
    recipient,
    ...changed,
  };
};
const count = (call: string) => api.calls.filter((each) => each === call).length;
const ordered = async (changed: Partial<OrderRequest> = {}) => {
  const outcome = await open().order(request(changed));
  return outcome.outcome === "accepted" ? outcome.content : outcome;
};

describe("what is sent", () => {
  test("one of the product, its value in major units, our key; Plum writes to nobody", async () => {
    const order = request({ value: { minor: 1_999, currency: "EUR" } });
    expect(await open().order(order)).toMatchObject({ outcome: "accepted", reference: "98765000" });
    expect(api.orders[0]?.body).toEqual({
      productId: 15_365,
      quantity: 1,
      denomination: 19.99,
      poNumber: order.key,
      email: "giulia@example.com",
      notifyReceiverEmail: 0,
      notifyAdminEmail: 0,
    });
  });

  test("a recipient without an address", async () => {
    await ordered({ recipient: { ...recipient, email: null } });
    expect(api.orders[0]?.body).not.toHaveProperty("email");
  });
});

describe("what the recipient gets", () => {
  test.each([
    ["code", "AB12-CD34", "", { kind: "code", code: "AB12-CD34", expiresOn: "2027-12-31" }],
    ["codePin", "AB12-CD34", "0471", { kind: "code", code: "AB12-CD34", pin: "0471", expiresOn: "2027-12-31" }],
    ["url", "https://v.example/x?c=1", "", { kind: "link", url: "https://v.example/x?c=1", expiresOn: "2027-12-31" }],
    [
      "urlPin",
      "https://v.example/x",
      "0471",
      { kind: "link", url: "https://v.example/x", pin: "0471", expiresOn: "2027-12-31" },
    ],
    ["url", "javascript:alert(1)", "", { kind: "code", code: "javascript:alert(1)", expiresOn: "2027-12-31" }],
  ])("%s %s: the same when ordered and when looked up, which leaves the type out", async (type, code, pin, content) => {
    Object.assign(api.behaviour.voucher, { type, code: () => code, pin });
    const order = request();
    expect(await open().order(order)).toMatchObject({ outcome: "accepted", content });
    expect(await open().lookup(order.key, order)).toMatchObject({ found: true, content });
  });

  test("a validity that is no date is left out", async () => {
    api.behaviour.voucher.validity = "12 months";
    expect(await ordered()).not.toHaveProperty("expiresOn");
  });
});

describe("a product that is delivered later", () => {
  beforeEach(() => {
    for (const product of api.products) product.deliveryType = "delayed";
  });

  test("is unknown, with the reason, until Plum has delivered it", async () => {
    const order = request();
    const waits = "Plum has order 98765000 and has not delivered it yet (order complete, delivery pending)";
    expect(await open().order(order)).toMatchObject({ outcome: "unknown", detail: expect.stringContaining(waits) });
    expect(await open().lookup(order.key, order)).toMatchObject({ found: "unknown" });
    for (const held of api.orders) held.deliveryStatus = "delivered";
    expect(await open().lookup(order.key, order)).toMatchObject({ found: true, content: { kind: "code" } });
    expect(api.orders).toHaveLength(1);
  });

  test.each(["canceled", "Cancelled"])("is told as %s where it was", async (deliveryStatus) => {
    const order = request();
    await open().order(order);
    for (const held of api.orders) held.deliveryStatus = deliveryStatus;
    expect(await open().lookup(order.key, order)).toMatchObject({ found: "cancelled" });
  });
});

describe("a key that Plum knows", () => {
  test.each([
    [422, { code: 422, errorId: "PLE10004", errorInfo: "Failed to validate" }],
    [400, { code: 400, errorId: "PLE10001", errorInfo: "Validation error in place order" }],
    [409, { code: 409, errorId: "PLE77777", errorInfo: "Duplicate" }],
    [400, { error: "invalid_request", error_description: "duplicate poNumber" }],
    [500, "<html>"],
  ])("refused with %s %j: the order of the first time is found", async (status, body) => {
    api.behaviour.duplicate = { status, body };
    const order = request();
    const first = await open().order(order);
    expect(first.outcome).toBe("accepted");
    expect(await open().order(order)).toEqual(first);
    expect(api.orders).toHaveLength(1);
  });

  test("a request that is refused as not valid is given up only once it is certain that there is no order", async () => {
    const provider = open();
    const order = request({ recipient: { ...recipient, email: "nobody" } });
    expect(await provider.order(order)).toMatchObject({ outcome: "rejected", kind: "permanent", code: "PLE10001" });
    api.faults.instead = { to: "getOrderDetails", status: 503 };
    expect(await provider.order(order)).toMatchObject({
      outcome: "unknown",
      detail: expect.stringContaining("PLE10001"),
    });
  });

  test.each<[string, Partial<OrderRequest>, string]>([
    ["value", { value: { minor: 5_000, currency: "EUR" } }, "a value of 10 instead of 50 EUR"],
    ["currency", { value: { minor: 1_000, currency: "USD" } }, "a voucher in EUR"],
    ["product", { options: { product: 1 } }, "the product 15365"],
  ])("with another %s is for a person", async (_, changed, differs) => {
    const order = request();
    await open().order(order);
    const other = { ...order, ...changed };
    const detail = `Plum has order 98765000 with ${differs}.`;
    expect(await open().lookup(order.key, other)).toEqual({ found: "different", detail });
    expect(await open().order(other)).toEqual({ outcome: "unknown", detail });
  });
});

test.each([
  [401, {}],
  [404, {}],
  [404, { code: 404, errorId: "PLE10021", errorInfo: "Failed to find order details while fulfilling order" }],
  [502, { code: 502, errorId: "PLE10016", errorInfo: "Failed" }],
  [429, {}],
  [500, {}],
  [200, "<html>"],
  [200, { data: { getOrderDetails: { status: 0, data: {} } } }],
  [204, ""],
])("a look-up that is answered %s %j does not say that there is no order", async (status, body) => {
  api.faults.instead = { to: "getOrderDetails", status, body };
  const order = request();
  expect(await open().lookup(order.key, order)).toMatchObject({ found: "unknown" });
});

describe("tokens", () => {
  test("two processes at once renew once, and both go on with what came of it", async () => {
    let go = () => {};
    api.faults.renewalWaits = new Promise<void>((resolve) => {
      go = resolve;
    });
    const processes = [open(), open()];
    const outcomes = Promise.all([0, 1, 2, 3, 4, 5].map((at) => processes[at % 2]?.order(request())));
    const deadline = Date.now() + 10_000;
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while (!(await sql.row(waiting))) if (Date.now() > deadline) throw new Error("nobody waited for the renewal");
    go();
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(count("token")).toBe(1);
  });

  test("the newest refresh token is kept, sealed, and used by the next process", async () => {
    await open().order(request());
    clock = new Date(now.getTime() + 15 * 86_400_000);
    expect(await open().order(request())).toMatchObject({ outcome: "accepted" });
    clock = new Date(now.getTime() + 40 * 86_400_000);
    expect(await open().order(request())).toMatchObject({ outcome: "accepted" });
    expect(count("token")).toBe(3);
    const rows = await sql.rows<{ text: string }>("select t::text as text from provider_tokens t");
    expect(rows.length).toBeGreaterThan(0);
    for (const token of api.tokens)
      for (const { text } of rows) expect(text).not.toContain(Buffer.from(token).toString("hex"));
  });

  test("another name for the provider in accolade.yaml loses nothing", async () => {
    await open().order(request());
    expect(await open({}, "vouchers").order(request())).toMatchObject({ outcome: "accepted" });
    expect(count("token")).toBe(1);
  });

  test("a token that Plum ended early is renewed, and the order goes through once", async () => {
    const provider = open();
    await provider.order(request());
    api.endAccess();
    const orders = [request(), request(), request()];
    for (const outcome of await Promise.all(orders.map((order) => provider.order(order))))
      expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(count("token")).toBe(2);
    expect(api.orders).toHaveLength(4);
  });

  test("two processes whose token has ended at once: one renews, the other goes on with what came of it", async () => {
    const [one, other] = [open(), open()];
    for (const each of [one, other]) await each.order(request());
    api.endAccess();
    const outcomes = await Promise.all([one, other, one, other].map((each) => each.order(request())));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(count("token")).toBe(2);
    expect(api.orders).toHaveLength(6);
  });

  test("a day before the end it is renewed; where that fails, the present one goes on to its end", async () => {
    await open().order(request());
    clock = new Date(now.getTime() + 14.5 * 86_400_000);
    api.faults.instead = { to: "token", status: 503 };
    expect(await open().order(request())).toMatchObject({ outcome: "accepted" });
    clock = new Date(now.getTime() + 15 * 86_400_000);
    expect(await open().order(request())).toMatchObject({ outcome: "retryLater", afterMs: 30_000 });
  });

  test("a refresh token that is refused says where new ones come from; new ones in the settings begin afresh", async () => {
    expect(await open({ refreshToken: "an-old-one" }).order(request())).toMatchObject({
      outcome: "rejected",
      code: "token_refused",
      detail: expect.stringContaining("Generate new ones in the Plum portal"),
    });
    expect(await open().order(request())).toMatchObject({ outcome: "accepted" });
  });
});

describe("catalogue", () => {
  const all = async () => {
    const read = await open().catalog?.();
    if (!read?.ok) throw new Error(read?.detail);
    return read.value;
  };

  test("values, ends the wrong way round, countries, and what cannot be ordered from here is left out", async () => {
    api.products = Object.assign(api.products, []);
    api.products.splice(
      0,
      api.products.length,
      {
        productId: 1,
        name: "Fixed",
        currencyCode: "EUR",
        countryCode: "IT",
        countries: [
          { code: "it", name: "Italy" },
          { code: "DE", name: "Germany" },
          { code: "global", name: "Everywhere" },
        ],
        valueType: "fixed_denomination",
        valueDenominations: "50, 10,19.99",
      },
      {
        productId: 2,
        name: "Swapped",
        currencyCode: "INR",
        valueType: "open_value",
        minValue: 500,
        maxValue: 10,
        deliveryType: "delayed",
      },
      {
        productId: 3,
        name: "Phone",
        currencyCode: "INR",
        valueType: "open_value",
        minValue: 1,
        maxValue: 9,
        isPhoneNumberMandatory: true,
      },
      { productId: 4, name: "No values", currencyCode: "INR", valueType: "fixed_denomination", valueDenominations: "" },
      { productId: 5, name: "No such money", currencyCode: "ZZZ", valueType: "open_value", minValue: 1, maxValue: 9 },
    );
    expect(await all()).toEqual([
      {
        id: "1",
        name: "Fixed",
        currency: "EUR",
        countries: ["IT", "DE"],
        values: { of: [1_000, 1_999, 5_000] },
        atOnce: true,
      },
      { id: "2", name: "Swapped", currency: "INR", countries: [], values: { from: 1_000, to: 50_000 }, atOnce: false },
    ]);
  });

  test("all pages, also where Plum gives shorter ones than it was asked for", async () => {
    for (let id = 1; id <= 25; id++)
      api.products.push({
        productId: id,
        name: `P${id}`,
        currencyCode: "EUR",
        valueType: "open_value",
        minValue: 1,
        maxValue: 9,
      });
    api.behaviour.longestPage = 10;
    expect(await all()).toHaveLength(26);
    expect(count("getVouchers")).toBe(4);
  });

  test("a page that is refused is no shorter catalogue", async () => {
    api.faults.instead = { to: "getVouchers", status: 429 };
    expect(await open().catalog?.()).toEqual({
      ok: false,
      detail: "Plum did not show page 1 of its products: too many requests.",
    });
  });

  test.each([
    [15_365, 1_000, "EUR", undefined],
    [15_365, 1_100, "EUR", "product `15365` (Amazon.it) comes as 10 EUR, 19.99 EUR or 50 EUR, not as 11 EUR"],
    [15_365, 1_000, "USD", "product `15365` (Amazon.it) is in EUR, not in USD"],
    [7, 100, "EUR", undefined],
    [7, 1_001, "EUR", "product `7` (Any) comes as 1 EUR to 10 EUR, not as 10.01 EUR"],
    [9, 1_000, "EUR", "product `9` is not in its catalogue"],
  ])("product %s at %s %s: %s", async (product, minor, currency, misfit) => {
    api.products.push({
      productId: 7,
      name: "Any",
      currencyCode: "EUR",
      valueType: "open_value",
      minValue: 1,
      maxValue: 10,
    });
    expect(open().misfit?.({ product }, { minor, currency }, await all())).toBe(misfit);
  });
});

test("balance, and what the doctor says of it", async () => {
  expect(await open().balance?.()).toEqual({ ok: true, value: [{ minor: 500_000, currency: "USD" }] });
  expect(await open().check()).toEqual([
    { ok: true, what: "Plum credentials (sandbox)" },
    { ok: true, what: "Plum balance", detail: "5,000 USD available" },
    { ok: true, what: "Plum webhook", detail: "not set up: delayed products are asked for instead" },
  ]);
  api.faults.instead = {
    to: "getBalance",
    status: 401,
    body: { code: 401, errorId: "PIPE10017", errorInfo: "Access restricted for this IP" },
  };
  expect(await open().check()).toEqual([
    {
      ok: false,
      what: "Plum credentials (sandbox)",
      found: "Plum did not tell its balance: PIPE10017: Access restricted for this IP.",
      todo: expect.stringContaining("allow-listed"),
    },
  ]);
});

describe("webhook", () => {
  const keyed = { webhookKey: ["newKeyOfThisTest", "a1p2z5b7v68b9112234"] };
  const sent = (changed: Partial<ReceiptRequest> = {}): ReceiptRequest => ({
    method: "POST",
    url: "https://accolade.example/receipts/plum",
    headers: { "x-api-key": "a1p2z5b7v68b9112234" },
    body: Buffer.from(
      JSON.stringify({
        id: 7,
        data: { orderId: 98765000, poNumber: "PO-1", orderDate: "2026-11-23 09:00:00", deliveryStatus: "Delivered" },
        createdAt: "2026-11-23 09:00:01",
      }),
    ),
    ...changed,
  });

  test("with any of the keys it is a hint about the order with our key", async () => {
    const hint = { what: "order", order: { key: "PO-1" }, at: now, detail: "delivered" };
    expect(await open(keyed).receive?.(sent())).toEqual({ receipts: [hint] });
    expect(await open(keyed).receive?.(sent({ headers: { "x-api-key": "newKeyOfThisTest" } }))).toEqual({
      receipts: [hint],
    });
    const byHand = Buffer.from(JSON.stringify({ data: { orderId: 5, poNumber: "", deliveryStatus: "canceled" } }));
    expect(await open(keyed).receive?.(sent({ body: byHand }))).toEqual({
      receipts: [{ what: "order", order: { reference: "5" }, at: now, detail: "canceled" }],
    });
  });

  test.each<[string, object, Partial<ReceiptRequest>, number]>([
    ["another key", keyed, { headers: { "x-api-key": "a1p2z5b7v68b9112235" } }, 401],
    ["no key", keyed, { headers: {} }, 401],
    ["an empty key", keyed, { headers: { "x-api-key": "" } }, 401],
    ["a key, and none in the settings", {}, {}, 401],
    ["a body that is no JSON", keyed, { body: Buffer.from("{") }, 400],
    ["a body about nothing", keyed, { body: Buffer.from("{}") }, 400],
    ["GET", keyed, { method: "GET" }, 405],
  ])("%s is refused", async (_, settings, changed, refused) => {
    const received = await open(settings).receive?.(sent(changed));
    expect(received).toMatchObject({ refused, reason: expect.any(String) });
    expect(JSON.stringify(received)).not.toContain("a1p2z5b7v68b9112234");
  });
});

test("whatever comes back, it is one of the known outcomes", async () => {
  const provider = open();
  await provider.order(request());
  const word = fc.constantFrom("PLE10018", "PLE10024", "PLE10035", "toString", "1", null, 7);
  const order = fc.record(
    { orderId: word, deliveryStatus: word, vouchers: fc.array(fc.record({ voucherCode: word, amount: word })) },
    { requiredKeys: [] },
  );
  const shape = fc.record(
    { status: fc.constantFrom(1, 0, "1"), data: fc.oneof(order, fc.anything()) },
    { requiredKeys: [] },
  );
  const almost = fc.record(
    {
      data: fc.record(
        { placeOrder: shape, getOrderDetails: shape, getBalance: shape, getVouchers: shape },
        { requiredKeys: [] },
      ),
      errorId: word,
      errors: fc.anything(),
      error: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    almost.map((value) => JSON.stringify(value) ?? ""),
  );
  const to = fc.constantFrom("placeOrder", "token", "getOrderDetails", "getBalance", "getVouchers");
  await fc.assert(
    fc.asyncProperty(to, fc.integer({ min: 200, max: 599 }), body, async (selector, status, text) => {
      api.faults.instead = { to: selector, status, body: text };
      const asked = request();
      expect(["accepted", "rejected", "retryLater", "unknown"]).toContain((await provider.order(asked)).outcome);
      expect([true, "unknown", "different", "cancelled", false]).toContain(
        (await provider.lookup(asked.key, asked)).found,
      );
      expect((await provider.check()).length).toBeGreaterThan(0);
      expect(await provider.catalog?.()).toHaveProperty("ok");
    }),
    { numRuns: 60 },
  );
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
    ["sandbox", "https://stagingstores.xoxoday.com"],
    ["production", "https://accounts.xoxoday.com"],
  ])("%s is at %s", async (environment, host) => {
    const vendor = nock(host).post("/chef/v1/oauth/token/user").reply(401, { error: "Unauthorized" });
    const settings = { ...api.client, environment };
    const opened = openProvider("plum", settings, { id: environment, sql, sealer, now: () => now, warn: () => {} });
    if (!opened.ok) throw new Error("not opened");
    expect(await opened.provider.check()).toContainEqual(
      expect.objectContaining({ ok: false, found: expect.stringContaining(`portal (${environment})`) }),
    );
    vendor.done();
  });
});

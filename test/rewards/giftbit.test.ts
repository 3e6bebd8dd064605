/** What is Giftbit's own: orders accepted without money, links that take a while, currencies of regions. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type OrderRequest, openProvider, type Provider } from "../../src/rewards/index.ts";
import { type GiftbitApi, startGiftbitApi } from "../support/giftbit-api.ts";
import { now, recipient, sealer } from "./benches/bench.ts";

const refuse = async (): Promise<never> => {
  throw new Error("Giftbit asks no database");
};
const noSql = { rows: refuse, row: refuse, run: refuse, transaction: refuse };

let api: GiftbitApi;
let warnings: string[];
beforeAll(async () => {
  api = await startGiftbitApi();
});
afterAll(() => api.close());
afterEach(() => {
  api.behaviour.funds = 5_000_000;
  api.behaviour.linksReady = true;
});

const open = (changed: object = {}): Provider => {
  warnings = [];
  const settings = { apiKey: api.apiKey, environment: "testbed", apiBase: api.url, ...changed };
  const warn = (about: string, text: string) => warnings.push(`${about}: ${text}`);
  const opened = openProvider("giftbit", settings, { id: "giftbit", sql: noSql, sealer, now: () => now, warn });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};
let keys = 0;
const request = (changed: Partial<OrderRequest> = {}): OrderRequest => ({
  key: `key-${++keys}`,
  value: { minor: 2_500, currency: "USD" },
  options: { brands: ["amazonus"] },
  title: "A card",
  recipient,
  ...changed,
});

test("an order that waits for money is Giftbit's already: it is asked about, and goes on when money comes", async () => {
  api.behaviour.funds = 100;
  const provider = open();
  const order = request();
  expect(await provider.order(order)).toMatchObject({
    outcome: "unknown",
    detail: expect.stringContaining("waits for money in your account"),
  });
  expect(await provider.lookup(order.key, order)).toMatchObject({ found: "unknown" });
  expect(warnings).toContainEqual(expect.stringContaining("funds: Giftbit has accepted orders that wait for money"));
  api.addFunds(10_000);
  expect(await provider.lookup(order.key, order)).toMatchObject({ found: true, content: { kind: "link" } });
  expect(api.campaigns.filter(({ body }) => body.id === order.key)).toHaveLength(1);
});

test("a link that is still being made is asked for again", async () => {
  api.behaviour.linksReady = false;
  const provider = open();
  const order = request();
  expect(await provider.order(order)).toMatchObject({
    outcome: "unknown",
    detail: expect.stringContaining("its link"),
  });
  expect(await provider.lookup(order.key, order)).toMatchObject({ found: "unknown" });
  api.behaviour.linksReady = true;
  const link = api.campaigns.at(-1)?.link;
  expect(await provider.lookup(order.key, order)).toMatchObject({ found: true, content: { kind: "link", url: link } });
});

test("an order of another value or brand under our id is not ours", async () => {
  const provider = open();
  const order = request();
  expect(await provider.order(order)).toMatchObject({ outcome: "accepted" });
  const dearer = { ...order, value: { minor: 5_000, currency: "USD" } };
  expect(await provider.lookup(order.key, dearer)).toMatchObject({ found: "different" });
  expect(await provider.order(dearer)).toMatchObject({ outcome: "unknown" });
  const other = { ...order, options: { brands: ["WHOLEFOODS"] } };
  expect(await provider.lookup(order.key, other)).toMatchObject({
    found: "different",
    detail: expect.stringContaining("the brands amazonus"),
  });
});

test("nothing is sent for a value in another currency than that of its brands or region, or without either", async () => {
  const before = api.requests.filter(({ call }) => call === "POST /direct_links").length;
  const euros = { minor: 2_500, currency: "EUR" };
  const [region, brands, nothing] = await Promise.all([
    open().order(request({ options: { region: "USA" }, value: euros })),
    open().order(request({ value: euros })),
    open().order(request({ options: {} })),
  ]);
  expect(region).toMatchObject({ kind: "configuration", detail: "Rewards of the region USA are in USD, not in EUR." });
  expect(brands).toMatchObject({ kind: "configuration", code: "catalogue" });
  expect(nothing).toMatchObject({ kind: "configuration", code: "no_products" });
  expect(api.requests.filter(({ call }) => call === "POST /direct_links")).toHaveLength(before);
  expect(await open().order(request({ options: { region: "USA" } }))).toMatchObject({ outcome: "accepted" });
});

test("the catalogue has every brand with its values; the balance every currency but play money", async () => {
  for (let more = 0; more < 150; more++) {
    const [amazon] = api.brands;
    if (amazon) api.brands.push({ ...amazon, brand_code: `more${more}` });
  }
  const catalog = await open().catalog?.();
  if (!catalog?.ok) throw new Error(catalog?.detail);
  expect(catalog.value).toHaveLength(152);
  expect(catalog.value[1]).toEqual({
    id: "WHOLEFOODS",
    name: "Whole Foods Market",
    currency: "USD",
    countries: ["US"],
    values: { of: [1_000, 2_500, 5_000] },
    atOnce: true,
  });
  expect(open().misfit?.({ brands: ["WHOLEFOODS"] }, { minor: 3_000, currency: "USD" }, catalog.value)).toBe(
    "brand `WHOLEFOODS` (Whole Foods Market) comes as 10 USD, 25 USD or 50 USD, not as 30 USD",
  );
  expect(open().misfit?.({ region: "Canada" }, { minor: 3_000, currency: "USD" }, catalog.value)).toContain("CAD");
  expect(await open().balance?.()).toEqual({
    ok: true,
    value: [
      { minor: 5_000_000, currency: "USD" },
      { minor: 0, currency: "CAD" },
    ],
  });
  expect(await open({ apiKey: "wrong" }).check()).toMatchObject([{ ok: false, found: "refused (401)" }]);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type {
  CreateOrderRequest,
  ListFundingSources200ResponseFundingSourcesInner,
  ListOrders200ResponseOrdersInner,
  ListProductsResponse,
  ListProductsResponseProductsInner,
} from "tremendous";
import type { z } from "zod";
import { openProvider, type Provider } from "../../src/rewards/index.ts";
import type { vendorProduct } from "../../src/rewards/tremendous/catalog.ts";
import type { vendorSource } from "../../src/rewards/tremendous/funding-source.ts";
import { orderBody } from "../../src/rewards/tremendous/order-body.ts";
import { settings } from "../../src/rewards/tremendous/settings.ts";
import type { vendorOrder } from "../../src/rewards/tremendous/vendor-order.ts";
import { startTremendousApi, type TremendousApi } from "../support/tremendous-api.ts";
import { now, recipient, sealer } from "./provider-benches.ts";

let api: TremendousApi;
beforeEach(async () => {
  api = await startTremendousApi();
});
afterEach(() => api.close());

const noSql = () => Promise.reject(new Error("no database in this test"));
const open = (changed: object = {}): Provider => {
  const opened = openProvider(
    "tremendous",
    { apiKey: api.apiKey, environment: "sandbox", apiBase: api.url, ...changed },
    {
      id: "tremendous",
      sql: { rows: noSql, row: noSql, run: noSql, transaction: noSql },
      sealer,
      now: () => now,
      warn: () => {},
    },
  );
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};

type Product = ListProductsResponse["products"][number];
const product = (changed: Partial<Product>): Product => ({
  id: "P1",
  name: "Amazon.it",
  description: "A card",
  category: "merchant_card",
  disclosure: "<p>Terms</p>",
  currency_codes: ["EUR"],
  countries: [{ abbr: "IT" }],
  images: [],
  ...changed,
});

test("tremendous' types accept our bodies, and what it answers is what we read", () => {
  // each assignment compiles only where the vendor's type fits ours
  const body: CreateOrderRequest = orderBody(
    { key: "K", value: { minor: 1_250, currency: "EUR" }, options: {}, title: "A card", recipient },
    { products: ["P1"] },
    settings.parse({ apiKey: "k", environment: "sandbox" }),
  );
  const read: [
    (order: ListOrders200ResponseOrdersInner) => Pick<z.input<typeof vendorOrder>, "id" | "status" | "external_id">,
    (source: ListFundingSources200ResponseFundingSourcesInner) => Pick<z.input<typeof vendorSource>, "id" | "method">,
    (product: ListProductsResponseProductsInner) => z.input<typeof vendorProduct>,
  ] = [(order) => order, (source) => source, (each) => each];
  expect(read).toHaveLength(3);
  expect(body.reward).toMatchObject({ products: ["P1"], value: { denomination: 12.5, currency_code: "EUR" } });
});

test("the catalogue: bands in minor units, a product of several currencies once for each, without bands", async () => {
  api.products.push(
    product({
      skus: [
        { min: 5, max: 50 },
        { min: 100, max: 200.5 },
      ],
    }),
    product({ id: "P2", name: "Visa", currency_codes: ["USD", "EUR"], countries: [], skus: [{ min: 1, max: 2_000 }] }),
    product({ id: "P3", name: "Open" }),
  );
  const any = { from: 1, to: Number.MAX_SAFE_INTEGER };
  expect(await open().catalog?.()).toEqual({
    ok: true,
    value: [
      {
        id: "P1",
        name: "Amazon.it",
        currency: "EUR",
        countries: ["IT"],
        values: { from: 500, to: 20_050 },
        atOnce: true,
      },
      { id: "P2", name: "Visa", currency: "USD", countries: [], values: any, atOnce: true },
      { id: "P2", name: "Visa", currency: "EUR", countries: [], values: any, atOnce: true },
      { id: "P3", name: "Open", currency: "EUR", countries: ["IT"], values: any, atOnce: true },
    ],
  });
});

test.each([
  [{ products: ["P1"] }, 1_000, "EUR", undefined],
  [{ products: ["P1"] }, 100, "EUR", "product `P1` (Amazon.it) comes as 5 EUR to 50 EUR, not as 1 EUR"],
  [{ products: ["P1"] }, 1_000, "USD", "product `P1` (Amazon.it) is in EUR, not in USD"],
  [{ products: ["P1", "P9"] }, 1_000, "EUR", "product `P9` is not in its catalogue"],
  [{ campaign: "C1" }, 1_000, "EUR", undefined],
])("%j at %s %s: %s", async (chosen, minor, currency, misfit) => {
  api.products.push(product({ skus: [{ min: 5, max: 50 }] }));
  const read = await open().catalog?.();
  expect(open().misfit?.(chosen, { minor, currency }, read?.ok ? read.value : [])).toBe(misfit);
});

test("a catalogue or a balance that cannot be read says so", async () => {
  api.faults.instead = { to: "GET /", status: 503 };
  expect(await open().catalog?.()).toEqual({
    ok: false,
    detail: "Tremendous did not show its products: it answered 503.",
  });
  expect(await open().balance?.()).toEqual({
    ok: false,
    detail: "Tremendous did not tell its balance: it answered 503.",
  });
});

test("what the funding source has; a card tells nothing", async () => {
  expect(await open().balance?.()).toEqual({ ok: true, value: [{ minor: 500_000, currency: "USD" }] });
  expect(await open({ fundingSource: "FUND2" }).balance?.()).toEqual({ ok: true, value: [] });
  expect(await open({ fundingSource: "FUND9" }).balance?.()).toMatchObject({ ok: false });
});

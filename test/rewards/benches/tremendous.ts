import { createHmac } from "node:crypto";
import type { Database } from "../../../src/db/sql.ts";
import type { OrderRequest } from "../../../src/rewards/index.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { startTremendousApi, type TremendousApi } from "../../support/tremendous-api.ts";
import { opened, type ProviderBench, recipient, surroundings, unusedPort } from "./bench.ts";

const GIFT_CARD: TremendousApi["products"][number] = {
  id: "Q24BD9EZ332JT",
  name: "Amazon.it",
  description: "A card",
  category: "merchant_card",
  disclosure: "",
  currency_codes: ["EUR"],
  countries: [{ abbr: "IT" }],
  images: [],
};

export const tremendousBench = async (sql: Database): Promise<ProviderBench> => {
  const api = await startTremendousApi();
  api.products.push(GIFT_CARD);
  const around = surroundings(sql, "tremendous", []);
  const settings = { apiKey: api.apiKey, environment: "sandbox", apiBase: api.url, timeoutMs: 20_000 };
  const open = (changed: object = {}) => opened("tremendous", { ...settings, ...changed }, around);
  const request = async (changed: Partial<OrderRequest> = {}): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "tremendous", currency: "EUR" }),
    value: { minor: 1_999, currency: "EUR" },
    options: { products: [GIFT_CARD.id] },
    title: "A gift card for the Rossi deal",
    recipient,
    ...changed,
  });
  const mended =
    (arrange: () => void, changed: Partial<OrderRequest> = {}) =>
    async () => {
      arrange();
      return {
        provider: open(),
        request: await request(changed),
        mend: async () => {
          api.faults.instead = undefined;
          api.faults.afterAccept = undefined;
          api.faults.afterCancel = undefined;
          api.behaviour.delivery = "SUCCEEDED";
          api.behaviour.expiresAt = null;
          api.behaviour.balance = 5_000;
          return open();
        },
      };
    };
  const answering = (status: number, more: { body?: unknown; headers?: Record<string, string> } = {}) =>
    mended(() => {
      api.faults.instead = { to: "POST /orders", status, ...more };
    });
  const closedPort = await unusedPort();
  /** An order whose delivery failed, and what happens when it is taken back. */
  const undelivered = (fault: () => void) => async () => {
    api.behaviour.delivery = "FAILED";
    const arranged = await mended(() => {})();
    const placed = await arranged.provider.order(arranged.request);
    if (placed.outcome !== "accepted") throw new Error(placed.detail);
    fault();
    return arranged;
  };

  return {
    open: () => open(),
    request: () => request(),
    held: async (key) =>
      api.orders.filter(({ body, status }) => body.external_id === key && status !== "CANCELED").length,
    remembers: true,
    refusals: [
      {
        name: "there is no money",
        kind: "funds",
        code: "funds",
        arrange: mended(() => (api.behaviour.balance = 19.98)),
      },
      {
        name: "the API key is wrong",
        kind: "configuration",
        code: "http_401",
        arrange: async () => ({
          provider: open({ apiKey: "TEST_wrong-key-of-this-test" }),
          request: await request(),
          mend: async () => open(),
        }),
      },
      { name: "the API key may not order", kind: "configuration", code: "http_403", arrange: answering(403) },
      { name: "a campaign is not known", kind: "configuration", code: "http_404", arrange: answering(404) },
      {
        name: "the product is not known",
        kind: "configuration",
        code: "validation",
        arrange: answering(422, {
          body: { errors: { message: "Order failed", payload: { reward: { products: ["Unknown product"] } } } },
        }),
      },
      {
        name: "nothing says what can be chosen",
        kind: "configuration",
        code: "no_products",
        arrange: async () => ({
          provider: open(),
          request: await request({ options: {} }),
          mend: async () => open({ campaign: "CAMPAIGN1" }),
        }),
      },
      {
        name: "the request is not valid",
        kind: "permanent",
        code: "validation",
        arrange: mended(() => {}, { recipient: { ...recipient, email: "giulia@nowhere@example.com" } }),
      },
      {
        name: "the request is not valid, with a reason that repeats it",
        kind: "permanent",
        code: "validation",
        arrange: answering(400, {
          body: {
            errors: { message: `giulia@example.com with ${api.apiKey}`, payload: { reward: { recipient: "Bad" } } },
          },
        }),
      },
    ],
    waits: [
      {
        name: "too many requests",
        afterMs: 1_000,
        arrange: answering(429, { body: { error: { message: "Too many requests", payload: {} } } }),
      },
      {
        name: "too many requests, for 7 seconds",
        afterMs: 7_000,
        arrange: answering(429, { headers: { "retry-after": "7" } }),
      },
      {
        name: "too many requests, until a moment",
        afterMs: 90_000,
        arrange: answering(429, { headers: { "retry-after": "Mon, 23 Nov 2026 09:01:30 GMT" } }),
      },
      {
        name: "nobody listens",
        afterMs: 5_000,
        arrange: async () => ({
          provider: open({ apiBase: `http://localhost:${closedPort}` }),
          request: await request(),
          mend: async () => open(),
        }),
      },
    ],
    doubts: [
      {
        name: "the vendor accepts, then hangs",
        taken: true,
        arrange: async () => ({
          ...(await mended(() => (api.faults.afterAccept = "hang"))()),
          // long enough for the order to arrive on a busy machine
          provider: open({ timeoutMs: 2_000 }),
        }),
      },
      {
        name: "the vendor accepts, then resets",
        taken: true,
        arrange: mended(() => (api.faults.afterAccept = "reset")),
      },
      {
        name: "the vendor accepts, then answers 500",
        taken: true,
        arrange: mended(() => (api.faults.afterAccept = 500)),
      },
      { name: "the vendor answers 503 and did nothing", taken: false, arrange: answering(503) },
      {
        name: "the vendor answers 200 with a page",
        taken: false,
        arrange: answering(200, { body: "<html>Maintenance</html>" }),
      },
      { name: "the vendor answers 202 without an order", taken: false, arrange: answering(202) },
      {
        name: "the vendor redirects",
        taken: false,
        arrange: answering(302, { headers: { location: `${api.url}/elsewhere` } }),
      },
      { name: "the vendor says that the key is in use", taken: false, arrange: answering(409) },
    ],
    takenBack: { unseen: "cannot", seen: "cannot" },
    cancels: [
      { name: "its delivery failed", outcome: "cancelled", endsAs: "cancelled", arrange: undelivered(() => {}) },
      {
        name: "its delivery failed, and it has expired",
        outcome: "cannot",
        endsAs: "cancelled",
        arrange: undelivered(() => (api.behaviour.expiresAt = "2026-11-23T09:00:00Z")),
      },
      ...(["reset", 500] as const).map((fault) => ({
        name: `cancelled, and nobody heard so (${fault})`,
        outcome: "unknown" as const,
        endsAs: "cancelled" as const,
        arrange: undelivered(() => (api.faults.afterCancel = fault)),
      })),
      {
        name: "the order cannot be looked at",
        outcome: "unknown",
        endsAs: "cancelled",
        arrange: undelivered(() => (api.faults.instead = { to: "GET /orders", status: 503 })),
      },
      {
        name: "too many requests, for 7 seconds",
        outcome: "retryLater",
        endsAs: "cancelled",
        arrange: undelivered(
          () => (api.faults.instead = { to: "POST /rewards", status: 429, headers: { "retry-after": "7" } }),
        ),
      },
      {
        name: "an answer that is not documented",
        outcome: "unknown",
        endsAs: "cancelled",
        arrange: undelivered(() => (api.faults.instead = { to: "POST /rewards", status: 422 })),
      },
    ],
    receipts: {
      settings: { ...settings, webhookKey: api.privateKey },
      reward: `products: [${GIFT_CARD.id}], value: 10 EUR`,
      ofOrders: ["ORDERS.APPROVED", "ORDERS.CANCELED", "ORDERS.FAILED", "REWARDS.CANCELED"],
      others: ["FUNDING_SOURCES.FUNDED", "PRODUCTS.ADDED", "MEMBERS.INVITED"],
      request(what, key, secret) {
        const held = api.orders.find(({ body }) => body.external_id === key);
        const id = (what.startsWith("REWARDS.") ? held?.rewardId : held?.id) ?? "unknown";
        const { body, headers } = api.webhook(what, { id, type: "any" });
        const guessed = createHmac("sha256", "a guess").update(body).digest("hex");
        return {
          method: "POST",
          url: "https://accolade.example/receipts/tremendous",
          headers: secret ? { ...headers, "tremendous-webhook-signature": `sha256=${guessed}` } : headers,
          body,
        };
      },
      proofs: ["tremendous-webhook-signature"],
      signsBody: true,
    },
    secrets: () => [api.apiKey, "TEST_wrong-key-of-this-test", ...api.orders.flatMap(({ links }) => links)],
    warnings: [],
    close: api.close,
  };
};

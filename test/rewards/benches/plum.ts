import type { Database } from "../../../src/db/sql.ts";
import type { OrderRequest } from "../../../src/rewards/index.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { startPlumApi } from "../../support/plum-api.ts";
import { opened, type ProviderBench, recipient, surroundings, unusedPort } from "./bench.ts";

/** Plum: keys are unique there, a repeated one is refused, and an order is found by its key. */
export const plumBench = async (sql: Database): Promise<ProviderBench> => {
  const api = await startPlumApi();
  const settings = { ...api.client, environment: "sandbox", apiBase: api.url };
  const around = surroundings(sql, "plum", []);
  const open = (changed: object = {}) => opened("plum", { ...settings, ...changed }, around);
  const request = async (changed: Partial<OrderRequest> = {}): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "plum", currency: "EUR" }),
    value: { minor: 1_999, currency: "EUR" },
    options: { product: 15_365 },
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
          api.behaviour.inStock = true;
          for (const order of api.orders) order.hidden = false;
          return open();
        },
      };
    };
  const answering = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
    mended(() => {
      api.faults.instead = { to: "placeOrder", status, body, headers };
    });
  const failing = (status: number, errorId: string) =>
    answering(status, { code: status, errorId, errorInfo: "What it says", error: "for giulia@example.com" });
  const limit = (penaltySeconds?: number) => ({
    errors: [{ message: "auth.request_limit_exceeded", ...(penaltySeconds && { penaltySeconds }) }],
  });
  const closedPort = await unusedPort();

  return {
    open: () => open(),
    request: () => request(),
    held: async (key) => api.orders.filter(({ body }) => body.poNumber === key).length,
    remembers: true,
    refusals: [
      {
        name: "the product is out of stock",
        kind: "funds",
        code: "out_of_stock",
        arrange: mended(() => (api.behaviour.inStock = false)),
      },
      {
        name: "the product is not sold at this value",
        kind: "permanent",
        code: "PLE10018",
        arrange: mended(() => {}, { value: { minor: 2_000, currency: "EUR" } }),
      },
      {
        name: "the request is not valid",
        kind: "permanent",
        code: "PLE10001",
        arrange: mended(() => {}, { recipient: { ...recipient, email: "giulia@nowhere@example.com" } }),
      },
      { name: "the quantity is not allowed", kind: "permanent", code: "PLE10041", arrange: failing(409, "PLE10041") },
      ...(
        [
          [404, "PLE10042"],
          [401, "PLE10019"],
          [400, "PLE10014"],
          [400, "PLE10015"],
          [401, "PIPE10015"],
          [401, "PIPE10016"],
          [401, "PIPE10017"],
        ] as const
      ).map(([status, code]) => ({
        name: `the account may not (${code})`,
        kind: "configuration" as const,
        code,
        arrange: failing(status, code),
      })),
      {
        name: "the client secret is wrong",
        kind: "configuration",
        code: "token_refused",
        arrange: async () => ({
          provider: open({ clientSecret: "wrong-secret-of-this-test", refreshToken: "wrong-token-of-this-test" }),
          request: await request(),
          mend: async () => open(),
        }),
      },
      {
        name: "a fresh token is not accepted",
        kind: "configuration",
        code: "http_401",
        arrange: answering(401, { error: "Unauthorized" }),
      },
    ],
    waits: [
      { name: "too many requests, for 7 seconds", afterMs: 7_000, arrange: answering(200, limit(7)) },
      { name: "too many requests, with 429", afterMs: 9_000, arrange: answering(429, limit(9)) },
      { name: "too many requests, without a pause", afterMs: 60_000, arrange: answering(429, limit()) },
      {
        name: "the token cannot be renewed now",
        afterMs: 30_000,
        arrange: async () => {
          api.endAccess();
          return mended(() => (api.faults.instead = { to: "token", status: 503 }))();
        },
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
        // long enough for the order to arrive on a busy machine
        arrange: async () => ({
          ...(await mended(() => (api.faults.afterAccept = "hang"))()),
          provider: open({ timeoutMs: 2_000 }),
        }),
      },
      {
        name: "the vendor accepts, then resets",
        taken: true,
        arrange: mended(() => (api.faults.afterAccept = "reset")),
      },
      {
        name: "the vendor does not know itself (PLE10035), and has the order later",
        taken: true,
        arrange: mended(() => (api.faults.afterAccept = "PLE10035")),
      },
      { name: "it does not know itself, and has none", taken: false, arrange: failing(502, "PLE10035") },
      { name: "placing the order failed", taken: false, arrange: failing(502, "PLE10012") },
      { name: "an error that is documented nowhere", taken: false, arrange: failing(400, "PLE19999") },
      { name: "an error whose name is in every object", taken: false, arrange: failing(400, "constructor") },
      { name: "the vendor answers 503 and did nothing", taken: false, arrange: answering(503) },
      {
        name: "the vendor answers 200 with a page",
        taken: false,
        arrange: answering(200, "<html>Maintenance</html>"),
      },
      {
        name: "the vendor answers 200 without success",
        taken: false,
        arrange: answering(200, { data: { placeOrder: { status: 0, data: {} } } }),
      },
      {
        name: "the vendor redirects",
        taken: false,
        arrange: answering(302, {}, { location: `${api.url}/elsewhere` }),
      },
    ],
    takenBack: { unseen: "cannot", seen: "cannot" },
    cancels: [],
    receipts: {
      settings: { ...settings, webhookKey: "a1p2z5b7v68b9112234" },
      reward: "product: 15365, value: 10 EUR",
      ofOrders: ["delivered", "pending", "canceled"],
      others: [],
      request: (what, key, secret) => ({
        method: "POST",
        url: "https://accolade.example/receipts/plum",
        headers: { "x-api-key": secret ? "a1p2z5b7v68b9112235" : "a1p2z5b7v68b9112234" },
        body: Buffer.from(
          JSON.stringify({ id: 1, data: { orderId: 1, poNumber: key, deliveryStatus: what }, createdAt: "2026-11-23" }),
        ),
      }),
      proofs: ["x-api-key"],
      signsBody: false,
    },
    secrets: () => [
      api.client.clientSecret,
      api.client.refreshToken,
      "wrong-secret-of-this-test",
      "wrong-token-of-this-test",
      ...api.tokens,
      ...api.orders.map(({ code }) => code),
    ],
    warnings: [],
    close: api.close,
  };
};

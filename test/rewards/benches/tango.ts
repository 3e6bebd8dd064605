import type { Database } from "../../../src/db/sql.ts";
import type { OrderRequest } from "../../../src/rewards/index.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { ACCOUNT, CUSTOMER, startTangoApi } from "../../support/tango-api.ts";
import { opened, type ProviderBench, recipient, surroundings, unusedPort } from "./bench.ts";

export const tangoBench = async (sql: Database): Promise<ProviderBench> => {
  const api = await startTangoApi();
  const around = surroundings(sql, "tango", []);
  const settings = {
    platformName: api.platformName,
    platformKey: api.platformKey,
    environment: "sandbox",
    customer: CUSTOMER,
    account: ACCOUNT,
    apiBase: api.url,
    timeoutMs: 20_000,
    // the clock of this bench stands still: at one a second nobody would ever have a turn
    ordersPerSecond: 1_000,
  };
  const open = (changed: object = {}) => opened("tango", { ...settings, ...changed }, around);
  const request = async (changed: Partial<OrderRequest> = {}): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "tango", currency: "EUR" }),
    value: { minor: 1_999, currency: "EUR" },
    options: { utid: "U561593" },
    title: "A gift card for the Rossi deal",
    recipient,
    ...changed,
  });
  const amazon = api.items[0] as (typeof api.items)[number];
  const sound = { ...api.behaviour };
  const mended =
    (arrange: () => void, changed: Partial<OrderRequest> = {}) =>
    async () => {
      arrange();
      return {
        provider: open(),
        request: await request(changed),
        mend: async () => {
          api.faults.instead = undefined;
          api.faults.after = undefined;
          Object.assign(api.behaviour, sound);
          Object.assign(amazon, { utid: "U561593", status: "active", currencyCode: "EUR", maxValue: 500 });
          return open();
        },
      };
    };
  const answering = (status: number, i18nKey?: string, headers: Record<string, string> = {}) =>
    mended(() => {
      const body = i18nKey ? { httpCode: status, message: "Not now", i18nKey } : {};
      api.faults.instead = { to: "POST /orders", status, body, headers };
    });
  const after = (fault: "hang" | "reset" | 500) => mended(() => (api.faults.after = { to: "POST /orders", fault }));
  const closedPort = await unusedPort();

  return {
    open: () => open(),
    request: () => request(),
    held: async (key) => api.orders.filter(({ body }) => body.externalRefID === key).length,
    remembers: true,
    refusals: [
      {
        name: "there is no money",
        kind: "funds",
        code: "funds",
        arrange: mended(() => (api.behaviour.balance = 19.98)),
      },
      {
        name: "the item is not active any more, which its catalogue does not say yet",
        kind: "funds",
        code: "out_of_stock",
        arrange: answering(422, "422.030"),
      },
      {
        name: "the item is not in the catalogue",
        kind: "configuration",
        code: "catalogue",
        arrange: mended(() => (amazon.status = "inactive")),
      },
      {
        name: "the item is in another currency",
        kind: "configuration",
        code: "catalogue",
        arrange: mended(() => (amazon.currencyCode = "USD")),
      },
      {
        name: "the amount is outside of what the item allows",
        kind: "configuration",
        code: "catalogue",
        arrange: mended(() => (amazon.maxValue = 10)),
      },
      {
        name: "the price changed since the catalogue was read",
        kind: "configuration",
        code: "422.025",
        arrange: answering(422, "422.025"),
      },
      { name: "the item is not known", kind: "configuration", code: "404.033", arrange: answering(404, "404.033") },
      {
        name: "the item needs an approval",
        kind: "configuration",
        code: "428.001",
        arrange: answering(428, "428.001"),
      },
      {
        name: "the platform may not order",
        kind: "configuration",
        code: "403.007",
        arrange: answering(403, "403.007"),
      },
      {
        name: "the request is not valid, with a reason that repeats it",
        kind: "permanent",
        code: "422.009",
        arrange: mended(() => {}, { recipient: { ...recipient, email: "giulia@nowhere@example.com" } }),
      },
    ],
    waits: [
      { name: "too many requests", afterMs: 1_000, arrange: answering(429, "429.001") },
      { name: "too many transactions a second", afterMs: 1_000, arrange: answering(429, "429.008") },
      { name: "not now", afterMs: 60_000, arrange: answering(429, "429.002") },
      {
        name: "too many requests, for 7 seconds",
        afterMs: 7_000,
        arrange: answering(429, "429.001", { "retry-after": "7" }),
      },
      {
        name: "too many requests, until a moment",
        afterMs: 90_000,
        arrange: answering(429, "429.001", { "retry-after": "Mon, 23 Nov 2026 09:01:30 GMT" }),
      },
      {
        name: "the catalogue cannot be read, so nothing is ordered",
        afterMs: 30_000,
        arrange: mended(() => (api.faults.instead = { to: "GET /catalogs", status: 503 })),
      },
      {
        name: "nobody listens",
        afterMs: 30_000,
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
          ...(await after("hang")()),
          // long enough for the order to arrive on a busy machine
          provider: open({ timeoutMs: 2_000 }),
        }),
      },
      { name: "the vendor accepts, then resets", taken: true, arrange: after("reset") },
      { name: "the vendor accepts, then answers 500", taken: true, arrange: after(500) },
      {
        name: "the vendor accepts and shows no code yet",
        taken: true,
        arrange: mended(() => (api.behaviour.shows = false)),
      },
      { name: "the vendor answers 503 and did nothing", taken: false, arrange: answering(503) },
      {
        name: "an order with this key is in process",
        taken: false,
        arrange: mended(() => (api.behaviour.inProcess = true)),
      },
      { name: "an order with this key exists", taken: false, arrange: answering(409, "409.024") },
      { name: "the vendor answers 201 with a page", taken: false, arrange: answering(201) },
      {
        name: "the vendor redirects",
        taken: false,
        arrange: answering(302, undefined, { location: `${api.url}/elsewhere` }),
      },
    ],
    takenBack: { unseen: "cannot", seen: "cannot" },
    cancels: [],
    secrets: () => [
      api.platformKey,
      Buffer.from(`${api.platformName}:${api.platformKey}`).toString("base64"),
      ...api.orders.map(({ claimCode }) => claimCode),
    ],
    warnings: [],
    close: api.close,
  };
};

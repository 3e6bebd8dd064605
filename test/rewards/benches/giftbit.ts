import type { Database } from "../../../src/db/sql.ts";
import type { OrderRequest } from "../../../src/rewards/index.ts";
import { startGiftbitApi } from "../../support/giftbit-api.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { opened, type ProviderBench, recipient, surroundings, unusedPort } from "./bench.ts";

export const giftbitBench = async (sql: Database): Promise<ProviderBench> => {
  const api = await startGiftbitApi();
  const warnings: string[] = [];
  const around = surroundings(sql, "giftbit", warnings);
  const settings = { apiKey: api.apiKey, environment: "testbed", apiBase: api.url, timeoutMs: 20_000 };
  const open = (changed: object = {}) => opened("giftbit", { ...settings, ...changed }, around);
  const request = async (changed: Partial<OrderRequest> = {}): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "giftbit", currency: "USD" }),
    value: { minor: 2_500, currency: "USD" },
    options: { brands: ["amazonus", "WHOLEFOODS"] },
    title: "A gift card for the Rossi deal",
    recipient,
    ...changed,
  });
  const amazon = api.brands[0] as (typeof api.brands)[number];
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
          Object.assign(amazon, { max_price_in_cents: 50_000, fund_currencyisocode: "USD" });
          api.addFunds(0);
          return open();
        },
      };
    };
  const answering = (status: number, code?: string, headers: Record<string, string> = {}) =>
    mended(() => {
      const body = code ? { error: { code, name: "No", message: "Not now" }, status } : {};
      api.faults.instead = { to: "POST /direct_links", status, body, headers };
    });
  const after = (fault: "hang" | "reset" | 500) =>
    mended(() => (api.faults.after = { to: "POST /direct_links", fault }));
  const closedPort = await unusedPort();
  const campaignOf = (key: string) => api.campaigns.find(({ body }) => body.id === key);
  /** An order that was accepted, and what happens when it is taken back. */
  const placed = (fault: (key: string) => void) => async () => {
    const arranged = await mended(() => {})();
    const order = await arranged.provider.order(arranged.request);
    if (order.outcome !== "accepted") throw new Error(order.detail);
    fault(arranged.request.key);
    return arranged;
  };

  return {
    open: () => open(),
    request: () => request(),
    held: async (key) =>
      api.campaigns.filter(({ body, gift }) => body.id === key && gift.status !== "GIVER_CANCELLED").length,
    remembers: true,
    refusals: [
      {
        name: "the card cannot be charged",
        kind: "funds",
        code: "ERROR_FUNDS_CARD_ERROR",
        arrange: answering(402, "ERROR_FUNDS_CARD_ERROR"),
      },
      {
        name: "the API key is wrong",
        kind: "configuration",
        code: "http_401",
        arrange: mended(() => (api.faults.instead = { to: "POST /direct_links", status: 401 })),
      },
      {
        name: "a brand is not known",
        kind: "configuration",
        code: "catalogue",
        arrange: mended(() => (amazon.max_price_in_cents = 1_000)),
      },
      {
        name: "a brand is in another currency",
        kind: "configuration",
        code: "catalogue",
        arrange: mended(() => (amazon.fund_currencyisocode = "CAD")),
      },
      {
        name: "a price changed since the brands were read",
        kind: "configuration",
        code: "ERROR_CAMPAIGN_INVALID_BRAND",
        arrange: answering(422, "ERROR_CAMPAIGN_INVALID_BRAND"),
      },
      {
        name: "the request is not valid, with a reason that repeats the key",
        kind: "permanent",
        code: "ERROR_MALFORMED",
        arrange: mended(() => {
          api.faults.instead = {
            to: "POST /direct_links",
            status: 400,
            body: { error: { code: "ERROR_MALFORMED", message: `giulia@example.com with ${api.apiKey}` }, status: 400 },
          };
        }),
      },
    ],
    waits: [
      { name: "too many requests", afterMs: 2_000, arrange: answering(429) },
      {
        name: "too many requests, for 7 seconds",
        afterMs: 7_000,
        arrange: answering(429, undefined, { "retry-after": "7" }),
      },
      {
        name: "the brands cannot be read, so nothing is ordered",
        afterMs: 30_000,
        arrange: mended(() => (api.faults.instead = { to: "GET /brands", status: 503 })),
      },
      {
        name: "nobody listens",
        afterMs: 5_000,
        arrange: async () => ({
          provider: open({ apiBase: `http://localhost:${closedPort}` }),
          request: await request({ options: { region: "USA" } }),
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
        name: "the vendor accepts and waits for money",
        taken: true,
        arrange: mended(() => (api.behaviour.funds = 10)),
      },
      {
        name: "the vendor accepts and is still making the link",
        taken: true,
        arrange: mended(() => (api.behaviour.linksReady = false)),
      },
      { name: "the vendor answers 503 and did nothing", taken: false, arrange: answering(503) },
      { name: "the vendor answers 200 with a page", taken: false, arrange: answering(200) },
      { name: "the vendor answers 202, which is no success", taken: false, arrange: answering(202) },
      {
        name: "the vendor redirects",
        taken: false,
        arrange: answering(302, undefined, { location: `${api.url}/elsewhere` }),
      },
    ],
    takenBack: { unseen: "cancelled", seen: "cancelled" },
    cancels: [
      {
        name: "its recipient has claimed it",
        outcome: "used",
        endsAs: "used",
        arrange: placed((key) => {
          const campaign = campaignOf(key);
          if (campaign) campaign.gift.status = "REDEEMED";
        }),
      },
      {
        name: "its gift is still being made",
        outcome: "unknown",
        endsAs: "cancelled",
        arrange: placed(() => (api.behaviour.giftsReady = false)),
      },
      ...(["reset", 500] as const).map((fault) => ({
        name: `cancelled, and nobody heard so (${fault})`,
        outcome: "unknown" as const,
        endsAs: "cancelled" as const,
        arrange: placed(() => (api.faults.after = { to: "DELETE /gifts", fault })),
      })),
      {
        name: "the order cannot be looked at",
        outcome: "unknown",
        endsAs: "cancelled",
        arrange: placed(() => (api.faults.instead = { to: "GET /campaign", status: 503 })),
      },
      {
        name: "too many requests, for 7 seconds",
        outcome: "retryLater",
        endsAs: "cancelled",
        arrange: placed(
          () => (api.faults.instead = { to: "DELETE /gifts", status: 429, headers: { "retry-after": "7" } }),
        ),
      },
    ],
    secrets: () => [api.apiKey, ...api.campaigns.map(({ link }) => link)],
    warnings,
    close: api.close,
  };
};

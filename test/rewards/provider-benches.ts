/** What the provider suite needs to know of each kind: how to open it, what it holds, and how it is made to fail. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Database } from "../../src/db/sql.ts";
import type { Rejection } from "../../src/outcome.ts";
import {
  type CancelOutcome,
  importCodes,
  type OrderRequest,
  openProvider,
  type Provider,
  type ProviderSurroundings,
} from "../../src/rewards/index.ts";
import { createSealer } from "../../src/sealer.ts";
import { insertGrantRow } from "../support/grant-row.ts";
import { startTremendousApi } from "../support/tremendous-api.ts";
import { manualBench } from "./benches/manual.ts";
import { plumBench } from "./benches/plum.ts";

export const now = new Date("2026-11-23T09:00:00Z");
export const sealer = createSealer(["a secret of this test, long enough for a key"]);

export interface Arranged {
  provider: Provider;
  request: OrderRequest;
  /** Puts right what was arranged. Gives the provider with which the same request is tried again. */
  mend(): Promise<Provider>;
}

export interface ProviderBench {
  /** As another process would have it. */
  open(): Provider;
  /** An order for a grant of its own. */
  request(): Promise<OrderRequest>;
  /** How many rewards exist under this key. */
  held(key: string): Promise<number>;
  /** It keeps no rewards of its own: `held` says nothing. */
  holdsNothing?: true;
  /** Whether an order can be found again by its key. */
  remembers: boolean;
  refusals: { name: string; kind: Rejection; code: string; arrange(): Promise<Arranged> }[];
  waits: { name: string; afterMs: number; arrange(): Promise<Arranged> }[];
  /** `taken`: whether the vendor has the order although nobody heard so. */
  doubts: { name: string; taken: boolean; arrange(): Promise<Arranged> }[];
  /** What becomes of taking back an order that was just accepted, unseen and seen by its recipient. */
  takenBack: { unseen: CancelOutcome["outcome"]; seen: CancelOutcome["outcome"] };
  /** Other ways that it can end. `endsAs`: what it comes to once mended and asked again. */
  cancels: {
    name: string;
    outcome: CancelOutcome["outcome"];
    endsAs: CancelOutcome["outcome"];
    arrange(): Promise<Arranged>;
  }[];
  /** What may stand in no detail, warning or check. */
  secrets(): string[];
  warnings: string[];
  close(): Promise<void>;
}

const recipient = {
  id: "8d6f0d3e-0000-4000-8000-000000000001",
  name: "Giulia Bianchi",
  email: "giulia@example.com",
  language: "it",
};

const surroundings = (sql: Database, id: string, warnings: string[]): ProviderSurroundings => ({
  id,
  sql,
  sealer,
  now: () => now,
  warn: (about, text) => warnings.push(`${about}: ${text}`),
});

const opened = (kind: string, settings: unknown, around: ProviderSurroundings): Provider => {
  const result = openProvider(kind, settings, around);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.provider;
};

const pointsBench = async (sql: Database): Promise<ProviderBench> => {
  const open = () => opened("points", {}, surroundings(sql, "points", []));
  return {
    open,
    request: async () => ({
      key: await insertGrantRow(sql),
      value: { minor: 50, currency: "PTS" },
      options: {},
      title: "50 points",
      recipient,
    }),
    // the ledger is the corridor's; the provider holds nothing that could be there twice
    held: async () => 1,
    holdsNothing: true,
    remembers: false,
    refusals: [],
    waits: [],
    doubts: [],
    takenBack: { unseen: "cancelled", seen: "cancelled" },
    cancels: [],
    secrets: () => [],
    warnings: [],
    close: async () => {},
  };
};

const codePoolBench = async (sql: Database): Promise<ProviderBench> => {
  const warnings: string[] = [];
  const codes: string[] = [];
  const refill = async (pool: string, count: number) => {
    const more = Array.from(
      { length: count },
      (_, at) => `${pool.toUpperCase()}-${codes.length + at}-${Math.random()}`,
    );
    codes.push(...more);
    await importCodes(sql, sealer, pool, `code,pin\n${more.map((code) => `${code},PIN${code}`).join("\n")}`, now);
  };
  const around = surroundings(sql, "code-pool", warnings);
  const open = () => opened("code-pool", {}, around);
  const request = async (pool = "welcome"): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "code-pool", currency: "EUR" }),
    value: { minor: 5_000, currency: "EUR" },
    options: { pool },
    title: "50 EUR voucher",
    recipient,
  });
  await refill("welcome", 200);
  return {
    open,
    request: () => request(),
    held: async (key) =>
      (await sql.row<{ held: number }>("select count(*) as held from codes where order_key = $1", [key]))?.held ?? 0,
    remembers: true,
    refusals: [
      {
        name: "the pool is empty",
        kind: "funds",
        code: "pool_empty",
        arrange: async () => ({
          provider: open(),
          request: await request("empty"),
          mend: async () => {
            await refill("empty", 1);
            return open();
          },
        }),
      },
      {
        name: "the key that sealed the code is gone",
        kind: "configuration",
        code: "sealed_with_other_key",
        arrange: async () => ({
          provider: opened(
            "code-pool",
            {},
            { ...around, sealer: createSealer(["another secret of this test, as long"]) },
          ),
          request: await request(),
          mend: async () => open(),
        }),
      },
    ],
    waits: [],
    doubts: [],
    takenBack: { unseen: "cancelled", seen: "used" },
    cancels: [],
    secrets: () => codes,
    warnings,
    close: async () => {},
  };
};

const tremendousBench = async (sql: Database): Promise<ProviderBench> => {
  const api = await startTremendousApi();
  const around = surroundings(sql, "tremendous", []);
  const settings = { apiKey: api.apiKey, environment: "sandbox", apiBase: api.url, timeoutMs: 20_000 };
  const open = (changed: object = {}) => opened("tremendous", { ...settings, ...changed }, around);
  const request = async (changed: Partial<OrderRequest> = {}): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "tremendous", currency: "EUR" }),
    value: { minor: 1_999, currency: "EUR" },
    options: { products: ["Q24BD9EZ332JT"] },
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
    secrets: () => [api.apiKey, "TEST_wrong-key-of-this-test", ...api.orders.flatMap(({ links }) => links)],
    warnings: [],
    close: api.close,
  };
};

const unusedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** One for each entry of `providerKinds`. */
export const benches: Record<string, (sql: Database) => Promise<ProviderBench>> = {
  points: pointsBench,
  "code-pool": codePoolBench,
  tremendous: tremendousBench,
  plum: plumBench,
  manual: manualBench,
};

export { recipient };

/**
 * Tremendous as its documentation describes it, on a port of this machine: orders with an idempotent `external_id`, links,
 * funding sources, and the ways in which it can go wrong.
 */
import { createHmac, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { ListProductsResponse } from "tremendous";
import { z } from "zod";

const orderRequest = z.strictObject({
  external_id: z.string(),
  payment: z.strictObject({ funding_source_id: z.string() }),
  reward: z
    .strictObject({
      products: z.array(z.string()).exactOptional(),
      campaign_id: z.string().exactOptional(),
      value: z.strictObject({ denomination: z.number().positive(), currency_code: z.string().length(3) }),
      recipient: z.strictObject({ name: z.string().exactOptional(), email: z.email().exactOptional() }),
      language: z.string().length(2),
      delivery: z.strictObject({
        method: z.literal("LINK"),
        meta: z.strictObject({ message: z.string() }).exactOptional(),
      }),
    })
    .refine((reward) => reward.products || reward.campaign_id, { path: ["products"] }),
});

export interface HeldOrder {
  id: string;
  body: z.infer<typeof orderRequest>;
  rewardId: string;
  status: string;
  /** Of the delivery of its reward. */
  delivery: string;
  /** What it cost is back. */
  refunded?: boolean;
  /** Every link that was made for the reward. */
  links: string[];
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TremendousApi {
  url: string;
  apiKey: string;
  orders: HeldOrder[];
  /** Of its one webhook. */
  privateKey: string;
  products: ListProductsResponse["products"];
  /** A webhook as it would send it now: body and headers. */
  webhook(event: string, resource: { id: string; type: string }): { body: Buffer; headers: Record<string, string> };
  /** `POST /orders`, … with the headers that came. */
  requests: { call: string; headers: IncomingMessage["headers"] }[];
  faults: {
    /** What happens to the answer once an order is accepted. */
    afterAccept?: "hang" | "reset" | 500 | undefined;
    /** What happens to the answer once a reward is cancelled. */
    afterCancel?: "hang" | "reset" | 500 | undefined;
    /** Given as the answer to calls that start with `to`, which are then not processed. */
    instead?: ({ to: string } & Answer) | undefined;
  };
  /** How the next orders come out. */
  behaviour: {
    balance: number;
    status: string;
    /** Of the delivery: only `FAILED` can be cancelled. */
    delivery: string;
    expiresAt: string | null;
    repeatHasLink: boolean;
    listHasRewards: boolean;
  };
  close(): Promise<void>;
}

const errors = (message: string, payload: unknown = {}) => ({ errors: { message, payload } });

/** Starts one. `faults` and `behaviour` are changed as the test goes. */
export const startTremendousApi = async (): Promise<TremendousApi> => {
  const held: HeldOrder[] = [];
  const api = {
    apiKey: `TEST_${randomUUID().replace(/[\d-]/g, "x")}`,
    privateKey: `key-${randomUUID()}`,
    products: [] as ListProductsResponse["products"],
    orders: held,
    requests: [] as TremendousApi["requests"],
    faults: {} as TremendousApi["faults"],
    behaviour: {
      balance: 5_000,
      status: "EXECUTED",
      delivery: "SUCCEEDED",
      expiresAt: null,
      repeatHasLink: true,
      listHasRewards: true,
    } as TremendousApi["behaviour"],
  };

  const newLink = (order: HeldOrder) => {
    const link = `https://reward.example/redeem/${randomUUID()}`;
    order.links.push(link);
    return link;
  };
  const shown = (order: HeldOrder, { link, rewards = true }: { link?: string | undefined; rewards?: boolean }) => ({
    id: order.id,
    external_id: order.body.external_id,
    campaign_id: order.body.reward.campaign_id ?? null,
    created_at: "2026-11-23T09:00:00.000Z",
    status: order.status,
    channel: "API",
    payment: {
      subtotal: order.body.reward.value.denomination,
      total: order.body.reward.value.denomination,
      fees: 0,
      discount: 0,
      currency_code: "USD",
      ...(order.refunded && { refund: { total: order.body.reward.value.denomination, currency_code: "USD" } }),
    },
    ...(rewards && {
      rewards: [
        {
          id: order.rewardId,
          order_id: order.id,
          created_at: "2026-11-23T09:00:00.000Z",
          expires_at: api.behaviour.expiresAt,
          value: order.body.reward.value,
          recipient: { name: null, ...order.body.reward.recipient },
          delivery: { method: "LINK", status: order.delivery, ...(link && { link }) },
        },
      ],
    }),
  });

  const placeOrder = (sent: unknown): Answer => {
    const parsed = orderRequest.safeParse(sent);
    if (!parsed.success) {
      const payload: Record<string, unknown> = {};
      for (const { path, message } of parsed.error.issues)
        path.reduce<Record<string, unknown>>((at, key, depth) => {
          const inner = depth === path.length - 1 ? message : (at[String(key)] ?? {});
          at[String(key)] = inner;
          return inner as Record<string, unknown>;
        }, payload);
      return { status: 422, body: errors("Order failed: validation failure", payload) };
    }
    const body = parsed.data;
    const known = held.find((order) => order.body.external_id === body.external_id);
    if (known && !isDeepStrictEqual(known.body, body)) return { status: 409, body: errors("external_id already used") };
    if (known) {
      const link = api.behaviour.repeatHasLink ? known.links[0] : undefined;
      return { status: 201, body: { order: shown(known, { link }) } };
    }
    if (body.reward.value.denomination > api.behaviour.balance)
      return { status: 402, body: errors("Insufficient funds") };
    api.behaviour.balance -= body.reward.value.denomination;
    const order: HeldOrder = {
      id: randomUUID().slice(0, 12),
      body,
      rewardId: randomUUID().slice(0, 12),
      status: api.behaviour.status,
      delivery: api.behaviour.delivery,
      links: [],
    };
    held.push(order);
    const waits = order.status.startsWith("PENDING");
    return { status: 200, body: { order: shown(order, { link: waits ? undefined : newLink(order) }) } };
  };

  const answer = (method: string, url: URL, body: unknown): Answer => {
    const call = `${method} ${url.pathname}`;
    if (call === "POST /orders") return placeOrder(body);
    if (call === "GET /orders") {
      const found = held.filter(({ body: { external_id } }) => external_id === url.searchParams.get("external_id"));
      const orders = found.map((order) => shown(order, { rewards: api.behaviour.listHasRewards }));
      return { status: 200, body: { orders, total_count: orders.length } };
    }
    const [, kind, id, action] = url.pathname.split("/");
    if (method === "GET" && kind === "orders") {
      const order = held.find((each) => each.id === id || each.body.external_id === id);
      return order ? { status: 200, body: { order: shown(order, {}) } } : { status: 404, body: errors("Not found") };
    }
    if (method === "GET" && kind === "rewards" && action === undefined) {
      const order = held.find((each) => each.rewardId === id);
      if (!order) return { status: 404, body: errors("Not found") };
      return { status: 200, body: { reward: shown(order, {}).rewards?.[0] } };
    }
    if (call === "GET /products") return { status: 200, body: { products: api.products } };
    if (method === "POST" && kind === "rewards" && action === "generate_link") {
      const order = held.find((each) => each.rewardId === id);
      if (!order) return { status: 404, body: errors("Not found") };
      if (order.status.startsWith("PENDING")) return { status: 403, body: errors("Reward is not active") };
      return { status: 200, body: { reward: { id, link: newLink(order) } } };
    }
    if (method === "POST" && kind === "rewards" && action === "cancel") {
      const order = held.find((each) => each.rewardId === id);
      if (!order) return { status: 404, body: errors("Not found") };
      if (order.delivery !== "FAILED" || order.status === "CANCELED")
        return { status: 422, body: errors("The reward cannot be canceled") };
      order.status = "CANCELED";
      api.behaviour.balance += order.body.reward.value.denomination;
      return { status: 200, body: {} };
    }
    if (call === "GET /funding_sources") {
      const meta = { available_amount: api.behaviour.balance, currency_code: "USD" };
      const usage_permissions = ["api_orders", "dashboard_orders"];
      return {
        status: 200,
        body: {
          funding_sources: [
            { id: "FUND1", method: "balance", status: "active", usage_permissions, meta },
            { id: "FUND2", method: "credit_card", status: "failed", usage_permissions, meta: {} },
          ],
        },
      };
    }
    return { status: 404, body: errors("Not found") };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const call = `${request.method} ${url.pathname}`;
    api.requests.push({ call, headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { instead, afterAccept, afterCancel } = api.faults;
    const reply = ({ status, body = {}, headers = {} }: Answer) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (instead && call.startsWith(instead.to)) return reply(instead);
    if (request.headers.authorization !== `Bearer ${api.apiKey}`)
      return reply({ status: 401, body: errors(`Invalid credentials ${request.headers.authorization}`) });
    const text = Buffer.concat(chunks).toString("utf8");
    const given = answer(request.method ?? "", url, text === "" ? undefined : JSON.parse(text));
    const after = call === "POST /orders" ? afterAccept : call.endsWith("/cancel") ? afterCancel : undefined;
    if (after !== undefined && given.status < 300) {
      if (after === "hang") return;
      if (after === "reset") return request.socket.resetAndDestroy();
      if (after === 500) return reply({ status: 500, body: errors("Internal server error") });
    }
    reply(given);
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const webhook: TremendousApi["webhook"] = (event, resource) => {
    const sent = {
      event,
      uuid: randomUUID(),
      created_utc: "2026-11-23T09:00:00.000Z",
      payload: { resource, meta: {} },
    };
    const body = Buffer.from(JSON.stringify(sent));
    const signature = `sha256=${createHmac("sha256", api.privateKey).update(body).digest("hex")}`;
    return { body, headers: { "content-type": "application/json", "tremendous-webhook-signature": signature } };
  };
  return {
    ...api,
    webhook,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/**
 * A process of its own: Tremendous as its documentation describes it, as far as orders need it. Whoever started it is told on
 * which port it listens, and, whenever they ask, which orders came since they asked last, and when.
 */
import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import type { VendorOrders } from "./vendor.ts";
import { VENDOR_KEY } from "./workspace.ts";

const Order = z.object({
  external_id: z.string(),
  reward: z.object({
    value: z.object({ denomination: z.number(), currency_code: z.string() }),
    recipient: z.object({ name: z.string().optional(), email: z.string().optional() }),
  }),
});

const known = new Map<string, string>();
let news: VendorOrders = { arrived: [], repeated: 0 };

const answer = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

const shown = (id: string, { external_id, reward: { value, recipient } }: z.infer<typeof Order>) => ({
  id,
  external_id,
  created_at: "2026-11-23T09:00:00.000Z",
  status: "EXECUTED",
  payment: { subtotal: value.denomination, total: value.denomination, fees: 0, discount: 0, currency_code: "USD" },
  rewards: [
    {
      id: `R${id}`,
      order_id: id,
      created_at: "2026-11-23T09:00:00.000Z",
      value,
      recipient,
      delivery: { method: "LINK", status: "SUCCEEDED", link: `https://reward.example/redeem/${id}` },
    },
  ],
});

const server = createServer(async (request, response) => {
  const at = performance.timeOrigin + performance.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.headers.authorization !== `Bearer ${VENDOR_KEY}`)
    return answer(response, 401, { errors: { message: "Invalid credentials", payload: {} } });
  const call = `${request.method} ${new URL(request.url ?? "/", "http://vendor").pathname}`;
  if (call === "GET /products") return answer(response, 200, { products: [] });
  if (call === "GET /funding_sources") return answer(response, 200, { funding_sources: [] });
  if (call !== "POST /orders") return answer(response, 404, { errors: { message: "Not found", payload: {} } });
  const order = Order.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  const before = known.get(order.external_id);
  const id = before ?? randomUUID().slice(0, 12);
  known.set(order.external_id, id);
  if (before === undefined) news.arrived.push([order.external_id, at]);
  else news.repeated += 1;
  answer(response, before === undefined ? 200 : 201, { order: shown(id, order) });
});

server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => {
  process.send?.(news);
  news = { arrived: [], repeated: 0 };
});
process.once("disconnect", () => process.exit());

import { createHmac } from "node:crypto";
import { z } from "zod";
import type { ProviderReceipt, ReceiptRequest, Received } from "../../receipt.ts";
import { isOneOf } from "../same-secret.ts";
import type { TremendousSettings } from "./settings.ts";

/** developers.tremendous.com/docs/webhooks-1: all events of the organisation come to one address. */
const Body = z.object({
  event: z.string().max(100),
  created_utc: z.string().optional(),
  payload: z.object({ resource: z.object({ id: z.string().max(100), type: z.string().max(100) }).nullish() }).nullish(),
});

/** Tremendous names its own ids; the key of an order, and the order of a reward, are asked for. Undefined: not told. */
export interface AskVendor {
  keyOf(orderId: string): Promise<string | undefined>;
  orderOf(rewardId: string): Promise<string | undefined>;
  warn(text: string): void;
}

/**
 * `Tremendous-Webhook-Signature: sha256=<HMAC-SHA256 of the raw body, hex>` with the private key that `POST /webhooks`
 * answers. Nothing is kept of an event's `uuid`: each event only makes somebody ask, so that a repeated one does no harm.
 */
export const receiveWebhook = async (
  { webhookKey }: TremendousSettings,
  { method, headers, body }: ReceiptRequest,
  now: Date,
  vendor: AskVendor,
): Promise<Received<ProviderReceipt>> => {
  if (method !== "POST") return { refused: 405, reason: `found ${method}, expected POST` };
  if (!webhookKey) return { refused: 401, reason: "accolade.yaml has no webhookKey for this provider" };
  const given = headers["tremendous-webhook-signature"];
  if (given === undefined) return { refused: 401, reason: "found no Tremendous-Webhook-Signature" };
  const expected = webhookKey.map((key) => `sha256=${createHmac("sha256", key).update(body).digest("hex")}`);
  if (!isOneOf(given.trim(), expected))
    return { refused: 401, reason: "found a signature that none of webhookKey makes for this body" };
  const read = Body.safeParse(json(body)).data;
  if (!read) return { refused: 400, reason: "expected an event as JSON" };
  const id = read.payload?.resource?.id;
  const order = id === undefined ? undefined : await orderOf(read.event, id, vendor);
  if (order) return { receipts: [{ what: "order", order, at: momentOf(read.created_utc, now), detail: read.event }] };
  if (read.event === "FUNDING_SOURCES.FUNDED") return { receipts: [{ what: "funds" }] };
  if (read.event === "PRODUCTS.ADDED" || read.event === "PRODUCTS.REMOVED") return { receipts: [{ what: "catalog" }] };
  return { receipts: [] };
};

/** What happens to an order that is there tells nothing new, and delivery is ours: a link. */
const orderOf = async (event: string, id: string, vendor: AskVendor) => {
  if (event === "ORDERS.APPROVED" || event === "ORDERS.CANCELED" || event === "ORDERS.FAILED") {
    const key = await vendor.keyOf(id);
    return key === undefined ? { reference: id } : { key };
  }
  if (event === "REWARDS.CANCELED") {
    const reference = await vendor.orderOf(id);
    return reference === undefined ? undefined : { reference };
  }
  if (event === "REWARDS.FLAGGED")
    vendor.warn(`Tremendous holds reward ${id} for a fraud review: decide it in the Tremendous dashboard.`);
  return undefined;
};

const momentOf = (text: string | undefined, now: Date): Date => {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? now : new Date(at);
};

const json = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};

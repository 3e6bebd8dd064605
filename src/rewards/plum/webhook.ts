import { z } from "zod";
import type { ProviderReceipt, ReceiptRequest, Received } from "../../receipt.ts";
import { isOneOf } from "../same-secret.ts";
import type { PlumSettings } from "./settings.ts";

/** API-GUIDE/Concepts/webhooks-1/implementing-webhooks.md: only the delivery of an order is told. */
const Body = z.object({
  data: z.object({
    orderId: z.coerce.number().nullish(),
    poNumber: z.string().max(100).nullish(),
    deliveryStatus: z.string().max(40),
  }),
});

/**
 * Plum signs nothing: it sends back a key that the admin chose (securing-webhooks.md). Its times have no time zone, so the
 * receipt is of now.
 */
export const receiveWebhook = (
  { webhookKey }: PlumSettings,
  { method, headers, body }: ReceiptRequest,
  now: Date,
): Received<ProviderReceipt> => {
  if (method !== "POST") return { refused: 405, reason: `found ${method}, expected POST` };
  if (!webhookKey) return { refused: 401, reason: "accolade.yaml has no webhookKey for this provider" };
  const given = headers["x-api-key"];
  if (given === undefined) return { refused: 401, reason: "found no x-api-key" };
  if (!isOneOf(given, webhookKey)) return { refused: 401, reason: "found another x-api-key than webhookKey" };
  const read = Body.safeParse(json(body)).data?.data;
  const order = read?.poNumber
    ? { key: read.poNumber }
    : read?.orderId
      ? { reference: String(read.orderId) }
      : undefined;
  if (!read || !order) return { refused: 400, reason: "expected an order with its deliveryStatus, as JSON" };
  return { receipts: [{ what: "order", order, at: now, detail: read.deliveryStatus.toLowerCase() }] };
};

const json = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};

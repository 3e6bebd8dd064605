import { retryLater, unknown } from "../../outcome.ts";
import type { CancelOutcome } from "../provider.ts";
import { inWords, type Reply } from "./call.ts";
import { waitOf } from "./refusal.ts";
import { isTakenBack, type VendorOrder } from "./vendor-order.ts";

/**
 * What may be done to take an order back. Tremendous documents one way: "Only non-expired rewards with a delivery failure can
 * be canceled". A reward that was delivered as a link is the recipient's.
 */
export const nextOfCancel = (order: VendorOrder, now: Date): CancelOutcome | { rewardId: string } => {
  if (isTakenBack(order) || order.status === "FAILED") return { outcome: "cancelled" };
  const [reward, ...others] = order.rewards ?? [];
  if (!reward || others.length > 0)
    return unknown(`Tremendous has order ${order.id} (${order.status}) but did not show its one reward.`);
  if (reward.expires_at && Date.parse(reward.expires_at) <= now.getTime())
    return { outcome: "cannot", detail: `Tremendous takes back no reward that has expired (order ${order.id}).` };
  if (reward.delivery?.status !== "FAILED")
    return {
      outcome: "cannot",
      detail: `Tremendous takes back only a reward whose delivery failed; that of order ${order.id} is ${reward.delivery?.status ?? "not known"}.`,
    };
  return { rewardId: reward.id };
};

/** What the answer to `POST /rewards/{id}/cancel` means. Whatever is not documented as done or as refused is unknown. */
export const cancelAnswer = (reply: Reply, now: Date): CancelOutcome => {
  if (reply.status === "none")
    return reply.sent
      ? unknown(`Tremendous may have cancelled the reward: ${reply.why}.`)
      : retryLater(5_000, `Tremendous was not reached: ${reply.why}.`);
  if (reply.status === 200) return { outcome: "cancelled" };
  if (reply.status === 429) return retryLater(waitOf(reply.retryAfter, now), "Tremendous asks for patience (429).");
  if (reply.status === 401 || reply.status === 403)
    return retryLater(3_600_000, `Tremendous did not accept the API key (${reply.status}). Check apiKey.`);
  return unknown(`Tremendous was asked to cancel the reward: ${inWords(reply)}.`);
};

import { retryLater, unknown } from "../../outcome.ts";
import type { CancelOutcome } from "../provider.ts";
import { inWords, type Reply, waitOf } from "../vendor-call.ts";
import { type Gift, giftAnswer } from "./vendor-order.ts";

/** What may be done to take an order back: "once a gift offer has been claimed by the recipient it cannot be canceled". */
export const nextOfCancel = (gifts: readonly Gift[]): CancelOutcome | { uuid: string } => {
  const [gift, ...others] = gifts;
  if (!gift || others.length > 0) return unknown("Giftbit has the order, but does not show its one gift yet.");
  return ended(gift.status) ?? { uuid: gift.uuid };
};

/** What the answer to `DELETE /gifts/{uuid}` means. Whatever is not documented as done is unknown, and is looked at again. */
export const cancelAnswer = (reply: Reply, now: Date): CancelOutcome => {
  if (reply.status === "none")
    return reply.sent
      ? unknown(`Giftbit may have cancelled the gift: ${reply.why}.`)
      : retryLater(5_000, `Giftbit was not reached: ${reply.why}.`);
  const answer = giftAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
  if (answer.success)
    return ended(answer.data.gift.status) ?? unknown(`Giftbit says that the gift is ${answer.data.gift.status}.`);
  if (reply.status === 429) return retryLater(waitOf(reply.retryAfter, 2_000, now), "Giftbit asks for patience (429).");
  if (reply.status === 401 || reply.status === 403)
    return retryLater(3_600_000, `Giftbit did not accept the API key (${reply.status}). Check apiKey.`);
  return unknown(`Giftbit was asked to cancel the gift: ${inWords(reply)}.`);
};

const ended = (status: string): CancelOutcome | undefined => {
  // the money of an expired gift is back in the account
  if (status === "GIVER_CANCELLED" || status === "EXPIRED") return { outcome: "cancelled" };
  if (status === "REDEEMED") return { outcome: "used" };
  return status === "TO_CHARITY" ? { outcome: "used" } : undefined;
};

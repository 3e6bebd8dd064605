import { rejected, retryLater, unknown } from "../../outcome.ts";
import { type Reply, waitOf, withoutSecrets } from "../vendor-call.ts";
import { errorAnswer } from "./vendor-order.ts";

/**
 * What an answer without an order means. "ONLY an HTTP status of 200 means the request was successful"; a 4xx in Giftbit's own
 * form was not processed; a 5xx or silence may have been.
 */
export const refusal = (reply: Reply, apiKey: string, now: Date) => {
  if (reply.status === "none")
    return reply.sent
      ? unknown(`Giftbit may have taken the order: ${reply.why}.`)
      : retryLater(5_000, `Giftbit was not reached: ${reply.why}.`);
  const { status } = reply;
  if (status === 429) return retryLater(waitOf(reply.retryAfter, 2_000, now), "Giftbit asks for patience (429).");
  const error = errorAnswer.safeParse(reply.body).data?.error;
  const said = withoutSecrets([error?.name, error?.message].filter((each) => each).join(": "), [apiKey]);
  if (status === 401 || status === 403)
    return rejected(
      "configuration",
      `http_${status}`,
      `Giftbit did not accept the API key (${status}). Check apiKey, and that it belongs to this environment.`,
    );
  if (!error) return unknown(`Giftbit answered ${status} without an order that can be read.`);
  if (status === 402) return rejected("funds", error.code, `Giftbit could not charge the card for this order: ${said}`);
  // "brand_code … is not valid or not available for the given price": once the brand or its prices change, it can go on
  if (status === 400 || status === 422)
    return /BRAND|PRICE|REGION/.test(error.code)
      ? rejected("configuration", error.code, `Giftbit does not supply what the reward names: ${said}`)
      : rejected("permanent", error.code, `Giftbit refused the order as not valid: ${said}`);
  return unknown(`Giftbit answered ${status}: ${said}`);
};

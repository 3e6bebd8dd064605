import { type Rejection, rejected, retryLater, unknown } from "../../outcome.ts";
import { inWords, type Reply } from "../vendor-call.ts";
import type { VendorError } from "./vendor-error.ts";

/**
 * The errors after which it is certain that this request placed no order, and what has to happen: error-handling-1.md of
 * Plum's documentation; a code of ours where it says more than the vendor's. All others are unknown, also those that say
 * "order placement failed": an order is looked up before it is sent again, as Plum asks for after any 5xx.
 */
const certain: Readonly<Record<string, [Exclude<Rejection, "optedOut" | "badAddress">, string, code?: string]>> = {
  PLE10001: ["permanent", "Plum refused the order as not valid"],
  PLE10014: ["configuration", "Plum says that this client is not valid: write to cs@xoxoday.com"],
  PLE10015: ["configuration", "Plum wants the Amazon KYC first: write to cs@xoxoday.com"],
  PLE10018: ["permanent", "Plum does not sell this product at this value: compare it with Plum's catalogue"],
  PLE10019: ["configuration", "Plum has not enabled international products for this account: write to cs@xoxoday.com"],
  PLE10024: ["funds", "Plum is out of stock of this product", "out_of_stock"],
  PLE10041: ["permanent", "Plum refused the quantity"],
  PLE10042: ["configuration", "Plum has not activated this product for this account: submit your KYB"],
  PIPE10015: ["configuration", "Plum has disabled the user of these credentials"],
  PIPE10016: ["configuration", "Plum has disabled the company of these credentials"],
  PIPE10017: ["configuration", "Plum does not allow this machine's address: have it allow-listed"],
};

/** What the answer to `placeOrder` means where it holds no order. Classified by errorId, whatever the HTTP status. */
export const refusal = (reply: Reply, error: VendorError) => {
  if (reply.status === "none")
    return reply.sent
      ? unknown(`Plum may have taken the order: ${reply.why}.`)
      : retryLater(5_000, `Plum was not reached: ${reply.why}.`);
  if (error.penaltyMs !== undefined) return retryLater(error.penaltyMs, "Plum asks for patience: too many requests.");
  const said = error.words ? `: ${error.words}` : "";
  if (error.id === undefined) {
    if (reply.status === 401 || reply.status === 403)
      return rejected(
        "configuration",
        `http_${reply.status}`,
        `Plum did not accept its own token (${reply.status}${said}). Check environment and the credentials.`,
      );
    return unknown(`Plum was asked for the order, and ${inWords(reply)}${said}.`);
  }
  const known = Object.hasOwn(certain, error.id) ? certain[error.id] : undefined;
  if (known) return rejected(known[0], known[2] ?? error.id, `${known[1]} (${error.id}${said}).`);
  return unknown(`Plum answered ${error.id}${said}: whether there is an order is asked.`);
};

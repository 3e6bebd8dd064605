import { type Rejection, rejected, retryLater, unknown } from "../outcome.ts";
import { type Reply, unexplained, vendorWords } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and CommonErrors.html. What is not here is `permanent`. */
const meanings = new Map<string, Rejection>([
  ["OptedOut", "optedOut"],
  ["AuthorizationError", "configuration"],
  ["AccessDenied", "configuration"],
  ["AccessDeniedException", "configuration"],
  ["InvalidClientTokenId", "configuration"],
  ["UnrecognizedClientException", "configuration"],
  ["SignatureDoesNotMatch", "configuration"],
  ["IncompleteSignature", "configuration"],
  ["MissingAuthenticationToken", "configuration"],
  ["ExpiredToken", "configuration"],
  ["RequestExpired", "configuration"],
  ["OptInRequired", "configuration"],
  ["InvalidSecurity", "configuration"],
  ["UserError", "configuration"],
]);
const busy = new Set(["Throttled", "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded"]);

const inTag = (text: string, tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(text)?.[1];

/** Only what AWS says in its own format is believed; everything else after sending is `unknown`. */
export const snsOutcome = (reply: Reply): SendOutcome => {
  if (reply.status === "none") return unexplained("Amazon SNS", reply);
  if (reply.status >= 200 && reply.status < 300) {
    const reference = inTag(reply.text, "MessageId");
    return reference
      ? { outcome: "accepted", reference }
      : unknown(`Amazon SNS answered ${reply.status} without a MessageId`);
  }
  const code = inTag(reply.text, "Code");
  const words = vendorWords(inTag(reply.text, "Message") ?? "no details");
  if (code && busy.has(code))
    return retryLater(reply.retryAfterMs ?? 5_000, `Amazon SNS asks for patience (${code}): ${words}`, "sender");
  if (!code || reply.status >= 500 || reply.status === 429) return unexplained("Amazon SNS", reply);
  const detail = `Amazon SNS refused it (${code}): ${words}`;
  if ((code === "InvalidParameter" || code === "InvalidParameterValue") && /phone ?number/i.test(words))
    return rejected(/opted out/i.test(words) ? "optedOut" : "badAddress", code, detail);
  return rejected(meanings.get(code) ?? "permanent", code, detail);
};

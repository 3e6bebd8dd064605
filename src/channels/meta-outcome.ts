import { z } from "zod";
import { type Rejection, rejected, retryLater, unknown } from "../outcome.ts";
import { type Reply, unexplained, vendorWords } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

const Taken = z.object({
  messages: z.array(z.object({ id: z.string().min(1), message_status: z.string().nullish() })).min(1),
});
const Refusal = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().nullish(),
    error_data: z.object({ details: z.string().nullish() }).nullish(),
  }),
});

/** Meta says to branch on the code, never on titles. A code that is not here is `permanent`. */
const meanings = new Map<number, Rejection>([
  [131026, "badAddress"], // cannot be delivered: not on WhatsApp, an old app, terms not accepted
  [131050, "optedOut"], // stopped marketing messages
  [131049, "permanent"], // held back to keep a healthy ecosystem
  [131047, "configuration"], // outside the 24-hour window without a template
  [131048, "configuration"], // restricted for low quality: an admin must look
  [131042, "configuration"], // payment method
  [131030, "configuration"], // a test number sends to listed numbers only
  [131031, "configuration"], // account locked
  [130497, "configuration"], // account may not send to that country
  [368, "configuration"], // blocked for a policy violation
  [132000, "configuration"], // template: number of variables
  [132001, "configuration"], // template: missing in that language
  [132015, "configuration"], // template: paused
  [132016, "configuration"], // template: disabled
  [0, "configuration"], // no authentication
  [3, "configuration"], // capability
  [10, "configuration"], // permission
  [33, "configuration"], // no such phone number id
  [190, "configuration"], // token expired
]);
const TOO_MANY_TO_RECIPIENT = 131056;
const plainly = new Map<number, string>([
  [131026, "it cannot be delivered: not on WhatsApp, an old version of it, or its terms not accepted"],
  [131049, "Meta held it back: this person gets enough messages of businesses"],
  [131050, "the recipient wants no marketing messages"],
  [131047, "more than 24 hours since they last wrote, and no template"],
]);
const patience = new Map<number, number>([
  [130429, 10_000], // throughput
  [TOO_MANY_TO_RECIPIENT, 60_000],
  [4, 60_000], // calls of the app
  [80007, 60_000], // calls of the account
]);
/** The vendor itself does not know: 1 "possible server error", 2 "temporary due to downtime", 131000 "something went wrong". */
const doubtful = new Set([1, 2, 131000]);

/** Only what Meta says in its own format is believed; everything else after sending is `unknown`. */
export const metaOutcome = (reply: Reply): SendOutcome => {
  if (reply.status === "none") return unexplained("Meta", reply);
  if (reply.status >= 200 && reply.status < 300) {
    const message = Taken.safeParse(reply.body).data?.messages[0];
    if (!message) return unknown(`Meta answered ${reply.status} without a message id`);
    if (message.message_status === "paused")
      return rejected("configuration", "paused", "Meta has paused the template for its quality: see WhatsApp Manager");
    return { outcome: "accepted", reference: message.id };
  }
  const refusal = Refusal.safeParse(reply.body).data?.error;
  if (reply.status >= 500 && (!refusal || !patience.has(refusal.code))) return unexplained("Meta", reply);
  if (!refusal)
    return reply.status === 401 || reply.status === 403
      ? rejected(
          "configuration",
          String(reply.status),
          `Meta answered ${reply.status}: check accessToken and phoneNumberId`,
        )
      : unexplained("Meta", reply);

  const { code, message, error_data: data } = refusal;
  const said = `Meta error ${code}: ${vendorWords(data?.details ?? message ?? "no details")}`;
  const wait = patience.get(code) ?? (reply.status === 429 ? 10_000 : undefined);
  if (wait !== undefined)
    return retryLater(reply.retryAfterMs ?? wait, said, code === TOO_MANY_TO_RECIPIENT ? "recipient" : "sender");
  if (doubtful.has(code)) return unknown(said);
  const permission = code >= 200 && code <= 299;
  return rejected(permission ? "configuration" : (meanings.get(code) ?? "permanent"), String(code), said);
};

/** What a failure in a status says of the number, beyond the message. */
export const metaAddressMeaning = (code: number): "bad" | "optedOut" | undefined => {
  const meaning = meanings.get(code);
  return meaning === "badAddress" ? "bad" : meaning === "optedOut" ? meaning : undefined;
};

/** The same failure for a person. */
export const metaCodeInWords = (code: number, details: string): string =>
  `Meta error ${code}: ${plainly.get(code) ?? vendorWords(details || "no details")}`;

import { z } from "zod";
import { type Rejection, rejected, retryLater, unknown } from "../outcome.ts";
import { type Reply, unexplained, vendorWords } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

const Created = z.object({ sid: z.string().min(1), status: z.string().nullish(), error_code: z.number().nullish() });
const Refusal = z.object({ code: z.number(), message: z.string().nullish() });

/** https://www.twilio.com/docs/api/errors/<code>. A code that is not here is `permanent`: this request will not be taken. */
const meanings = new Map<number, Rejection>([
  [21211, "badAddress"], // invalid To
  [21614, "badAddress"], // To is not a mobile number
  [21635, "badAddress"], // To is a landline
  [21610, "optedOut"], // replied STOP
  [30005, "badAddress"], // unknown, inactive or out of service
  [30006, "badAddress"], // a landline, or a carrier that takes no SMS
  [20003, "configuration"], // wrong credentials
  [20404, "configuration"], // no such account
  [21408, "configuration"], // sending to that region is not switched on
  [21606, "configuration"], // From cannot send there
  [21608, "configuration"], // trial account, unverified To
  [21659, "configuration"], // From is not ours
  [30034, "configuration"], // US number not registered for 10DLC
  [63016, "configuration"], // WhatsApp outside the 24-hour window without a template
]);
const advice = new Map<number, string>([
  [20003, "check accountSid and authToken"],
  [21408, "switch the country on under Messaging, Geo permissions, in the Twilio console"],
  [21608, "a trial account sends to verified numbers only: verify the number or upgrade"],
  [30034, "register the number for A2P 10DLC"],
  [63016, "use an approved template: see docs/channels.md"],
]);
const TOO_MANY = 20429;
const plainly = new Map<number, string>([
  [21610, "the recipient has replied STOP"],
  [30003, "the phone is switched off or out of reach"],
  [30005, "the number is unknown or out of service"],
  [30006, "the number is a landline, or its carrier takes no SMS"],
  [30007, "filtered by Twilio or the carrier: look at the words and the registration"],
]);
const patience = new Map<number, number>([
  [TOO_MANY, 5_000], // at once; not processed
  [30450, 30 * 60_000], // this number range is blocked against SMS pumping, for 15 to 30 minutes
]);

/** Only what Twilio says in its own format is believed; everything else after sending is `unknown`. */
export const twilioOutcome = (reply: Reply): SendOutcome => {
  if (reply.status === "none" || reply.status >= 500) return unexplained("Twilio", reply);
  if (reply.status >= 200 && reply.status < 300) {
    const created = Created.safeParse(reply.body);
    if (!created.success) return unknown(`Twilio answered ${reply.status} without a message SID`);
    const { sid, status, error_code: code } = created.data;
    if (code && (status === "failed" || status === "undelivered")) return refused(code, "", undefined);
    return { outcome: "accepted", reference: sid };
  }
  const refusal = Refusal.safeParse(reply.body);
  if (refusal.success) return refused(refusal.data.code, refusal.data.message ?? "", reply.retryAfterMs);
  // without a body a proxy may have spoken, but these three are answered before anything is done
  if (reply.status === 401 || reply.status === 403 || reply.status === 404)
    return rejected(
      "configuration",
      String(reply.status),
      `Twilio answered ${reply.status}: check accountSid and authToken`,
    );
  return unexplained("Twilio", reply);
};

const refused = (code: number, message: string, retryAfterMs: number | undefined): SendOutcome => {
  const said = [`Twilio error ${code}`, vendorWords(message), advice.get(code)].filter(Boolean).join(": ");
  const wait = patience.get(code);
  if (wait !== undefined) return retryLater(retryAfterMs ?? wait, said, code === TOO_MANY ? "sender" : undefined);
  return rejected(meanings.get(code) ?? "permanent", String(code), said);
};

const SWITCHED_OFF = 30003;

/** What an error in a status report says of the number, beyond the message. */
export const addressMeaning = (code: number): "bad" | "optedOut" | "soft" | undefined => {
  if (code === SWITCHED_OFF) return "soft";
  const meaning = meanings.get(code);
  return meaning === "badAddress" ? "bad" : meaning === "optedOut" ? meaning : undefined;
};

/** The same error for a person. */
export const codeInWords = (code: number): string =>
  [`Twilio error ${code}`, plainly.get(code) ?? advice.get(code)].filter(Boolean).join(": ");

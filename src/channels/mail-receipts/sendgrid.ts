/** SendGrid's Signed Event Webhook. https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import type { MessageReceipt } from "../../receipt.ts";
import { vendorWords } from "../call.ts";
import { type MailReceiptsKind, MESSAGE_HEADER, whoTells } from "./mail-receipts.ts";
import { readJson } from "./read-json.ts";

/** The base64 text that SendGrid shows is the key in DER form. */
const publicKeyOf = (text: string): KeyObject | undefined => {
  try {
    return createPublicKey({
      key: Buffer.from(text.replace(/-----[^-]+-----|\s/g, ""), "base64"),
      format: "der",
      type: "spki",
    });
  } catch {
    return undefined;
  }
};

const Settings = z.strictObject({
  from: z.literal("sendgrid").describe(whoTells),
  verificationKey: z
    .string()
    .refine((text) => publicKeyOf(text) !== undefined, "expected the verification key that SendGrid shows, in base64")
    .describe("Verification key of the signed event webhook, under Settings, Mail settings"),
});

/** SendGrid tries again for a day where it was not answered; the timestamp is then that of the first time. */
const WINDOW_MS = 25 * 3_600_000;

export const sendgrid: MailReceiptsKind<z.infer<typeof Settings>> = {
  id: "sendgrid",
  settings: Settings,
  secrets: [],
  open({ verificationKey }, { now }) {
    const publicKey = publicKeyOf(verificationKey);
    return {
      headers: (key) => ({
        [MESSAGE_HEADER]: key,
        "X-SMTPAPI": JSON.stringify({ unique_args: { accolade_message: key } }),
      }),
      async receive({ method, headers, body }) {
        if (method !== "POST") return { refused: 405, reason: "method" };
        const signature = headers["x-twilio-email-event-webhook-signature"];
        const timestamp = headers["x-twilio-email-event-webhook-timestamp"];
        if (signature === undefined || timestamp === undefined) return { refused: 401, reason: "signature_missing" };
        if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now().getTime() - Number(timestamp) * 1000) > WINDOW_MS)
          return { refused: 401, reason: "too_old" };
        const signed = Buffer.concat([Buffer.from(timestamp), body]);
        if (!publicKey || !verify("sha256", signed, publicKey, Buffer.from(signature, "base64")))
          return { refused: 401, reason: "signature" };
        const events = z.array(z.unknown()).safeParse(readJson(body));
        if (!events.success) return { refused: 400, reason: "not_a_list" };
        return { receipts: events.data.flatMap((event) => read(event)) };
      },
    };
  },
};

const Event = z.object({
  event: z.string(),
  timestamp: z.number(),
  sg_event_id: z.string().min(1),
  "smtp-id": z.string().nullish(),
  accolade_message: z.string().nullish(),
  type: z.string().nullish(),
  status: z.string().nullish(),
  reason: z.string().nullish(),
});
type Event = z.infer<typeof Event>;

const read = (given: unknown): MessageReceipt[] => {
  const event = Event.safeParse(given).data;
  const told = event && tell(event);
  const key = event?.accolade_message;
  const reference = event?.["smtp-id"];
  if (!told || (!key && !reference)) return [];
  const message = key ? { key } : { reference: reference ?? "" };
  return [{ what: "state", key: event.sg_event_id, message, at: new Date(event.timestamp * 1000), ...told }];
};

type Told = Omit<Extract<MessageReceipt, { what: "state" }>, "what" | "key" | "message" | "at">;

/** `blocked` is a refusal of this mail, not yet of the address; `deferred` is still tried; opens and clicks are left out, since scanners make them too. */
const tell = ({ event, type, status, reason }: Event): Told | undefined => {
  const failed = (address?: Told["address"]): Told => ({
    state: "failed",
    code: status ?? event,
    detail: `${event}: ${vendorWords(reason ?? "no reason given")}`,
    ...(address ? { address } : {}),
  });
  switch (event) {
    case "processed":
      return { state: "sent" };
    case "delivered":
      return { state: "delivered" };
    case "bounce":
      return failed(type === "blocked" ? "soft" : "bad");
    case "dropped":
      return failed(dropReasons.find(([pattern]) => pattern.test(reason ?? ""))?.[1]);
    case "spamreport":
      return { state: "delivered", code: event, address: "complained" };
    case "unsubscribe":
    case "group_unsubscribe":
      return { state: "delivered", code: event, address: "optedOut" };
    default:
      return undefined;
  }
};

const dropReasons: readonly [RegExp, "bad" | "optedOut" | "complained"][] = [
  [/bounced address|invalid$/i, "bad"],
  [/unsubscribed address/i, "optedOut"],
  [/spam reporting address/i, "complained"],
];

/**
 * Amazon SES, which publishes its events through an SNS topic.
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */
import { z } from "zod";
import type { MessageReceipt } from "../../receipt.ts";
import { vendorWords } from "../call.ts";
import { type MailReceiptsKind, MESSAGE_HEADER, whoTells } from "./mail-receipts.ts";
import { readJson } from "./read-json.ts";
import { confirmSubscription, verifySns } from "./sns-message.ts";

const Settings = z.strictObject({
  from: z.literal("ses").describe(whoTells),
  topicArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:[a-z\d-]+:\d{12}:[\w-]{1,256}$/, "expected arn:aws:sns:<region>:<account>:<topic>")
    .describe("ARN of the SNS topic that SES publishes to: messages of any other topic are refused"),
  configurationSet: z
    .string()
    .min(1)
    .optional()
    .describe("SES configuration set that publishes the events; left out: the identity's default one"),
});

/** Tags and headers come back in events; a header alone where SES notifies by identity and is told to include headers. */
const TAG = "accolade_message";

export const ses: MailReceiptsKind<z.infer<typeof Settings>> = {
  id: "ses",
  settings: Settings,
  secrets: [],
  open({ topicArn, configurationSet }, { now }) {
    const certificates = new Map();
    return {
      headers: (key) => ({
        [MESSAGE_HEADER]: key,
        "X-SES-MESSAGE-TAGS": `${TAG}=${key}`,
        ...(configurationSet === undefined ? {} : { "X-SES-CONFIGURATION-SET": configurationSet }),
      }),
      async receive(request) {
        if (request.method !== "POST") return { refused: 405, reason: "method" };
        const verified = await verifySns(request.body, { topicArn, now, certificates });
        if ("refused" in verified) return verified;
        const { message } = verified;
        if (message.Type === "SubscriptionConfirmation")
          return (await confirmSubscription(message)) ? { receipts: [] } : { refused: 400, reason: "not_confirmed" };
        return { receipts: message.Type === "Notification" ? read(message.Message, message.MessageId) : [] };
      },
    };
  },
};

const Recipients = z.array(z.object({ status: z.string().nullish(), diagnosticCode: z.string().nullish() })).nullish();
const Event = z.object({
  eventType: z.string().nullish(),
  notificationType: z.string().nullish(),
  mail: z.object({
    timestamp: z.string(),
    messageId: z.string(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    tags: z.record(z.string(), z.array(z.string())).nullish(),
  }),
  bounce: z.object({ bounceType: z.string(), timestamp: z.string(), bouncedRecipients: Recipients }).nullish(),
  complaint: z.object({ timestamp: z.string(), complaintFeedbackType: z.string().nullish() }).nullish(),
  delivery: z.object({ timestamp: z.string() }).nullish(),
  reject: z.object({ reason: z.string().nullish() }).nullish(),
});
type Event = z.infer<typeof Event>;

const read = (text: string, key: string): MessageReceipt[] => {
  const event = Event.safeParse(readJson(text)).data;
  const told = event && tell(event);
  return told ? [{ what: "state", key, message: messageOf(event), ...told }] : [];
};

const messageOf = ({ mail }: Event): { key: string } | { reference: string } => {
  const header = mail.headers?.find(({ name }) => name.toLowerCase() === MESSAGE_HEADER.toLowerCase());
  const key = mail.tags?.[TAG]?.[0] ?? header?.value;
  return key === undefined ? { reference: mail.messageId } : { key };
};

type Told = Omit<Extract<MessageReceipt, { what: "state" }>, "what" | "key" | "message">;

/** Opens and clicks are left out: scanners make them too. A delay is none of an end. */
const tell = ({ eventType, notificationType, mail, bounce, complaint, delivery, reject }: Event): Told | undefined => {
  switch (eventType ?? notificationType) {
    case "Send":
      return { state: "sent", at: dateOf(mail.timestamp) };
    case "Delivery":
      return { state: "delivered", at: dateOf(delivery?.timestamp ?? mail.timestamp) };
    case "Bounce": {
      const { status, diagnosticCode } = bounce?.bouncedRecipients?.[0] ?? {};
      const detail = `bounced (${bounce?.bounceType ?? "unknown"}): ${vendorWords(diagnosticCode ?? "no details")}`;
      const at = dateOf(bounce?.timestamp ?? mail.timestamp);
      return {
        state: "failed",
        at,
        code: status ?? "bounce",
        detail,
        ...(bounce ? { address: bounce.bounceType === "Permanent" ? "bad" : "soft" } : {}),
      };
    }
    case "Complaint":
      // it arrived, and was taken for spam
      if (complaint?.complaintFeedbackType === "not-spam") return undefined;
      return {
        state: "delivered",
        at: dateOf(complaint?.timestamp ?? mail.timestamp),
        code: "complaint",
        address: "complained",
      };
    case "Reject":
      return {
        state: "failed",
        at: dateOf(mail.timestamp),
        code: "reject",
        detail: vendorWords(`SES rejected it: ${reject?.reason ?? ""}`),
      };
    default:
      return undefined;
  }
};

const dateOf = (text: string): Date => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? new Date(0) : at;
};

/** A bench per way in which receipts come: what a genuine request looks like, and what its vendor signs. */
import { createHash, createHmac } from "node:crypto";
import nock from "nock";
import twilioSdk from "twilio";
import type { ChannelName } from "../../src/channels/channel.ts";
import { writeReturnToken } from "../../src/channels/mail-receipts/return-path.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { deliveryStatusMail, postmarkEvent, sendgridAccount, sesEvent, snsTopic } from "../support/mail-services.ts";

/** What became of a message, in every vendor's own words. */
export type Fate = "delivered" | "dead";

export interface ReceiptBench {
  settings: Record<string, unknown>;
  /** A request about the message of this key, made at this moment. `secret`: signed by somebody who guesses it. */
  request(key: string, fate: Fate, at: Date, secret?: "wrong"): ReceiptRequest;
  /** Headers without which it must be refused. */
  proofs: readonly string[];
  /** The body is signed, so that no byte of it may change; otherwise a login goes with it. */
  signsBody: boolean;
  /** It says when it was made, and an old one is refused. */
  dated: boolean;
  close(): void;
}

export interface ReceiptBenchKind {
  name: string;
  sender: string;
  channel: ChannelName;
  start(now: Date): ReceiptBench;
}

const publicUrl = "https://accolade.example";
const from = { name: "Acme", address: "rewards@acme.example" };
const mail = (receipts: Record<string, unknown>) => ({ host: "127.0.0.1", from, receipts });
const post = (channel: string, headers: Record<string, string>, body: string, query = ""): ReceiptRequest => ({
  method: "POST",
  url: `${publicUrl}/receipts/${channel}${query}`,
  headers,
  body: Buffer.from(body),
});
const nothing = () => {};

const twilio = (channel: "sms" | "whatsapp"): ReceiptBenchKind => ({
  name: "Twilio",
  sender: "twilio",
  channel,
  start: () => ({
    settings: { accountSid: `AC${"0".repeat(32)}`, authToken: "the-auth-token", from: "+15005550006" },
    request(key, fate, _at, secret) {
      const form: Record<string, string> = {
        MessageSid: `SM${key}`,
        MessageStatus: fate === "delivered" ? "delivered" : "undelivered",
        ...(fate === "dead" ? { ErrorCode: "30005" } : {}),
        To: "+393331234567",
      };
      const query = `?message=${key}`;
      const url = `${publicUrl}/receipts/${channel}${query}`;
      const token = secret ?? "the-auth-token";
      const signature = twilioSdk.getExpectedTwilioSignature(token, url, form);
      const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature };
      return post(channel, headers, new URLSearchParams(form).toString(), query);
    },
    proofs: ["x-twilio-signature"],
    signsBody: true,
    dated: false,
    close: nothing,
  }),
});

const meta: ReceiptBenchKind = {
  name: "Meta",
  sender: "meta",
  channel: "whatsapp",
  start: () => ({
    settings: { accessToken: "t", phoneNumberId: "106540352242922", appSecret: "the-app-secret" },
    request(key, fate, at, secret) {
      const status = {
        id: `wamid.${key}`,
        status: fate === "delivered" ? "delivered" : "failed",
        timestamp: String(Math.floor(at.getTime() / 1000)),
        recipient_id: "393331234567",
        biz_opaque_callback_data: key,
        ...(fate === "dead" ? { errors: [{ code: 131026, title: "Message undeliverable" }] } : {}),
      };
      const value = {
        messaging_product: "whatsapp",
        metadata: { phone_number_id: "106540352242922" },
        statuses: [status],
      };
      const body = JSON.stringify({
        object: "whatsapp_business_account",
        entry: [{ id: "1", changes: [{ field: "messages", value }] }],
      });
      const signature = createHmac("sha256", secret ?? "the-app-secret")
        .update(body)
        .digest("hex");
      return post("whatsapp", { "x-hub-signature-256": `sha256=${signature}` }, body);
    },
    proofs: ["x-hub-signature-256"],
    signsBody: true,
    dated: false,
    close: nothing,
  }),
};

const base64url = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

const vonage: ReceiptBenchKind = {
  name: "Vonage",
  sender: "vonage",
  channel: "sms",
  start: () => ({
    settings: { apiKey: "k", apiSecret: "s", from: "Acme", signatureSecret: "the-signature-secret" },
    request(key, fate, at, secret) {
      const error = {
        type: "https://developer.vonage.com/api-errors/messages#1050",
        title: 1050,
        detail: "Number barred: 393331234567",
      };
      const body = JSON.stringify({
        ...{ message_uuid: "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", to: "393331234567", from: "390612345678" },
        ...{ timestamp: at.toISOString(), client_ref: key, channel: "sms" },
        ...(fate === "dead" ? { status: "undeliverable", error } : { status: "delivered" }),
      });
      const seconds = Math.floor(at.getTime() / 1000);
      const hash = createHash("sha256").update(body).digest("hex");
      const claims = { iss: "Vonage", payload_hash: hash, iat: seconds };
      const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
      const signature = createHmac("sha256", secret ?? "the-signature-secret").update(signed);
      return post("sms", { authorization: `Bearer ${signed}.${signature.digest("base64url")}` }, body);
    },
    proofs: ["authorization"],
    signsBody: true,
    dated: false,
    close: nothing,
  }),
};

// importing it takes over http of the whole process
nock.restore();

const fates = { delivered: "delivered", dead: "hardBounce" } as const;

const ses: ReceiptBenchKind = {
  name: "SMTP, told by SES",
  sender: "smtp",
  channel: "email",
  start(now) {
    const topic = snsTopic(now);
    const { origin, pathname } = new URL(topic.certificateUrl);
    if (!nock.isActive()) nock.activate();
    const scope = nock(origin).get(pathname).times(100).reply(200, topic.pem);
    return {
      settings: mail({ from: "ses", topicArn: topic.topicArn }),
      request(key, fate, at, secret) {
        const event = JSON.stringify(sesEvent(key, fates[fate], at));
        const fields = {
          Type: "Notification",
          MessageId: `${fate}-${key}`,
          Message: event,
          Timestamp: at.toISOString(),
        };
        return post("email", {}, JSON.stringify(secret ? topic.forged(fields) : topic.message(fields)));
      },
      proofs: [],
      signsBody: true,
      dated: true,
      close() {
        scope.persist(false);
        nock.cleanAll();
        nock.restore();
      },
    };
  },
};

const sendgrid: ReceiptBenchKind = {
  name: "SMTP, told by SendGrid",
  sender: "smtp",
  channel: "email",
  start() {
    const [account, stranger] = [sendgridAccount(), sendgridAccount()];
    return {
      settings: mail({ from: "sendgrid", verificationKey: account.verificationKey }),
      request(key, fate, at, secret) {
        const { body, headers } = (secret ? stranger : account).request([account.event(key, fates[fate], at)], at);
        return post("email", headers, body);
      },
      proofs: ["x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"],
      signsBody: true,
      dated: true,
      close: nothing,
    };
  },
};

const postmark: ReceiptBenchKind = {
  name: "SMTP, told by Postmark",
  sender: "smtp",
  channel: "email",
  start: () => ({
    settings: mail({ from: "postmark", user: "accolade", password: "a-password-of-the-webhook" }),
    request(key, fate, at, secret) {
      const login = `accolade:${secret ?? "a-password-of-the-webhook"}`;
      const headers = { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
      return post("email", headers, JSON.stringify(postmarkEvent(key, fates[fate], at)));
    },
    proofs: ["authorization"],
    signsBody: false,
    dated: false,
    close: nothing,
  }),
};

const bounceSecret = "a secret of 32 characters or more";
const bounces: ReceiptBenchKind = {
  name: "SMTP, told by bounces",
  sender: "smtp",
  channel: "email",
  start: () => ({
    settings: mail({ from: "bounces", secret: bounceSecret }),
    request(key, fate, _at, secret) {
      const returnPath = `bounce+${writeReturnToken(bounceSecret, key)}@acme.example`;
      const dead = { action: "failed", status: "5.1.1", said: "550 5.1.1 <giulia@acme.example>: user unknown" };
      const fine = { action: "delivered", status: "2.0.0", said: "250 ok" };
      const body = deliveryStatusMail(returnPath, fate === "dead" ? dead : fine);
      return post("email", { authorization: `Bearer ${secret ?? bounceSecret}` }, body);
    },
    proofs: ["authorization"],
    signsBody: false,
    dated: false,
    close: nothing,
  }),
};

export const receiptBenchKinds: readonly ReceiptBenchKind[] = [
  twilio("sms"),
  twilio("whatsapp"),
  meta,
  vonage,
  ses,
  sendgrid,
  postmark,
  bounces,
];

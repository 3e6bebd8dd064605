/** What only one mail service does: SNS asks to be confirmed and has certificates, SendGrid is verified by its own package, headers come back. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { EventWebhook } from "@sendgrid/eventwebhook";
import nock from "nock";
import type { Sender } from "../../src/channels/channel.ts";
import { openSender } from "../../src/channels/index.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { sendgridAccount, sesEvent, snsTopic } from "../support/mail-services.ts";
import { type SmtpSink, startSmtpSink } from "../support/smtp-sink.ts";
import { requestFor } from "./sender-benches.ts";

const now = new Date("2026-11-23T09:30:00Z");
const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
let sink: SmtpSink;
const open: Sender[] = [];
beforeEach(async () => {
  sink = await startSmtpSink();
});
afterEach(async () => {
  for (const sender of open.splice(0)) await sender.close?.();
  await sink.close();
  nock.cleanAll();
  // it takes over http of the whole process, in which other files are tested after this one
  nock.restore();
});

const senderWith = (receipts: Record<string, unknown>): Sender => {
  const { user, password, port } = sink;
  const settings = {
    host: "127.0.0.1",
    port,
    user,
    password,
    requireTls: false,
    from: { name: "Acme", address: "rewards@acme.example" },
    receipts,
  };
  const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
  const opened = openSender("smtp", settings, "email", { sql, now: () => now, publicUrl: "https://accolade.example" });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  open.push(opened.sender);
  return opened.sender;
};
const post = (body: unknown, headers: Record<string, string> = {}): ReceiptRequest => ({
  method: "POST",
  url: "https://accolade.example/receipts/email",
  headers,
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
});

describe("SES through SNS", () => {
  const notification = (topic: ReturnType<typeof snsTopic>, more: Record<string, string> = {}) =>
    topic.message({
      Type: "Notification",
      MessageId: "m1",
      Message: JSON.stringify(sesEvent(key, "delivered", now)),
      ...more,
    });

  test("the certificate is fetched once, for every message that names it; both versions of the signature", async () => {
    if (!nock.isActive()) nock.activate();
    const topic = snsTopic(now);
    const { origin, pathname } = new URL(topic.certificateUrl);
    nock(origin).get(pathname).once().reply(200, topic.pem);
    const sender = senderWith({ from: "ses", topicArn: topic.topicArn });
    for (const SignatureVersion of ["1", "2"])
      expect(
        await sender.receive?.(post(notification(topic, { SignatureVersion, Subject: "Amazon SES" }))),
      ).toMatchObject({
        receipts: [{ state: "delivered", message: { key } }],
      });
  });

  test.each([
    "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
    "http://sns.eu-west-1.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
    "https://s3.amazonaws.com/bucket/x.pem",
    "https://sns.eu-west-1.amazonaws.com/x.html",
    "not an address",
  ])("a certificate at %s is not even asked for", async (SigningCertURL) => {
    if (!nock.isActive()) nock.activate();
    const asked: unknown[] = [];
    nock.emitter.on("no match", (request: unknown) => asked.push(request));
    const topic = snsTopic(now);
    const sender = senderWith({ from: "ses", topicArn: topic.topicArn });
    const refused = await sender.receive?.(post({ ...notification(topic), SigningCertURL }));
    expect(refused).toEqual({ refused: 401, reason: "certificate_address" });
    expect(asked).toEqual([]);
    nock.emitter.removeAllListeners("no match");
  });

  test("another topic of the same account is refused; a certificate that is none, too", async () => {
    if (!nock.isActive()) nock.activate();
    const topic = snsTopic(now);
    const sender = senderWith({ from: "ses", topicArn: topic.topicArn });
    const other = notification(topic, { TopicArn: `${topic.topicArn}-other` });
    expect(await sender.receive?.(post(other))).toEqual({ refused: 401, reason: "another_topic" });
    const { origin, pathname } = new URL(topic.certificateUrl);
    nock(origin).get(pathname).reply(200, "<html>");
    expect(await sender.receive?.(post(notification(topic)))).toEqual({ refused: 401, reason: "certificate" });
  });

  const confirmation = (topic: ReturnType<typeof snsTopic>, SubscribeURL: string) =>
    topic.message({
      Type: "SubscriptionConfirmation",
      MessageId: "m2",
      Message: "You have chosen to subscribe",
      Token: "t",
      SubscribeURL,
    });

  test("the subscription is confirmed at SNS's own address, and nowhere else", async () => {
    if (!nock.isActive()) nock.activate();
    const topic = snsTopic(now);
    const { origin, pathname } = new URL(topic.certificateUrl);
    nock(origin).get(pathname).reply(200, topic.pem);
    const confirmed = nock(origin)
      .get("/")
      .query({ Action: "ConfirmSubscription", Token: "t" })
      .once()
      .reply(200, "<ok/>");
    const sender = senderWith({ from: "ses", topicArn: topic.topicArn });
    const elsewhere = confirmation(topic, "https://evil.example/?Action=ConfirmSubscription&Token=t");
    expect(await sender.receive?.(post(elsewhere))).toEqual({ refused: 400, reason: "not_confirmed" });
    expect(confirmed.isDone()).toBe(false);
    expect(await sender.receive?.(post(confirmation(topic, `${origin}/?Action=ConfirmSubscription&Token=t`)))).toEqual({
      receipts: [],
    });
    expect(confirmed.isDone()).toBe(true);
  });

  test.each([
    ["sent", { state: "sent" }],
    ["softBounce", { state: "failed", code: "4.2.2", address: "soft" }],
    ["complaint", { state: "delivered", address: "complained" }],
  ] as const)("%s", async (fate, expected) => {
    if (!nock.isActive()) nock.activate();
    const topic = snsTopic(now);
    const { origin, pathname } = new URL(topic.certificateUrl);
    nock(origin).get(pathname).reply(200, topic.pem);
    const sender = senderWith({ from: "ses", topicArn: topic.topicArn });
    const told = await sender.receive?.(
      post(notification(topic, { Message: JSON.stringify(sesEvent(key, fate, now)) })),
    );
    expect(told).toMatchObject({ receipts: [expected] });
  });
});

test("SendGrid's own package verifies what our stand-in signs, and refuses it with a byte changed", () => {
  const account = sendgridAccount();
  const { body, headers } = account.request([account.event(key, "delivered", now)], now);
  const webhook = new EventWebhook();
  const publicKey = webhook.convertPublicKeyToECDSA(account.verificationKey);
  const { "x-twilio-email-event-webhook-signature": signature, "x-twilio-email-event-webhook-timestamp": timestamp } =
    headers;
  expect(webhook.verifySignature(publicKey, body, signature, timestamp)).toBe(true);
  expect(webhook.verifySignature(publicKey, body.replace("delivered", "dropped"), signature, timestamp)).toBe(false);
});

test.each([
  [{ event: "bounce", type: "bounce" }, "bad"],
  [{ event: "bounce", type: "blocked" }, "soft"],
  [{ event: "dropped", reason: "Unsubscribed Address" }, "optedOut"],
  [{ event: "dropped", reason: "Spam Reporting Address" }, "complained"],
  [{ event: "dropped", reason: "Spam Content" }, undefined],
])("SendGrid says %p of the address", async (fields, address) => {
  const account = sendgridAccount();
  const { body, headers } = account.request(
    [{ ...account.event(key, "hardBounce", now), reason: "550", ...fields }],
    now,
  );
  const told = await senderWith({ from: "sendgrid", verificationKey: account.verificationKey }).receive?.(
    post(body, headers),
  );
  expect(told).toMatchObject({ receipts: [{ state: "failed" }] });
  expect(JSON.stringify(told).includes('"address"')).toBe(address !== undefined);
  if (address) expect(told).toMatchObject({ receipts: [{ address }] });
});

test.each([
  [
    { from: "ses", topicArn: "arn:aws:sns:eu-west-1:123456789012:mail" },
    "x-ses-message-tags",
    `accolade_message=${key}`,
  ],
  [
    { from: "sendgrid", verificationKey: sendgridAccount().verificationKey },
    "x-smtpapi",
    JSON.stringify({ unique_args: { accolade_message: key } }),
  ],
  [{ from: "postmark", user: "u", password: "0123456789abcdef" }, "x-pm-metadata-accolade-message", key],
])("the mail carries what %p gives back", async (receipts, header, value) => {
  expect(await senderWith(receipts).send(requestFor("email", key))).toMatchObject({ outcome: "accepted" });
  const [received] = sink.received;
  expect(received?.mail.headers.get(header)).toBe(value);
  expect(received?.mail.headers.get("x-accolade-message")).toBe(key);
});

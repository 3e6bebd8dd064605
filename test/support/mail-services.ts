/** What SES, SendGrid, Postmark and foreign mail servers send about a mail, as each documents it. */
import { createSign, generateKeyPairSync, sign } from "node:crypto";
import { selfSigned } from "./self-signed.ts";

export type MailFate = "sent" | "delivered" | "hardBounce" | "softBounce" | "complaint";

/** An SNS topic: signs as AWS does. Its certificate is at `certificateUrl`, which a test answers with `pem`. */
export const snsTopic = (now: Date) => {
  const topicArn = "arn:aws:sns:eu-west-1:123456789012:accolade-mail";
  const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-test.pem";
  const { pem, privateKey } = selfSigned(
    "sns.amazonaws.com",
    new Date(now.getTime() - 86_400_000),
    new Date(now.getTime() + 400 * 86_400_000),
  );
  const other = selfSigned("sns.amazonaws.com", new Date(0), new Date("2060-01-01"));
  const message = (fields: Record<string, string>, key = privateKey) => {
    const all: Record<string, string> = {
      TopicArn: topicArn,
      Timestamp: now.toISOString(),
      SignatureVersion: "2",
      ...fields,
    };
    const names =
      all.Type === "Notification"
        ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    const text = names
      .filter((name) => all[name] !== undefined)
      .map((name) => `${name}\n${all[name]}\n`)
      .join("");
    const algorithm = all.SignatureVersion === "1" ? "RSA-SHA1" : "RSA-SHA256";
    return {
      SigningCertURL: certificateUrl,
      ...all,
      Signature: createSign(algorithm).update(text).sign(key, "base64"),
    };
  };
  return {
    topicArn,
    certificateUrl,
    pem,
    message,
    /** Signed with a key that AWS never had. */
    forged: (fields: Record<string, string>) => message(fields, other.privateKey),
  };
};

/** An SES event about the mail that had this header, as published to SNS. */
export const sesEvent = (key: string, fate: MailFate, at: Date) => {
  const timestamp = at.toISOString();
  const mail = {
    timestamp,
    source: "Acme Rewards <rewards@acme.example>",
    messageId: "010001573a2f4c1d-EXAMPLE",
    destination: ["giulia@acme.example"],
    headersTruncated: false,
    headers: [
      { name: "From", value: "Acme Rewards <rewards@acme.example>" },
      { name: "X-Accolade-Message", value: key },
    ],
    tags: { "ses:source-ip": ["192.0.2.1"], accolade_message: [key] },
  };
  const bounce = (bounceType: string, status: string) => ({
    eventType: "Bounce",
    bounce: {
      bounceType,
      bounceSubType: "General",
      timestamp,
      feedbackId: "f",
      bouncedRecipients: [
        {
          emailAddress: "giulia@acme.example",
          action: "failed",
          status,
          diagnosticCode: "smtp; 550 user unknown giulia@acme.example",
        },
      ],
    },
  });
  const event = {
    sent: { eventType: "Send", send: {} },
    delivered: {
      eventType: "Delivery",
      delivery: { timestamp, recipients: ["giulia@acme.example"], smtpResponse: "250 ok" },
    },
    hardBounce: bounce("Permanent", "5.1.1"),
    softBounce: bounce("Transient", "4.2.2"),
    complaint: {
      eventType: "Complaint",
      complaint: { timestamp, complaintFeedbackType: "abuse", complainedRecipients: [] },
    },
  }[fate];
  return { ...event, mail };
};

/** SendGrid's signed event webhook. */
export const sendgridAccount = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const types = {
    sent: { event: "processed" },
    delivered: { event: "delivered", response: "250 OK" },
    hardBounce: {
      event: "bounce",
      type: "bounce",
      status: "5.1.1",
      reason: "550 5.1.1 no such user giulia@acme.example",
    },
    softBounce: { event: "bounce", type: "blocked", status: "4.2.2", reason: "452 4.2.2 over quota" },
    complaint: { event: "spamreport" },
  };
  return {
    verificationKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
    event: (key: string, fate: MailFate, at: Date) => ({
      email: "giulia@acme.example",
      timestamp: Math.floor(at.getTime() / 1000),
      "smtp-id": `<${key}@acme.example>`,
      sg_event_id: `${fate}-${key}`,
      sg_message_id: "m.filter",
      accolade_message: key,
      ...types[fate],
    }),
    /** The body as SendGrid writes it, with the line break at its end, and its headers. */
    request(events: unknown[], at: Date, body = `${JSON.stringify(events)}\r\n`) {
      const timestamp = String(Math.floor(at.getTime() / 1000));
      const signature = sign("sha256", Buffer.from(timestamp + body), privateKey).toString("base64");
      return {
        body,
        headers: {
          "x-twilio-email-event-webhook-signature": signature,
          "x-twilio-email-event-webhook-timestamp": timestamp,
        },
      };
    },
  };
};

export const postmarkEvent = (key: string, fate: MailFate, at: Date) => {
  const common = { MessageID: "883953f4-6105-42a2-a16a-77a8eac79483", Metadata: { "accolade-message": key } };
  const bounce = (type: string, inactive: boolean) => ({
    ...common,
    RecordType: "Bounce",
    ID: 42,
    Type: type,
    Description: "The server was unable to deliver your message.",
    Email: "giulia@acme.example",
    BouncedAt: at.toISOString(),
    Inactive: inactive,
    CanActivate: true,
  });
  if (fate === "hardBounce") return bounce("HardBounce", true);
  if (fate === "softBounce") return bounce("SoftBounce", false);
  if (fate === "complaint") return { ...bounce("SpamComplaint", true), RecordType: "SpamComplaint" };
  return {
    ...common,
    RecordType: "Delivery",
    Recipient: "giulia@acme.example",
    DeliveredAt: at.toISOString(),
    Details: "OK",
  };
};

const parts = (headers: string[], type: string, ...bodies: [string, string][]): string =>
  [
    ...headers,
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=${type}; boundary="b1"`,
    "",
    ...bodies.flatMap(([kind, text]) => ["--b1", `Content-Type: ${kind}`, "", text]),
    "--b1--",
    "",
  ].join("\r\n");

/** What Postfix sends to the envelope sender about a mail that it could not hand over. */
export const deliveryStatusMail = (
  returnPath: string,
  fields: { action: string; status: string; said: string },
): string =>
  parts(
    [
      "Return-Path: <>",
      "From: MAILER-DAEMON@mx.example.org (Mail Delivery System)",
      `To: ${returnPath}`,
      "Subject: Undelivered Mail Returned to Sender",
      "Auto-Submitted: auto-replied",
    ],
    "delivery-status",
    ["text/plain; charset=us-ascii", "This is the mail system at host mx.example.org."],
    [
      "message/delivery-status",
      [
        "Reporting-MTA: dns; mx.example.org",
        "Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0000 (UTC)",
        "",
        "Final-Recipient: rfc822; giulia@acme.example",
        `Action: ${fields.action}`,
        `Status: ${fields.status}`,
        "Remote-MTA: dns; mx.acme.example",
        `Diagnostic-Code: smtp; ${fields.said}`,
      ].join("\r\n"),
    ],
    ["text/rfc822-headers", "Subject: The Rossi deal is won\r\nFrom: rewards@acme.example"],
  );

/** A complaint as a feedback loop sends it, with the mail that was complained about (RFC 5965). */
export const complaintMail = (original: string, type = "abuse"): string =>
  parts(
    ["From: <feedback@isp.example>", "To: <fbl@acme.example>", "Subject: FW: complaint"],
    "feedback-report",
    ["text/plain", "This is an email abuse report."],
    ["message/feedback-report", [`Feedback-Type: ${type}`, "User-Agent: SomeGenerator/1.0", "Version: 1"].join("\r\n")],
    ["message/rfc822", original],
  );

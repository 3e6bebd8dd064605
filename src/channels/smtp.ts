/** Mail over SMTP with nodemailer, through a pool of connections. */
import type { Transport, Transporter } from "nodemailer";
import type SMTPPool from "nodemailer/lib/smtp-pool";
import type { SMTPPoolOptions, SMTPPoolSentMessageInfo } from "nodemailer/lib/smtp-pool";
import { z } from "zod";
import { rejected } from "../outcome.ts";
import type { ReceiptRequest } from "../receipt.ts";
import { defineSender, longestSendMs } from "./channel.ts";
import { LINK_PICTURE, linkPicture } from "./link-picture.ts";
import { MailReceiptsSettings, mailReceiptsSecrets, openMailReceipts } from "./mail-receipts/index.ts";
import { type SmtpFault, smtpCheck, smtpOutcome } from "./smtp-outcome.ts";

const Settings = z.strictObject({
  host: z.string().min(1).describe("SMTP server"),
  port: z.number().int().min(1).max(65535).default(587).describe("587 with STARTTLS, 465 with TLS"),
  secure: z.boolean().optional().describe("TLS from the first byte; by default on port 465 only"),
  requireTls: z
    .boolean()
    .default(true)
    .describe("Refuse to send without STARTTLS; false only for a relay on your own network"),
  user: z.string().min(1).optional().describe("User name, where the server asks for one"),
  password: z.string().min(1).optional().describe("Password of that user"),
  from: z
    .strictObject({
      name: z.string().min(1).describe("The name that people see"),
      address: z.email().describe("The address, of a domain that your mail server may send from"),
    })
    .describe("Who writes: a name people know, and an address of your domain"),
  replyTo: z.email().optional().describe("Where answers go"),
  unsubscribe: z.email().optional().describe("Address for List-Unsubscribe, beside the link that every mail has"),
  receipts: MailReceiptsSettings.optional().describe(
    "How we hear what became of a mail: without it a mail that the server took counts as sent",
  ),
  dkim: z
    .strictObject({
      domainName: z.string().min(1).describe("Domain of `from`"),
      keySelector: z
        .string()
        .min(1)
        .describe("Name of the key: its DNS record is <keySelector>._domainkey.<domainName>"),
      privateKey: z.string().min(1).describe("The key itself, in PEM form"),
    })
    .optional()
    .describe("Only where the server does not sign by itself"),
  timeoutMs: z
    .number()
    .int()
    .positive()
    .max(75_000)
    .default(60_000)
    .describe("Longest silence of the server, in milliseconds"),
});

// nodemailer's own list lacks List-Unsubscribe-Post, which RFC 8058 wants covered
const signedHeaders =
  "From:To:Subject:Date:Message-ID:Reply-To:MIME-Version:Content-Type:Content-Transfer-Encoding:Auto-Submitted:List-Unsubscribe:List-Unsubscribe-Post";

export const smtp = defineSender({
  id: "smtp",
  label: "SMTP",
  carries: ["email"],
  settings: Settings,
  secrets: ["password", "dkim.privateKey", ...mailReceiptsSecrets.map((key) => `receipts.${key}`)],
  open(settings, _channel, { now, publicUrl }) {
    const { host, port, timeoutMs, from, user, password, replyTo, unsubscribe, dkim } = settings;
    const secure = settings.secure ?? port === 465;
    const options: SMTPPoolOptions = {
      host,
      port,
      secure,
      requireTLS: settings.requireTls && !secure,
      ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
      connectionTimeout: Math.min(timeoutMs, 30_000),
      greetingTimeout: Math.min(timeoutMs, 30_000),
      socketTimeout: timeoutMs,
      // a connection that the server closed while idle is replaced; more patience is the queue's work
      maxRequeues: 2,
    };
    let opened: Promise<Transporter<SMTPPoolSentMessageInfo>> | undefined;
    const mailer = () => {
      opened ??= openMailer(options);
      return opened;
    };
    const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
    const receipts = settings.receipts && openMailReceipts(settings.receipts, { now, domain });

    return {
      async send({ key, to, name, rendered }) {
        if (rendered.channel !== "email")
          return rejected("permanent", "not_carried", `SMTP does not carry ${rendered.channel}`);
        try {
          const picture = await linkPicture(rendered);
          const info = await (await mailer()).sendMail({
            // the same for every attempt of one message: mailboxes may then drop the second copy
            messageId: `<${key}@${domain}>`,
            from,
            to: { name: name ?? "", address: to },
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            ...(picture === undefined ? {} : { attachments: [inline(picture)] }),
            headers: {
              "Auto-Submitted": "auto-generated",
              ...(receipts ? asWritten(receipts.headers(key)) : {}),
              ...(oneClick(rendered.unsubscribe) ? { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } : {}),
            },
            ...(replyTo === undefined ? {} : { replyTo }),
            ...listUnsubscribe(rendered.unsubscribe, unsubscribe),
            ...(receipts?.returnPath
              ? { envelope: { from: receipts.returnPath(key), to: { name: "", address: to } } }
              : {}),
            ...(dkim === undefined ? {} : { dkim: { ...dkim, headerFieldNames: signedHeaders } }),
            disableFileAccess: true,
            disableUrlAccess: true,
            // a server that trickles its answer never falls silent, and a queue for a connection may be long
            signal: AbortSignal.timeout(Math.min(timeoutMs * 3, longestSendMs)),
          });
          // one recipient: without it among the accepted ones nothing was sent to anybody
          if (info.accepted.length === 0) return smtpOutcome(info.rejectedErrors?.[0] ?? new Error("not accepted"));
          return { outcome: "accepted", reference: info.messageId };
        } catch (error) {
          return smtpOutcome(error);
        }
      },
      async check() {
        try {
          await (await mailer()).verify();
          const detail = settings.receipts
            ? `told by ${settings.receipts.from}, at ${publicUrl}/receipts/email`
            : "none: whatever the server took counts as sent (docs/channels.md, receipts)";
          return [
            { ok: true, what: `SMTP ${host}:${port}` },
            { ok: true, what: "Mail receipts", detail },
          ];
        } catch (error) {
          return [smtpCheck(`SMTP ${host}:${port}`, error)];
        }
      },
      ...(receipts ? { receive: (request: ReceiptRequest) => receipts.receive(request) } : {}),
      ...(receipts?.hearMail ? { hearMail: receipts.hearMail } : {}),
      async close() {
        (await opened)?.close();
      },
    };
  },
});

const inline = (content: Buffer) => ({
  cid: LINK_PICTURE,
  filename: `${LINK_PICTURE}.png`,
  contentType: "image/png",
  contentDisposition: "inline" as const,
  content,
});
/** ASCII that a service reads back: folded or encoded, as nodemailer does with long values, it would not be found. */
const asWritten = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { prepared: true, value }]));

/** RFC 8058: a POST to this address unsubscribes. Only an https one may be offered. */
const oneClick = (link: string | undefined): link is string => link?.startsWith("https:") ?? false;

/** One header with every way in it: a list within a list, since nodemailer writes a header for each entry of a plain one. */
const listUnsubscribe = (link: string | undefined, address: string | undefined) => {
  const ways = [
    ...(oneClick(link) ? [{ url: link }] : []),
    ...(address === undefined ? [] : [{ url: `mailto:${address}` }]),
  ];
  return ways.length === 0 ? {} : { list: { unsubscribe: [ways] } };
};

/** The package is loaded at the first mail: it would slow down every start, also where nobody mails. */
const openMailer = async (options: SMTPPoolOptions): Promise<Transporter<SMTPPoolSentMessageInfo>> => {
  const [{ createTransport }, { default: SMTPPool }] = await Promise.all([
    import("nodemailer"),
    import("nodemailer/lib/smtp-pool"),
  ]);
  return createTransport(pool(new SMTPPool(options)));
};

/**
 * nodemailer's pool, which tells on every error whether a byte of the message had been asked for. It is asked for only
 * after the server's 354, so before that a lost connection is a message surely not sent, and after it one that may be.
 */
const pool = (inner: SMTPPool): Transport<SMTPPoolSentMessageInfo> => {
  return {
    name: inner.name,
    version: inner.version,
    supportsAbortSignal: true,
    send(mail, callback) {
      const streams: { readableDidRead: boolean }[] = [];
      // registered last, after DKIM: its input is what the connection reads
      mail.message.processFunc((input) => {
        streams.push(input);
        return input;
      });
      inner.send(mail, (error, info) => {
        if (!error) return callback(null, info);
        const fault: SmtpFault = Object.assign(error, { transmitted: streams.some((each) => each.readableDidRead) });
        callback(fault);
      });
    },
    verify: () => inner.verify(),
    close: () => inner.close(),
  };
};

/**
 * The contract that every sender keeps. A *channel* is how a rule names it (`email`, `sms`, `whatsapp`); a *sender* is
 * what carries it (SMTP, Twilio, Meta, the outbox). To add a sender: a file here, and a line in `index.ts`.
 */
import type { ZodType } from "zod";
import type { Sql } from "../db/sql.ts";
import type { Check, Outcome } from "../outcome.ts";
import type { MessageReceipt, ReceiptRequest, Received } from "../receipt.ts";
import type { Rate } from "./rate.ts";
import type { RegisteredWords, Registry } from "./whatsapp-registry.ts";

/** How a person is told. */
export const channelNames = ["email", "sms", "whatsapp", "slack", "teams", "push"] as const;
export type ChannelName = (typeof channelNames)[number];

/** What a sender can carry: a message to a person, or a celebration, which a whole team reads and which says nothing of the reward. */
export type Carried = ChannelName | "celebration";

/** What a message may be about, beside a reward that is there: each has its words in `templates/<kind>/`. `page`: the link to a person's own page, for which they asked. */
export const noticeKinds = ["declined", "expired", "reversed", "ready", "unavailable", "page"] as const;
export type NoticeKind = (typeof noticeKinds)[number];
export type MessageKind = "reward" | NoticeKind;

/** Words ready to go, in the recipient's language. Never a gift code: a claim link. */
export type Rendered =
  /**
   * `link`: what a picture of `cid:claim-link` in the HTML shows, as a QR code; the sender makes and attaches it. `unsubscribe`:
   * where this person can stop such mails, for programs (RFC 8058) and people.
   */
  | { channel: "email"; subject: string; html: string; text: string; link?: string; unsubscribe?: string }
  | { channel: "sms"; text: string }
  | { channel: "whatsapp"; template: string; language: string; variables: string[]; text: string }
  | { channel: "slack" | "teams"; card: Card; text: string }
  | { channel: "push"; title: string; body: string; url: string; language: string; text: string }
  | { channel: "celebration"; title: string; body: string; text: string };

/** A message in parts, for vendors that lay it out themselves. Plain text everywhere: whatever it holds is not markup. */
export interface Card {
  title: string;
  lines: string[];
  button: { label: string; url: string };
  more: { label: string; url: string };
  footer: string;
}

export interface SendRequest {
  /** The message id: reused for every attempt of one message, never for another. */
  key: string;
  /** Email address, number in E.164; for `push` the recipient's id, for a celebration nothing. */
  to: string;
  name: string | null;
  rendered: Rendered;
}

export type SendOutcome = Outcome<{ reference: string }>;

export interface SenderSurroundings {
  sql: Sql;
  now: () => Date;
  /** `PUBLIC_URL` without a slash at the end: where receipts can be sent. */
  publicUrl: string;
  /** What our words put into each WhatsApp template, where they are loaded. */
  whatsappWords?: RegisteredWords;
}

/** No send lasts longer than this, so that one without an outcome can be told from one under way. */
export const longestSendMs = 80_000;

export interface Sender {
  /** Sends once, within `longestSendMs`. Never throws for anything a vendor or network does. */
  send(request: SendRequest): Promise<SendOutcome>;
  /** One line of `accolade doctor` each. Sends nothing. */
  check(): Promise<Check[]>;
  /** Verifies and reads a request at `/receipts/{channel}`. A sender without it hears nothing back. Never throws for what arrived. */
  receive?(request: ReceiptRequest): Promise<Received<MessageReceipt>>;
  /** Reads a mail that came back to the address which `send` gave as its envelope sender. Never throws for what arrived. */
  hearMail?(raw: Buffer): Promise<readonly MessageReceipt[]>;
  /** `required`: only people whose agreement is kept are written to. Left out: the workspace answers for it. */
  optIn?: "required" | "assumed";
  /** The WhatsApp templates that it was told of. */
  registry?: Registry;
  close?(): Promise<void>;
}

export interface SenderKind<S = unknown> {
  id: string;
  label: string;
  /** Channels that it can carry. */
  carries: readonly Carried[];
  /** Under `channels.<channel>`, or `celebrations.<name>`, in accolade.yaml, beside `sender:`. Every key has `.describe()`. */
  settings: ZodType<S>;
  secrets: readonly string[];
  /** How fast its vendor lets everybody be, where accolade.yaml has no `rate:`. */
  rate?: Rate;
  /** The same message sent again under the same key is still one: an interrupted send is simply repeated. */
  repeatable?: true;
  open(settings: S, channel: Carried, around: SenderSurroundings): Sender;
}

export const defineSender = <S>(kind: SenderKind<S>): SenderKind<S> => kind;

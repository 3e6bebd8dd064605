/**
 * The contract that every sender keeps. A *channel* is how a rule names it (`email`, `sms`, `whatsapp`); a *sender* is
 * what carries it (SMTP, Twilio, Meta, the outbox). To add a sender: a file here, and a line in `index.ts`.
 */
import type { ZodType } from "zod";
import type { Sql } from "../db/sql.ts";
import type { Check, Outcome } from "../outcome.ts";
import type { MessageReceipt, ReceiptRequest, Received } from "../receipt.ts";

export const channelNames = ["email", "sms", "whatsapp"] as const;
export type ChannelName = (typeof channelNames)[number];

/** What a message may be about, beside a reward that is there: each has its words in `templates/<kind>/`. */
export const noticeKinds = ["declined", "expired", "reversed"] as const;
export type NoticeKind = (typeof noticeKinds)[number];
export type MessageKind = "reward" | NoticeKind;

/** Words ready to go, in the recipient's language. Never a gift code: a claim link. */
export type Rendered =
  | { channel: "email"; subject: string; html: string; text: string }
  | { channel: "sms"; text: string }
  | { channel: "whatsapp"; template: string; language: string; variables: string[]; text: string };

export interface SendRequest {
  /** The message id: reused for every attempt of one message, never for another. */
  key: string;
  /** Email address, or number in E.164. */
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
  close?(): Promise<void>;
}

export interface SenderKind<S = unknown> {
  id: string;
  label: string;
  /** Channels that it can carry. */
  carries: readonly ChannelName[];
  /** Under `channels.<channel>` in accolade.yaml, beside `sender:`. Every key has `.describe()`. */
  settings: ZodType<S>;
  secrets: readonly string[];
  /** The same message sent again under the same key is still one: an interrupted send is simply repeated. */
  repeatable?: true;
  open(settings: S, channel: ChannelName, around: SenderSurroundings): Sender;
}

export const defineSender = <S>(kind: SenderKind<S>): SenderKind<S> => kind;

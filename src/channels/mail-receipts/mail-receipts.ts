/**
 * How mail is heard of again. SMTP itself says only that the next server took a mail; what became of it is told by the mail
 * service in its own way, or comes back as a mail. To add a way: a file here, and its line in `index.ts`.
 */
import type { ZodObject, ZodType } from "zod";
import type { MessageReceipt, ReceiptRequest, Received } from "../../receipt.ts";

export interface MailReceipts {
  /** Headers that come back with every receipt and name the message. They hold nothing about a person. */
  headers(key: string): Record<string, string>;
  /** The envelope sender, where bounces are to come back to an address of the message's own. */
  returnPath?(key: string): string;
  /** Verifies and reads a request at `/receipts/email`. Never throws for what arrived. */
  receive(request: ReceiptRequest): Promise<Received<MessageReceipt>>;
  /** Reads a mail that came to the envelope sender; nothing where it is no report about a mail of ours. */
  hearMail?(raw: Buffer): Promise<readonly MessageReceipt[]>;
}

export interface MailReceiptsKind<S> {
  /** `receipts: { from: <id>, … }`. */
  id: string;
  settings: ZodObject & ZodType<S>;
  secrets: readonly string[];
  open(settings: S, around: { now: () => Date; domain: string }): MailReceipts;
}

/** The header that we put into each mail, and that services give back. */
export const MESSAGE_HEADER = "X-Accolade-Message";

export const whoTells =
  "Who tells what became of a mail: the mail service that carries it, or `bounces`, your own mail server";

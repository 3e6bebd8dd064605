/**
 * What comes back from a vendor after we asked it for something: a request at `/receipts/{channel or provider}`, and what
 * its sender or provider reads out of it. Vendors repeat receipts, deliver them late and in any order; whoever reads one
 * only says what it says, and the corridor decides what that changes.
 */

/** The request as it arrived. */
export interface ReceiptRequest {
  method: string;
  /** The public address that was called, with its query: some vendors sign it. */
  url: string;
  /** Lower-case names; repeated ones joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** Verified and read, or refused. An `answer` is sent where the vendor expects one of its own; otherwise an empty 200. */
export type Received<Receipt> =
  | { receipts: readonly Receipt[]; answer?: { contentType: string; body: string } }
  | { refused: 400 | 401 | 404 | 405; reason: string };

/** What became of a message, or what its recipient said. `key` is the same whenever the vendor repeats the receipt. */
export type MessageReceipt =
  | {
      what: "state";
      key: string;
      /** The vendor's reference, as `send` gave it, or our own key of the message where the vendor gave that back. */
      message: { reference: string } | { key: string };
      state: "sent" | "delivered" | "read" | "failed";
      at: Date;
      code?: string;
      /** For a person. Holds no address and no name. */
      detail?: string;
      /**
       * What it says of the address, beyond this message: not to be written to any more, and why. `soft`: it failed for a
       * reason that may pass (a full mailbox, a phone that is off); several in a while, and the address is not used.
       */
      address?: "bad" | "optedOut" | "complained" | "soft";
    }
  | {
      what: "heard";
      key: string;
      /** E.164, or an email address. */
      from: string;
      /** The words as written: `STOP`, `START`, or anything else, which opens WhatsApp's window of 24 hours. */
      text: string;
      at: Date;
    };

/** Something happened at a provider. The corridor asks the provider itself what is true; a receipt is only a hint. */
export type ProviderReceipt =
  /** An order changed; by the vendor's reference or by our key. */
  | { what: "order"; order: { reference: string } | { key: string }; at: Date; detail: string }
  /** There may be money or stock again, or less of it. */
  | { what: "funds" }
  /** What it can supply changed. */
  | { what: "catalog" };

/** How far a message has come. Receipts arrive late, twice and in any order: a message only moves forward. */
import type { MessageReceipt } from "../receipt.ts";

export type MessageState = "queued" | "sending" | "unknown" | "sent" | "delivered" | "read" | "failed" | "skipped";
export type ToldState = Extract<MessageReceipt, { what: "state" }>["state"];

/**
 * A failure stands above everything: a mailbox may bounce after its server took the mail (SES says so), and what looked
 * like a reader before that was a scanner. One order of all states makes the end the same, whatever arrived first.
 */
const rank: Readonly<Record<Exclude<MessageState, "skipped">, number>> = {
  queued: 0,
  sending: 0,
  unknown: 0,
  sent: 1,
  delivered: 2,
  read: 3,
  failed: 4,
};

/** The state of a message once it was told this: the further one of the two. One that was never sent stays so. */
export const forward = (present: MessageState, told: ToldState): MessageState =>
  present === "skipped" || rank[told] <= rank[present] ? present : told;

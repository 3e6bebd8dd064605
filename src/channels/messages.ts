/** What the corridor asks to be told, before it is put into words. */
import type { Money } from "../money.ts";

/** What a message tells. There is no place for a gift code: a message carries the claim link only. */
export interface RewardMessage {
  /** Null where unknown: the message then begins without a name. */
  firstName: string | null;
  what: {
    /** The milestone type: `deal.won`, `contact.subscribed`, … */
    kind: string;
    /** The deal's or contact's name; null where unknown. */
    subjectName: string | null;
    /** The recipient is the one the milestone is about: "thank you for subscribing", not "Anna has subscribed". */
    isRecipient: boolean;
    /** Major units of an ISO 4217 currency. */
    amount?: { value: number; currency: string } | null;
    /** Whole days from creation to won. */
    cycleDays?: number | null;
  };
  /** By language, as in the rule book. */
  ruleTitle: Readonly<Record<string, string>>;
  /** By language; null where the reward has none: "a 100 EUR gift card". */
  rewardTitle: Readonly<Record<string, string>> | null;
  value: Money;
  /** Absolute. Never shortened. */
  claimUrl: string;
  workspaceName: string;
  /** The last day on which the link works, YYYY-MM-DD. */
  expiresOn?: string | null;
  /** Absolute: where mails of this kind are stopped. Only mails name it. */
  unsubscribeUrl?: string | null;
}

/** A message about a reward that is not given. The link leads to the page where its recipient can say so, for nothing else. */
export interface NoticeMessage extends RewardMessage {
  /** What a person gave as the reason; null where there is none. */
  given: string | null;
  /** The last day on which it can be disputed, YYYY-MM-DD; null where it cannot. */
  disputableUntil: string | null;
  /** Of a reward that is not due any more, or that paid for one: what happened. Null in other notices. */
  reversal: "taken_back" | "owes" | "paid_debt" | null;
  /** What is owed, or what of it paid a debt. */
  sum: Money | null;
}

/** A reward as a team reads of it: nothing of what it is worth, and no link to it. */
export interface CelebrationMessage extends Pick<RewardMessage, "what" | "ruleTitle" | "workspaceName"> {
  /** Full name. Null: not to be named, and neither is the deal. */
  person: string | null;
  team: string | null;
}

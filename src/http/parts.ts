/** What the server needs from the rest of the house. `main.ts` fills it in from the corridor; tests with plain functions. */
import type { RawRequest } from "../../connectors/connector.ts";
import type { Log } from "../log.ts";
import type { Money } from "../money.ts";
import type { RewardContent } from "../rewards/provider.ts";
import type { Telemetry } from "../telemetry.ts";

/** What became of a webhook: the answer that the CRM wants, a refusal, or "the database is away: send it again". */
export type Accepted =
  | { status: number; contentType: string; body: string }
  /** `reason`: a short slug for log and metrics. The sender is told only the status. */
  | { refused: 400 | 401 | 404; reason: string }
  | { away: true };

/** One grant as its recipient may see it. */
export interface Claim {
  /** BCP 47: `it`, `en-GB`. Decides words, amounts and dates. */
  language: string;
  /** IANA name; dates are in UTC without it. */
  timeZone?: string;
  recipientFirstName: string | null;
  /** The reward's title, in the recipient's language. */
  title: string;
  worth: Money;
  /** The milestone behind it, for one sentence. */
  reason: {
    type: string;
    subjectName: string | null;
    /** The recipient is the one the milestone is about: "thank you for subscribing", not "Anna subscribed". */
    isRecipient: boolean;
    amount?: Money;
    cycleDays?: number;
  };
  ruleTitle: string;
  /** A state of the grant: `issued`, `expired`, … */
  state: string;
  /** Instants in UTC, ISO 8601. */
  grantedAt: string;
  expiresAt: string | null;
  /** Null until `reveal` was asked for. */
  content: RewardContent | null;
  /** For points: what the recipient has now. */
  pointsBalance?: number;
  workspaceName: string;
  /** The rule's conditions, as the admin wrote them, with what was seen. */
  why: readonly { text: string; held: boolean; saw: string }[];
}

/** A message that a sandbox keeps instead of sending it. */
export interface OutboxMessage {
  id: string;
  channel: "email" | "sms" | "whatsapp";
  to: string;
  subject: string | null;
  text: string;
  html: string | null;
  /** Instant in UTC, ISO 8601. */
  at: string;
}

export interface HttpParts {
  /** `PUBLIC_URL` without a slash at the end. */
  publicUrl: string;
  workspaceName: string;
  log: Log;
  telemetry: Telemetry;
  /** Whether such a connection is configured: anything else is refused before its body is read. */
  hasConnection(connection: string): boolean;
  accept(connection: string, request: RawRequest): Promise<Accepted>;
  /** For /readyz: everything that has to be there, by name. */
  ready(): Promise<{ ok: boolean; parts: Record<string, boolean> }>;
  /** Looks, and changes nothing: link scanners open links too. Undefined: no such link, or revoked. */
  claim(token: string): Promise<Claim | undefined>;
  /** The recipient asked for it: the claim with its content where it can be shown. */
  reveal(token: string): Promise<Claim | undefined>;
  /** Only in a sandbox: newest first. */
  outbox?(): Promise<readonly OutboxMessage[]>;
  /** Where the docs are, for the first page. */
  docsUrl?: string;
  /** Largest webhook body, before and after inflating. Default 5 MB. */
  bodyLimit?: number;
  /** How many proxies stand in front (they add X-Forwarded-For). Default 0: the caller's own address counts. */
  proxies?: number;
}

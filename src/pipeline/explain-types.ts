/** What `explain` says, before it is put into words: plain data, the same for every language. */
import type { LineTrace, RuleTrace } from "../engine/index.ts";
import type { MoveReason } from "../ledger/move-reasons.ts";
import type { Money } from "../money.ts";
import type { Wording } from "../wordings.ts";
import type { StopDetail } from "./decide-stops.ts";

/** How a rule stands to a milestone. `started_later`: it was loaded only after this had happened, and has no `from:`. */
export type Verdict = RuleTrace["verdict"] | "started_later";

/** A condition, and how far it was from holding. */
export interface ExplainedLine extends LineTrace {
  /** Of a comparison with a number: what was asked for, what was seen, and the difference. */
  missedBy?: { asked: number; seen: number; by: number };
}

/** What keeps a reward back, or took it away. */
export type Standing =
  | { what: "held"; until: string }
  | { what: "no_money"; budget: string }
  | { what: "awaiting_approval"; by: string | null; until: string | null }
  | { what: "shadow" }
  /** By a person who accepted a dispute, whatever the rule saw: their email address. */
  | { what: "given"; by: string }
  /** `why`: a reason of `src/ledger/undone.ts`. */
  | { what: "undone"; why: string; at: string }
  /** It came to an end without being used: `why` as the move says it; `reason`: the same for any language, where it is ours. */
  | { what: "ended"; state: string; why: string; reason: MoveReason | null; at: string }
  | { what: "waiting"; why: string; wording: Wording | null }
  /** A message waits for the end of the recipient's quiet hours. `zone`: IANA name. */
  | { what: "quiet"; channel: string; until: string; zone: string }
  /** A message that was not sent: an opt-out, an address that does not work. */
  | { what: "not_told"; channel: string; why: string; wording: Wording | null };

export interface ExplainedGrant {
  id: string;
  rule: string;
  recipientKey: string;
  recipient: string;
  value: Money;
  state: string;
  part: number;
  milestoneId: number;
  standing: Standing[];
}

export interface ExplainedStop {
  rule: string;
  recipientKey: string;
  recipient: string;
  value: Money;
  part: number;
  milestoneId: number;
  reason: "once" | "limit" | "budget";
  detail: StopDetail;
}

/** What came of one part of a matched rule. */
export type ExplainedPart =
  /** `earlier`: it was made for an earlier milestone of the same record. */
  | { kind: "grant"; to: string; grant: ExplainedGrant; earlier: boolean }
  | { kind: "stopped"; to: string; stop: ExplainedStop }
  /** The CRM names nobody. */
  | { kind: "nobody"; to: string }
  | { kind: "no_value"; to: string; why: string }
  | { kind: "nothing"; to: string };

export interface ExplainedRule {
  rule: string;
  verdict: Verdict;
  lines: ExplainedLine[];
  parts: ExplainedPart[];
}

export interface ExplainedMilestone {
  id: number;
  type: string;
  connection: string;
  /** `deal Rossi`. */
  subject: string;
  /** ISO 8601, UTC. */
  occurredAt: string;
  eventId: number | null;
  /** A change that arrived later showed that it was not so. */
  withdrawn: boolean;
  /** Of a metric: local calendar days, half-open; `ended`: it is judged as a whole, as of its last moment. Null: of none. */
  window: { from: string; until: string; ended: boolean } | null;
  rules: ExplainedRule[];
}

/** What a checked rule book holds. Everything here was validated by `load.ts`; nothing needs checking again. */
import type { ChannelName } from "../channels/channel.ts";
import type { MilestoneType, RecordKind } from "../events.ts";
import type { Money } from "../money.ts";

/** Who gets a part of a reward, seen from the milestone. */
export type RecipientRole = "owner" | "contact" | "manager(owner)";

/**
 * How often one rule may reward one recipient: for the same subject once (`per deal`, the default for that kind),
 * for every happening (`per milestone`), or once at all (`per recipient`).
 */
export type Once = { per: "subject"; kind: RecordKind } | { per: "milestone" } | { per: "recipient" };

export interface Reward {
  id: string;
  /** By language; always at least one. */
  title: Record<string, string>;
  /** Provider id in accolade.yaml. */
  provider: string;
  /** What a rule gives when it names no value of its own. */
  value: Money | null;
  /** As the provider's `options` schema parsed them. */
  options: unknown;
}

export type PartValue =
  | { fixed: Money }
  /** A CEL expression in major units of `currency`, rounded to its minor unit, never above `cap`. */
  | { expression: string; currency: string; cap: Money | null };

export interface RewardPart {
  to: RecipientRole;
  give: Reward;
  value: PartValue;
}

export interface Rule {
  id: string;
  title: Record<string, string>;
  kpi: string | null;
  on: MilestoneType;
  /** CEL lines as written; all must hold. */
  where: string[];
  parts: RewardPart[];
  /** In order of preference; never empty. */
  notify: ChannelName[];
  once: Once;
  /** Half-open, instants in UTC; null is without end. Judged by the milestone's own time. */
  from: string | null;
  until: string | null;
  mode: "active" | "shadow";
  /** Where it was written. */
  file: string;
  line: number;
}

export interface RuleBook {
  /** SHA-256 of the sources, hex: equal text, equal version. */
  hash: string;
  rules: Rule[];
  rewards: Reward[];
}

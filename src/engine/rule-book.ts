/** What a checked rule book holds. Everything here was validated by `load.ts`; nothing needs checking again. */
import type { ChannelName } from "../channels/channel.ts";
import type { MilestoneType, RecordKind } from "../events.ts";
import type { Money } from "../money.ts";
import type { Period, Window } from "../windows.ts";

/**
 * Who gets a part of a reward, seen from the milestone. `team`: everybody in the owner's team, or in the team that a
 * metric is about. `contributor("SE")`: who has that role on the deal.
 */
export type RecipientRole = "owner" | "contact" | "manager(owner)" | "team" | `contributor("${string}")`;

/**
 * How often one rule may reward one recipient: for the same subject once (`per deal`, the default for that kind), for
 * every happening (`per milestone`), or once for a person, team or company, ever or in each period
 * (`per owner per quarter`).
 */
export type Once =
  | { per: "subject"; kind: RecordKind }
  | { per: "milestone" }
  | { per: "recipient" | "owner" | "team" | "company"; period: Period | null };

/** `14 days while won`: counted from the milestone, issued only if it still holds by then. */
export interface Hold {
  text: string;
  /** `window`: until the metric's window ends (`until the window ends`). */
  for: { count: number; unit: "hours" | "days" | "weeks" | "months" } | "window";
  /** What must be true of the record all the time until then. */
  while: "won" | "open" | "subscribed" | null;
}

/** `3 per owner per month`, `5000 EUR per quarter`, `10 in total`: one of `count` and `amount` is set. */
export interface Limit {
  text: string;
  count: number | null;
  amount: Money | null;
  /** Whose grants are counted together: all of the rule, or those of one recipient, owner, team or company. */
  per: "rule" | "recipient" | "owner" | "team" | "company";
  /** Null: ever. */
  period: Period | null;
}

/** `above 250 EUR by finance within 7 days`. */
export interface Approval {
  text: string;
  /** Null: always. */
  above: Money | null;
  /** A group of approvers in accolade.yaml, or `manager`: the recipient's manager. */
  by: string;
  withinDays: number;
}

/** What a rule on `metric.changed` looks at. */
export interface RuleMetric {
  name: string;
  of: "owner" | "team" | "company" | "campaign" | "workspace";
  over: Window;
  /** Such as `basis: closed`; every option of the metric, defaults filled in. */
  options: Readonly<Record<string, string>>;
}

/** Money set aside. Half-open, instants in UTC; null is without end. */
export interface Budget {
  id: string;
  amount: Money;
  from: string | null;
  until: string | null;
  /** Percent of the amount at which somebody is told, ascending. */
  alerts: number[];
  /** What becomes of a reward that finds it empty: it waits for a higher budget, or is not given. */
  whenEmpty: "wait" | "stop";
  file: string;
  line: number;
}

/** A tier of customers: the first whose lines all hold is the customer's. */
export interface Tier {
  id: string;
  where: string[];
}

/** Days and hours that a rule may be limited to with `during:`. */
export interface Calendar {
  id: string;
  /** IANA name. */
  timeZone: string;
  /** ISO weekdays, 1 is Monday. */
  days: number[];
  /** Minutes since local midnight, half-open; null: the whole day. */
  hours: { from: number; until: number } | null;
  /** Local days that do not count, `YYYY-MM-DD`. */
  except: string[];
}

/** One way to come by a reward: a provider with its options, and whom and what it is used for. */
export interface Route {
  /** Provider id in accolade.yaml. */
  provider: string;
  /** As the provider's `options` schema parsed them. */
  options: unknown;
  /** ISO 3166-1 alpha-2; null: whoever it is for. */
  countries: readonly string[] | null;
  /** ISO 4217; null: any that the provider supplies. */
  currencies: readonly string[] | null;
  /** Both included; null: no bound. A value in another currency does not fit. */
  atLeast: Money | null;
  atMost: Money | null;
}

export interface Reward {
  id: string;
  /** By language; always at least one. */
  title: Record<string, string>;
  /** Of the first route: provider id in accolade.yaml. */
  provider: string;
  /** What a rule gives when it names no value of its own. */
  value: Money | null;
  /** Of the first route. */
  options: unknown;
  /** In order of preference; one where the reward names one provider. Never empty. */
  via: readonly Route[];
}

/** What recipients may take for their points, on their own page. */
export interface Offer {
  id: string;
  give: Reward;
  value: Money;
  /** Points. */
  cost: Money;
  /** How many there are in all; null: no end of them. */
  stock: number | null;
  /** Id of the budget that it takes from; null: none. */
  budget: string | null;
  approval: Approval | null;
  /** As in a rule. */
  notify: ChannelName[];
  file: string;
  line: number;
}

export type PartValue =
  | { fixed: Money }
  /** A CEL expression in major units of `currency`, rounded to its minor unit, never above `cap`. */
  | { expression: string; currency: string; cap: Money | null };

export interface RewardPart {
  to: RecipientRole;
  give: Reward;
  value: PartValue;
  /**
   * Where one value is divided (`to: { owner: 70%, manager(owner): 30% }`): parts with the same `entry` share one value,
   * each its hundredths of a percent. Minor units are divided so that they add up. A share that nobody takes is not given.
   */
  split: { entry: number; basisPoints: number } | null;
}

export interface Rule {
  id: string;
  title: Record<string, string>;
  kpi: string | null;
  on: MilestoneType;
  /** Set where `on` is `metric.changed`, and only there. */
  metric: RuleMetric | null;
  /** CEL lines as written; all must hold. */
  where: string[];
  /** Id of a calendar: only milestones that happen in its days and hours count. */
  during: string | null;
  parts: RewardPart[];
  /** In order of preference; never empty. */
  notify: ChannelName[];
  once: Once;
  hold: Hold | null;
  limits: Limit[];
  approval: Approval | null;
  /** Id of a budget of this book. */
  budget: string | null;
  /** A reward that was used and is no longer due becomes a debt, netted against later ones. */
  clawback: boolean;
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
  budgets: Budget[];
  offers: Offer[];
  /** In order: the first that holds is the customer's tier. */
  tiers: Tier[];
  calendars: Calendar[];
}

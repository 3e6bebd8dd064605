/**
 * A milestone and everything that was known at its moment: what the rules judge, what is kept in `milestones.situation`,
 * and what `explain` shows again later. Plain JSON. Every value is as of the milestone, not as of now.
 */
import type { MilestoneType } from "./events.ts";

export interface DealView {
  id: string;
  name: string | null;
  /** Major units of the workspace currency; null where unknown or where no exchange rate is configured. */
  amount: number | null;
  /** As the CRM has it, in `currency`. */
  amount_original: number | null;
  currency: string | null;
  stage: string | null;
  stage_label: string | null;
  pipeline: string | null;
  status: "open" | "won" | "lost" | null;
  type: string | null;
  close_date: string | null;
  created_at: string | null;
  /** Whole days from creation to the milestone; null where the creation is unknown. */
  cycle_days: number | null;
  /** Amount now ÷ first amount that was known, both as the CRM has them; null where either is unknown or the first is 0. */
  amount_growth: number | null;
  /** Days spent in each stage so far, by stage id and by stage label, with decimals. Read as `deal.stage_days("proposal")`. */
  stage_days: Record<string, number>;
  /** Every other property the connection brings, by its name. */
  fields: Record<string, string | number | boolean | null>;
}

export interface PersonView {
  id: string;
  name: string | null;
  first_name: string | null;
  email: string | null;
  language: string | null;
  team: string | null;
}

export interface ContactView extends PersonView {
  lifecycle: string | null;
  subscribed: boolean | null;
  created_at: string | null;
  fields: Record<string, string | number | boolean | null>;
}

export interface CompanyView {
  id: string;
  name: string | null;
  domain: string | null;
  fields: Record<string, string | number | boolean | null>;
}

export interface LeadView extends PersonView {
  status: string | null;
  source: string | null;
  converted: boolean | null;
  created_at: string | null;
  fields: Record<string, string | number | boolean | null>;
}

/** The company behind a deal, contact or company milestone as a customer of ours, from the deals it won until then. */
export interface CustomerView {
  /** The company's id in the CRM. */
  id: string;
  /** Id of the first tier of the rule book whose lines hold; filled in by the matcher, null in stored situations. */
  tier: string | null;
  /** Won amount so far in the workspace currency, major units. */
  revenue: number;
  /** Deals won so far. */
  deals: number;
  /** When the first of them was won; null where none was. */
  since: string | null;
  /** Whole days since then; null where none was. */
  days: number | null;
}

export interface TeamView {
  name: string;
  /** Recipients with this team. An id with a slash is a whole recipient key. Empty where no rule gives to a team. */
  members: PersonView[];
}

/** A metric of one owner, team, company, campaign or the workspace, over one window. */
export interface MetricView {
  name: string;
  of: "owner" | "team" | "company" | "campaign" | "workspace";
  /** What it is of, for people and keys: a user id, a team's name, a company id, a campaign id; `workspace`. */
  id: string;
  /** As written: `quarter`, `30 days`. */
  over: string;
  /** Every option of the metric, as in `RuleMetric`: rules that want other ones do not see it. Left out: of any. */
  options?: Readonly<Record<string, string>>;
  /** Local calendar days, half-open. */
  from: string;
  until: string;
  /** In the metric's unit; null where it cannot be said (nothing to divide by). */
  value: number | null;
  /** The same over the window before. */
  previous: number | null;
  /** (value - previous) ÷ |previous|; null where either is null or previous is 0. */
  change: number | null;
  /** How many records the value rests on. */
  sample: number;
  /** The window is over: it is judged as a whole, as of its last moment. */
  ended?: boolean;
}

export interface Situation {
  milestone: {
    type: MilestoneType;
    /** ISO 8601, UTC. */
    occurredAt: string;
    connection: string;
    subject: { kind: string; id: string };
    /** For `*_changed`: the values before and after. */
    from: string | number | boolean | null;
    to: string | number | boolean | null;
  };
  /** The records around it; null where the milestone has none or nothing is known. */
  deal: DealView | null;
  contact: ContactView | null;
  company: CompanyView | null;
  lead: LeadView | null;
  /** The CRM user who owns the subject. */
  owner: PersonView | null;
  manager: PersonView | null;
  customer: CustomerView | null;
  /** The owner's team, or the team that a metric is of. */
  team: TeamView | null;
  /** Who has which role on the deal, by role: `SE`. */
  contributors: Record<string, PersonView>;
  /** Set for `metric.changed` only. */
  metric: MetricView | null;
  /** What a posted milestone brought along (`details`). */
  details: Record<string, unknown>;
}

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
  /** What a posted milestone brought along (`details`). */
  details: Record<string, unknown>;
}

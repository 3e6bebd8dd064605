/**
 * The common event model: what every connector says, whatever the CRM calls it.
 *
 * A CRM tells us *facts*: "field F of record R had value V from time T". Facts commute: the same set of facts gives the
 * same record, the same milestones and the same grants, in whatever order and however often they arrive. That is why a
 * connector never says "the deal was won"; it says "status became won at T", and `records/` derives the milestone.
 */
import { z } from "zod";

/** The kinds of record that we keep a copy of. */
export const recordKinds = ["deal", "contact", "company", "lead", "user", "ticket", "campaign"] as const;
export type RecordKind = (typeof recordKinds)[number];

export const Subject = z.object({
  kind: z.enum(recordKinds),
  /** The CRM's own id, always text: HubSpot ids exceed 2^31, Salesforce ids have 18 characters. */
  id: z.string().min(1).max(200),
});
export type Subject = z.infer<typeof Subject>;

/** A moment in UTC, ISO 8601 with milliseconds: `2026-11-23T09:30:00.000Z`. Text, so that it sorts and serialises as it is. */
export const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  // PostgreSQL knows no year 0, and text of more digits does not sort
  .refine((text) => /^(?!0000)\d{4}-/.test(text), "expected a moment of the years 1 to 9999");

export const FactValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type FactValue = z.infer<typeof FactValue>;

/**
 * One thing that was true of one record from one moment on.
 *
 * Fields that carry meaning, by kind (any other name is kept as it is and can be read in rules as `<kind>.fields.<name>`):
 * - every kind: `exists` (boolean: created/restored true, deleted false), `created_at` (Instant text), `name`,
 *   `merged_into` (id of the surviving record of the same kind), `erased` (true: the person asked to be forgotten)
 * - deal: `status` (`open` | `won` | `lost`), `stage` (id), `stage_label`, `pipeline`, `amount` (number, major units of
 *   `currency`), `currency` (ISO 4217), `owner` (user id), `company` (company id), `close_date` (YYYY-MM-DD), `type`,
 *   `contact:<contact id>` (boolean: associated or not)
 * - contact: `first_name`, `last_name`, `email`, `phone`, `language`, `lifecycle`, `subscribed` (boolean), `owner`, `company`
 * - company: `domain`, `owner`
 * - lead: `first_name`, `last_name`, `email`, `phone`, `language`, `status`, `source`, `converted` (boolean), `owner`
 * - user: `first_name`, `last_name`, `email`, `phone`, `language`, `time_zone`, `team`, `manager` (user id), `active` (boolean)
 *   `contributor:<role>` of a deal is a user id; `campaign` of a deal, contact or lead is a campaign id
 * - ticket: `owner`, `company`, `contact`, `status`; campaign: `name`, `owner`
 * - any: `happened:<milestone type>` (text that tells two happenings apart) for a milestone that no field shows,
 *   such as `happened:survey.answered`; its details travel in `details:<same text>` as JSON text
 */
export const Fact = Subject.extend({
  field: z.string().min(1).max(200),
  value: FactValue,
  at: Instant,
});
export type Fact = z.infer<typeof Fact>;

/**
 * One event of a delivery, as its connector understood it.
 * `key` is unique per connection and the same however often the CRM sends the change.
 */
export const CrmEvent = z.object({
  key: z.string().min(1).max(500),
  /** What the CRM said, for people to read: `deal.changed`, `contact.erased`, `custom.webinar_attended`. */
  type: z.string().min(1).max(200),
  subject: Subject,
  /** When it happened, by the CRM's clock; the time of receipt where the CRM gives none. */
  occurredAt: Instant,
  /** What this delivery alone tells. Empty where it is only a hint. */
  facts: z.array(Fact),
  /** True: the record must be read from the CRM before anything is decided. */
  needsRead: z.boolean(),
  /** Who changed it, as the CRM names them. */
  actor: z.string().max(200).optional(),
  /** What changed it (`CRM_UI`, `INTEGRATION`, …), to recognise our own writes. */
  origin: z.string().max(200).optional(),
});
export type CrmEvent = z.infer<typeof CrmEvent>;

/** Milestones that `records/` derives from facts. A rule listens to one with `on:`. */
export const derivedMilestones = [
  "deal.created",
  "deal.stage_changed",
  "deal.won",
  "deal.lost",
  "deal.reopened",
  "deal.amount_changed",
  "deal.owner_changed",
  "deal.deleted",
  "deal.restored",
  "deal.merged",
  "contact.created",
  "contact.lifecycle_changed",
  "contact.subscribed",
  "contact.unsubscribed",
  "contact.deleted",
  "contact.restored",
  "contact.merged",
  "contact.erased",
  "company.created",
  "company.deleted",
  "company.restored",
  "company.merged",
  "lead.created",
  "lead.converted",
  "lead.deleted",
] as const;

/** Milestones that happen without showing in a field: another system posts them to the `webhook` connector. */
export const postedMilestones = [
  "lead.contacted",
  "lead.qualified",
  "company.became_customer",
  "company.renewed",
  "company.churned",
  "survey.answered",
  "payment.received",
  "payment.refunded",
  "activity.logged",
  "referral.made",
  "campaign.responded",
  "ticket.created",
  "ticket.replied",
  "ticket.closed",
] as const;

/** Milestones of a KPI, seen when what it is counted from changes. */
export const metricMilestones = ["metric.changed"] as const;

export type MilestoneType =
  | (typeof derivedMilestones)[number]
  | (typeof postedMilestones)[number]
  | (typeof metricMilestones)[number]
  | `custom.${string}`;

const known = new Set<string>([...derivedMilestones, ...postedMilestones]);

/** Whether `text` names a milestone of a record: one of the first two lists above, or `custom.<name>`. */
export const isMilestoneType = (text: string): text is MilestoneType =>
  known.has(text) || /^custom\.[a-z][a-z0-9_]*$/.test(text);

import type { derivedMilestones, metricMilestones, postedMilestones } from "../events.ts";

type Listed =
  | (typeof derivedMilestones)[number]
  | (typeof postedMilestones)[number]
  | (typeof metricMilestones)[number]
  | "custom.<name>";

/** When each milestone happens, for the reference page. */
export const milestoneWords: Record<Listed, string> = {
  "deal.created": "a deal is created",
  "deal.stage_changed": "it moves from one stage to another; `milestone.from` and `milestone.to` are the stage ids",
  "deal.won": "the CRM counts it as closed and won, whatever the stage is called",
  "deal.lost": "the CRM counts it as closed and lost",
  "deal.reopened": "it was won or lost, and is open again",
  "deal.amount_changed": "its amount changes",
  "deal.owner_changed": "another user owns it",
  "deal.deleted": "it is deleted",
  "deal.restored": "it is brought back",
  "deal.merged": "it is merged into another deal",
  "contact.created": "a contact is created",
  "contact.lifecycle_changed": "its lifecycle stage changes",
  "contact.subscribed": "it subscribes",
  "contact.unsubscribed": "it unsubscribes",
  "contact.deleted": "it is deleted",
  "contact.restored": "it is brought back",
  "contact.merged": "it is merged into another contact",
  "contact.erased": "the person asked to be forgotten",
  "company.created": "a company is created",
  "company.deleted": "it is deleted",
  "company.restored": "it is brought back",
  "company.merged": "it is merged into another company",
  "lead.created": "a lead is created",
  "lead.converted": "it is converted",
  "lead.deleted": "it is deleted",
  "lead.contacted": "posted: somebody talked to the lead",
  "lead.qualified": "posted: the lead is worth pursuing",
  "company.became_customer": "posted: its first purchase",
  "company.renewed": "posted: it renewed",
  "company.churned": "posted: it left",
  "survey.answered": "posted: a survey was answered; the answers are in `details`",
  "payment.received": "posted: a payment arrived",
  "payment.refunded": "posted: a payment was returned",
  "activity.logged": "posted: a call, a meeting, a demo",
  "referral.made": "posted: somebody was recommended",
  "campaign.responded": "posted: an answer to a campaign",
  "ticket.created": "posted: somebody asked for help",
  "ticket.replied": "posted: somebody answered a ticket",
  "ticket.closed": "posted: a ticket is closed",
  "metric.changed": "a metric is not what it was: the rule's `metric` says which",
  "custom.<name>": "posted: whatever you name, such as `custom.webinar_attended`",
};

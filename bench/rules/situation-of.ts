import type { Situation } from "../../src/situation.ts";
import type { PlainEvent } from "./scenarios.ts";

/** A deal with what a CRM usually sends along, won at the event's values. */
export const situationOf = ({ stage, team, amount, days }: PlainEvent): Situation => ({
  milestone: {
    type: "deal.won",
    occurredAt: "2026-03-05T10:00:00.000Z",
    connection: "hubspot-it",
    subject: { kind: "deal", id: "9001" },
    from: null,
    to: null,
  },
  deal: {
    id: "9001",
    name: "Rossi renewal",
    amount,
    amount_original: amount,
    currency: "EUR",
    stage,
    stage_label: "Closed won",
    pipeline: "default",
    status: "won",
    type: null,
    close_date: "2026-03-05",
    created_at: "2026-01-23T09:30:00.000Z",
    cycle_days: days,
    amount_growth: 1,
    stage_days: { proposal: 12 },
    fields: { hs_priority: "high", dealtype: "newbusiness", hs_forecast_amount: 1_200, hs_is_closed: true, note: null },
  },
  contact: null,
  company: { id: "31", name: "Rossi SpA", domain: "rossi.example", fields: { industry: "RETAIL" } },
  lead: null,
  owner: {
    id: "77",
    name: "Giulia Bianchi",
    first_name: "Giulia",
    email: "giulia@example.com",
    language: "it",
    team,
  },
  manager: null,
  customer: null,
  team: null,
  contributors: {},
  metric: null,
  details: {},
});

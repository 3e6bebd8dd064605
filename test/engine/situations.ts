import type { CompanyView, ContactView, DealView, LeadView, PersonView, Situation } from "../../src/situation.ts";

export const deal = (known: Partial<DealView> = {}): DealView => ({
  id: "9001",
  name: "Rossi renewal",
  amount: 62_000,
  amount_original: 62_000,
  currency: "EUR",
  stage: "closedwon",
  stage_label: "Closed won",
  pipeline: "default",
  status: "won",
  type: null,
  close_date: "2026-03-05",
  created_at: "2026-01-23T09:30:00.000Z",
  cycle_days: 41,
  amount_growth: null,
  stage_days: {},
  fields: {},
  ...known,
});

export const person = (known: Partial<PersonView> = {}): PersonView => ({
  id: "77",
  name: "Giulia Bianchi",
  first_name: "Giulia",
  email: "giulia@example.com",
  language: "it",
  team: "EMEA",
  ...known,
});

export const contact = (known: Partial<ContactView> = {}): ContactView => ({
  ...person({ id: "501", team: null }),
  lifecycle: "lead",
  subscribed: true,
  created_at: "2026-01-02T08:00:00.000Z",
  fields: {},
  ...known,
});

export const company = (known: Partial<CompanyView> = {}): CompanyView => ({
  id: "31",
  name: "Rossi SpA",
  domain: "rossi.example",
  fields: {},
  ...known,
});

export const lead = (known: Partial<LeadView> = {}): LeadView => ({
  ...person({ id: "12", team: null }),
  status: "new",
  source: "fair",
  converted: false,
  created_at: null,
  fields: {},
  ...known,
});

type Given = Partial<Omit<Situation, "milestone">> & { milestone?: Partial<Situation["milestone"]> };

/** A deal won by Giulia; everything that is not given is not known. */
export const situation = ({ milestone, ...known }: Given = {}): Situation => ({
  milestone: {
    type: "deal.won",
    occurredAt: "2026-03-05T10:00:00.000Z",
    connection: "hubspot-it",
    subject: { kind: "deal", id: "9001" },
    from: null,
    to: null,
    ...milestone,
  },
  deal: deal(),
  contact: null,
  company: null,
  lead: null,
  owner: person(),
  manager: null,
  customer: null,
  team: null,
  contributors: {},
  metric: null,
  details: {},
  ...known,
});

/**
 * What an expression may name: one declaration, by the fields of `situation.ts`, that feeds the type check, the
 * suggestions and the table in docs/rules-reference.md. A value that is not known is left out at run time, so
 * `has(deal.amount)` asks whether it is known.
 */
import type {
  CompanyView,
  ContactView,
  CustomerView,
  DealView,
  LeadView,
  MetricView,
  PersonView,
  Situation,
} from "../situation.ts";

/** A value. `dyn` is whatever the CRM or the sender of an event put there. Numbers are always `double`. */
export interface DeclaredValue {
  type: "string" | "double" | "bool" | "dyn" | "map<string, dyn>";
  about: string;
}

/** A function on a record that takes a text and gives a number: `deal.stage_days("proposal")`. */
export interface DeclaredMethod {
  about: string;
  /** An argument as one writes it. */
  example: string;
  /** What it gives for a name that the record does not have. */
  absent: number;
}

/** A record of named values. */
export interface DeclaredRecord {
  about: string;
  fields: Record<string, Declared>;
  /** Each reads the numbers that the situation has under its name. */
  methods?: Record<string, DeclaredMethod>;
}

export type Declared = DeclaredValue | DeclaredRecord;

const text = (about: string): DeclaredValue => ({ type: "string", about });
const number = (about: string): DeclaredValue => ({ type: "double", about });
const flag = (about: string): DeclaredValue => ({ type: "bool", about });
const any = (about: string): DeclaredValue => ({ type: "dyn", about });
const map = (about: string): DeclaredValue => ({ type: "map<string, dyn>", about });

const created = "when it was created: UTC text such as `2026-03-05T09:30:00.000Z`, which compares in time order";
const others = "every other property that the connection brings, by its name in the CRM";

const person = (who: string) =>
  ({
    id: text(`${who}'s id in the CRM`),
    name: text("full name"),
    first_name: text("first name"),
    email: text("email address"),
    language: text("language code, such as `it`"),
    team: text("team"),
  }) satisfies Record<keyof PersonView, Declared>;

const deal = {
  id: text("the deal's id in the CRM"),
  name: text("name"),
  amount: number("amount in the workspace currency; not known without an exchange rate"),
  amount_original: number("amount as the CRM has it, in `deal.currency`"),
  currency: text("ISO 4217 code of `deal.amount_original`"),
  stage: text("id of the stage"),
  stage_label: text("name of the stage as people see it"),
  pipeline: text("id of the pipeline"),
  status: text("`open`, `won` or `lost`"),
  type: text("the CRM's deal type"),
  close_date: text("close date, such as `2026-03-31`"),
  created_at: text(created),
  cycle_days: number("whole days from creation to the milestone"),
  amount_growth: number("amount now divided by the first amount that was known"),
  fields: map(others),
} satisfies Record<Exclude<keyof DealView, "stage_days">, Declared>;

const dealMethods = {
  stage_days: {
    about:
      "days that the deal spent in a stage so far, with decimals, by the stage's id or name; 0 for a stage that it never entered",
    example: '"proposal"',
    absent: 0,
  },
} satisfies Record<Extract<keyof DealView, "stage_days">, DeclaredMethod>;

const contact = {
  ...person("the contact"),
  lifecycle: text("lifecycle stage"),
  subscribed: flag("whether the contact is subscribed"),
  created_at: text(created),
  fields: map(others),
} satisfies Record<keyof ContactView, Declared>;

const company = {
  id: text("the company's id in the CRM"),
  name: text("name"),
  domain: text("web domain"),
  fields: map(others),
} satisfies Record<keyof CompanyView, Declared>;

const lead = {
  ...person("the lead"),
  status: text("lead status"),
  source: text("where the lead came from"),
  converted: flag("whether the lead was converted"),
  created_at: text(created),
  fields: map(others),
} satisfies Record<keyof LeadView, Declared>;

const milestone = {
  type: text("what happened, such as `deal.won`"),
  occurredAt: text("when it happened: UTC text such as `2026-03-05T09:30:00.000Z`"),
  connection: text("the connection that it came from"),
  subject: {
    about: "the record that it happened to",
    fields: { kind: text("`deal`, `contact`, `company` or `lead`"), id: text("its id in the CRM") },
  },
  from: any("the value before, for milestones that end in `_changed`"),
  to: any("the value after, for milestones that end in `_changed`"),
} satisfies Record<keyof Situation["milestone"], Declared>;

const customer = {
  id: text("the company's id in the CRM"),
  tier: text("id of the first of `tiers:` whose conditions hold"),
  revenue: number("won amount until then, in the workspace currency"),
  deals: number("deals won until then"),
  since: text(`when the first of them was won: UTC text, which compares in time order`),
  days: number("whole days since then"),
} satisfies Record<keyof CustomerView, Declared>;

const metric = {
  name: text("name of the metric"),
  of: text("what it is of: `owner`, `team`, `company`, `campaign` or `workspace`"),
  id: text("whose it is: the CRM's id of the owner, the name of the team, …"),
  over: text("its window: `quarter`, `30 days`"),
  from: text("first day of the window, such as `2026-10-01`"),
  until: text("first day after the window"),
  value: number("the metric over the window"),
  previous: number("the same over the window before"),
  change: number("how much of `metric.previous` it grew: 0.1 is a tenth"),
  sample: number("how many records it rests on"),
} satisfies Record<Exclude<keyof MetricView, "options" | "ended">, Declared>;

/** Every variable of an expression. */
export const variables = {
  milestone: { about: "what happened", fields: milestone },
  deal: { about: "the deal", fields: deal, methods: dealMethods },
  contact: { about: "the contact: of a deal milestone, the deal's own contact", fields: contact },
  company: { about: "the company", fields: company },
  lead: { about: "the lead", fields: lead },
  owner: { about: "the CRM user who owns the record", fields: person("the owner") },
  manager: { about: "the owner's manager", fields: person("the manager") },
  customer: { about: "the company as a customer, from the deals it won until then", fields: customer },
  team: { about: "the owner's team, or the team of the metric", fields: { name: text("name of the team") } },
  contributors: map("who else worked on the deal, by role: `contributors.SE.team`"),
  metric: { about: "the metric, for `on: metric.changed`", fields: metric },
  details: map("what a posted milestone brought along, by name"),
} satisfies Record<keyof Situation, Declared>;

/** Whether a declaration has named fields. */
export const isRecord = (declared: Declared): declared is DeclaredRecord => "fields" in declared;

/** The methods of a record; none for most. */
export const methodsOf = ({ methods }: DeclaredRecord): Record<string, DeclaredMethod> => methods ?? {};

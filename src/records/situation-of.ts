/** Builds what the rules judge: a milestone, with every record around it as it was at that moment. */
import type { FactValue, RecordKind } from "../events.ts";
import type {
  CompanyView,
  ContactView,
  CustomerView,
  DealView,
  LeadView,
  PersonView,
  Situation,
} from "../situation.ts";
import type { Milestone } from "./milestones.ts";
import { endOfSave, type RecordHistory, valueAt } from "./timeline.ts";

export interface Around {
  /** The history of a record of the same connection; undefined where nothing is known of it. */
  history(kind: RecordKind, id: string): RecordHistory | undefined;
  /** The person behind a CRM user or contact, as `people/` knows them now; null where unknown. */
  person(kind: RecordKind, id: string): PersonView | null;
  /** Who manages this CRM user; null where unknown. */
  managerOf(userId: string): PersonView | null;
  /** Who is in a team; nobody where no rule asks for it. */
  teamOf(team: string): PersonView[];
  /** Into the workspace currency at the rate of that moment, in major units; null where no rate is configured. */
  convert(amount: number, currency: string | null, at: string): number | null;
  /** What this company had bought by then. */
  customer(companyId: string, at: string): CustomerView;
}

const DAY_MS = 86_400_000;

/** The situation of `milestone`, a milestone of the record `subject`. */
export const situationOf = (milestone: Milestone, subject: RecordHistory, around: Around): Situation => {
  const { at } = milestone;
  const see = (history: RecordHistory) => (field: string) =>
    history === subject && field === milestone.field ? milestone.to : valueAt(history, field, at);
  const find = (kind: RecordKind, id: FactValue | undefined) =>
    typeof id === "string" ? around.history(kind, id) : undefined;
  const seen = see(subject);

  const deal = subject.kind === "deal" ? subject : undefined;
  const contactId = subject.kind === "contact" ? subject.id : deal ? firstContact(deal, at) : seen("contact");
  const companyId = subject.kind === "company" ? subject.id : seen("company");
  const ownerId = seen("owner");
  const contact = subject.kind === "contact" ? subject : find("contact", contactId);
  const company = subject.kind === "company" ? subject : find("company", companyId);

  const owner = typeof ownerId === "string" && ownerId !== "" ? around.person("user", ownerId) : null;

  return {
    milestone: {
      type: milestone.type,
      occurredAt: at,
      connection: milestone.connection,
      subject: milestone.subject,
      from: milestone.from,
      to: milestone.to,
    },
    deal: deal ? dealView(deal, see(deal), at, around) : null,
    contact: typeof contactId === "string" ? contactView(contactId, contact && see(contact), contact, around) : null,
    company: company ? viewOfCompany(company, see(company)) : null,
    lead: subject.kind === "lead" ? leadView(subject, seen) : null,
    owner,
    manager: typeof ownerId === "string" ? around.managerOf(ownerId) : null,
    customer: typeof companyId === "string" && companyId !== "" ? around.customer(companyId, at) : null,
    team: owner?.team ? { name: owner.team, members: around.teamOf(owner.team) } : null,
    contributors: deal ? contributors(deal, see(deal), around) : {},
    metric: null,
    details: details(seen(`details:${milestone.discriminator}`)),
  };
};

type See = (field: string) => FactValue;
const text = (value: FactValue) => (value === null || value === "" ? null : String(value));
const number = (value: FactValue) => (typeof value === "number" && Number.isFinite(value) ? value : null);
const flag = (value: FactValue) => (typeof value === "boolean" ? value : null);

const dealView = (deal: RecordHistory, see: See, at: string, around: Around): DealView => {
  const amount = number(see("amount"));
  const created = text(see("created_at"));
  const status = see("status");
  const days = created ? Math.floor((Date.parse(at) - Date.parse(created)) / DAY_MS) : Number.NaN;
  return {
    id: deal.id,
    name: text(see("name")),
    amount: amount === null ? null : around.convert(amount, text(see("currency")), at),
    amount_original: amount,
    currency: text(see("currency")),
    stage: text(see("stage")),
    stage_label: text(see("stage_label")) ?? text(see("stage")),
    pipeline: text(see("pipeline")),
    status: status === "open" || status === "won" || status === "lost" ? status : null,
    type: text(see("type")),
    close_date: text(see("close_date")),
    created_at: created,
    cycle_days: Number.isNaN(days) ? null : Math.max(0, days),
    amount_growth: growth(deal, amount),
    stage_days: stageDays(deal, at),
    fields: otherFields(deal, see),
  };
};

const growth = (deal: RecordHistory, amount: number | null): number | null => {
  const first = deal.fields.get("amount")?.find((step) => typeof step.value === "number")?.value;
  return amount === null || typeof first !== "number" || first === 0 ? null : amount / first;
};

/** Days until `at` in each stage, by its id, and by its label as far as one was told in the same save. */
const stageDays = (deal: RecordHistory, at: string): Record<string, number> => {
  const days: Record<string, number> = {};
  const steps = (deal.fields.get("stage") ?? []).filter((step) => step.at <= endOfSave(at));
  for (const [index, step] of steps.entries()) {
    const until = steps[index + 1]?.at ?? at;
    const label = valueAt(deal, "stage_label", step.at);
    for (const name of new Set([String(step.value ?? ""), String(label ?? "")]))
      if (name !== "") days[name] = (days[name] ?? 0) + Math.max(0, Date.parse(until) - Date.parse(step.at)) / DAY_MS;
  }
  return days;
};

const CONTRIBUTOR = "contributor:";

const contributors = (deal: RecordHistory, see: See, around: Around): Record<string, PersonView> =>
  Object.fromEntries(
    [...deal.fields.keys()].flatMap((field) => {
      const id = field.startsWith(CONTRIBUTOR) ? see(field) : null;
      const person = typeof id === "string" && id !== "" ? around.person("user", id) : null;
      return person ? [[field.slice(CONTRIBUTOR.length), person]] : [];
    }),
  );

const personFields = (id: string, see: See): PersonView => ({
  id,
  name: text(see("name")) ?? ([see("first_name"), see("last_name")].filter(Boolean).join(" ") || null),
  first_name: text(see("first_name")),
  email: text(see("email")),
  language: text(see("language")),
  team: text(see("team")),
});

const contactView = (
  id: string,
  see: See | undefined,
  history: RecordHistory | undefined,
  around: Around,
): ContactView => ({
  ...(see ? personFields(id, see) : (around.person("contact", id) ?? personFields(id, () => null))),
  lifecycle: see ? text(see("lifecycle")) : null,
  subscribed: see ? flag(see("subscribed")) : null,
  created_at: see ? text(see("created_at")) : null,
  fields: history && see ? otherFields(history, see) : {},
});

const leadView = (lead: RecordHistory, see: See): LeadView => ({
  ...personFields(lead.id, see),
  status: text(see("status")),
  source: text(see("source")),
  converted: flag(see("converted")),
  created_at: text(see("created_at")),
  fields: otherFields(lead, see),
});

/** A company as it was at a moment. */
export const companyView = (company: RecordHistory, at: string): CompanyView =>
  viewOfCompany(company, (field) => valueAt(company, field, at));

const viewOfCompany = (company: RecordHistory, see: See): CompanyView => ({
  id: company.id,
  name: text(see("name")),
  domain: text(see("domain")),
  fields: otherFields(company, see),
});

/** A deal has one contact for rewards: of those associated at that moment the one associated first. */
export const firstContact = (deal: RecordHistory, at: string): string | null => {
  const found = [...deal.fields].flatMap(([field, steps]) =>
    field.startsWith("contact:") && valueAt(deal, field, at) === true
      ? [{ since: steps.find((step) => step.value === true)?.at ?? "", id: field.slice("contact:".length) }]
      : [],
  );
  found.sort((a, b) => (a.since === b.since ? (a.id < b.id ? -1 : 1) : a.since < b.since ? -1 : 1));
  return found[0]?.id ?? null;
};

const ours = new Set(
  (
    "exists created_at name merged_into erased status stage stage_label pipeline amount currency owner company close_date type " +
    "first_name last_name email phone language lifecycle subscribed domain source converted time_zone team manager active"
  ).split(" "),
);
const otherFields = (history: RecordHistory, see: See) =>
  Object.fromEntries(
    [...history.fields.keys()]
      .filter((field) => !ours.has(field) && !field.includes(":"))
      .map((field) => [field, see(field)]),
  );

const details = (value: FactValue): Record<string, unknown> => {
  if (typeof value !== "string") return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return parsed && typeof parsed === "object" && !Array.isArray(parsed) ? { ...parsed } : {};
  } catch {
    return {};
  }
};

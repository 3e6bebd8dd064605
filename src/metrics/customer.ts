/**
 * What a customer adds: a company with a won deal or told to be one, or the first contact of a won deal that has no company.
 * It is one from its first purchase until it churned, and again from the next purchase or renewal.
 */
import type { RecordHistory } from "../records/timeline.ts";
import { type Belonging, belongingOf, ownedBy, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import { type Contributions, collector, NOTHING, type Of } from "./contribution.ts";
import type { Win } from "./deal.ts";
import { happened, isGone } from "./life.ts";
import { addPresence, type DaySpan, daySpans, type Interval } from "./presence.ts";
import { constant } from "./timeline.ts";

export interface Purchase extends Win {
  dealId: string;
}

export interface Customer {
  connection: string;
  kind: "company" | "contact";
  /** Of the record that remains after merges. */
  id: string;
  /** That record and those merged into it, as far as they are known: what happened to any of them happened to it. */
  members: readonly RecordHistory[];
  purchases: readonly Purchase[];
}

interface Turn {
  at: string;
  active: boolean;
  purchase: Purchase | null;
}

const oldestFirst = (a: Turn, b: Turn) =>
  a.at !== b.at ? (a.at < b.at ? -1 : 1) : (a.purchase?.dealId ?? "") < (b.purchase?.dealId ?? "") ? -1 : 1;

const turnsOf = ({ members, purchases }: Customer): Turn[] => {
  const told = (type: string, active: boolean) =>
    members.flatMap((member) => happened(member, type).map(({ at }) => ({ at, active, purchase: null })));
  return [
    ...purchases.map((purchase) => ({ at: purchase.at, active: true, purchase })),
    ...told("company.became_customer", true),
    ...told("company.renewed", true),
    ...told("company.churned", false),
  ].sort(oldestFirst);
};

/** When it became a customer for the first time; null: never. */
export const customerSince = (customer: Customer): string | null =>
  turnsOf(customer).find(({ active }) => active)?.at ?? null;

export const customerContributions = (customer: Customer, context: MetricContext): Contributions => {
  const { id, members } = customer;
  const turns = turnsOf(customer);
  const first = turns.find(({ active }) => active);
  const own = members.find((member) => member.id === id);
  if (!first || (own && isGone(own))) return NOTHING;
  const purchases = turns.flatMap(({ purchase }) => purchase ?? []);
  const belonging = belongingFor(customer, own, purchases[0], context);
  const into = collector();

  const firstDay = context.dayOf(first.at);
  // a new customer is a success of whoever sold, not of whom the company belongs to by now
  into.add("customer_new", firstDay, 1, first.purchase?.subjects ?? subjectsAt(belonging, first.at));
  const [opening] = purchases;
  if (opening) into.add("new_revenue", context.dayOf(opening.at), opening.amountMinor ?? 0, opening.subjects);
  for (const { at, amountMinor } of purchases)
    into.add("customer_revenue", context.dayOf(at), amountMinor ?? 0, subjectsAt(belonging, at));

  const spans = daySpans(intervalsOf(turns), belonging, context);
  const joined = addPresence(into, "customer", spans);
  for (const { subject, first: start, last } of joined) {
    into.add("customer.start_days", start, dayNumber(start), [subject]);
    if (last !== null) into.add("customer.end_days", last, dayNumber(last) + 1, [subject]);
  }
  for (const { subject, first: start, last, ended } of spans) {
    if (!ended || last === null) continue;
    into.add("customer_lost", last, 1, [subject]);
    // who came and went within one window was no customer at its start, and is not lost to it
    into.add("customer_brief", start, 1, [subject], { day2: last });
  }
  const [same, other] = laterPurchases(purchases);
  const moments = (bought: readonly Purchase[]): DaySpan[] =>
    daySpans(
      bought.map(({ at }) => ({ from: at, to: at })),
      belonging,
      context,
    );
  addPresence(into, "upsell", moments(same));
  addPresence(into, "cross_sell", moments(other));
  return into.done();
};

/** The owner that the company's record names, else who sold to it first; the campaign of its first purchase. */
const belongingFor = (
  { connection, kind, id }: Customer,
  record: RecordHistory | undefined,
  opening: Purchase | undefined,
  context: MetricContext,
): Belonging => {
  const seller = (of: Of) => opening?.subjects.find(([each]) => each === of)?.[2] ?? null;
  const told = record && belongingOf(record, context);
  const owned = told && told.owner.length > 0 ? told : ownedBy(connection, constant(seller("owner")), context);
  return {
    ...owned,
    company: kind === "company" ? constant(id) : (told?.company ?? []),
    campaign: constant(seller("campaign")),
  };
};

const intervalsOf = (turns: readonly Turn[]): Interval[] => {
  const intervals: Interval[] = [];
  let from: string | null = null;
  for (const { at, active } of turns) {
    if (active && from === null) from = at;
    if (!active && from !== null) {
      intervals.push({ from, to: at });
      from = null;
    }
  }
  return from === null ? intervals : [...intervals, { from, to: null }];
};

/** Purchases after the first: of what was bought before, and of something else. What is not known is one thing of its own. */
const laterPurchases = (purchases: readonly Purchase[]): [Purchase[], Purchase[]] => {
  const had = new Set<string | null>();
  const [same, other]: [Purchase[], Purchase[]] = [[], []];
  for (const [index, purchase] of purchases.entries()) {
    if (index > 0) (had.has(purchase.what) ? same : other).push(purchase);
    had.add(purchase.what);
  }
  return [same, other];
};

/** Days since 1970-01-01. */
export const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 86_400_000;

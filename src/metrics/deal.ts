/** What a deal adds: the time it was open, how it ended, how long its stages and all of it took. */

import { exchanged } from "../rates.ts";
import type { RecordHistory, Step } from "../records/timeline.ts";
import { type Belonging, belongingOf, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import { type Collector, type Subject, WORKSPACE } from "./contribution.ts";
import { addDuration } from "./duration.ts";
import { createdAt, firstSeen, isGone } from "./life.ts";
import { addPresence, daySpans, type Interval } from "./presence.ts";

/** A deal counts as won or lost at the last time it became so, and only while it still is. */
interface Close {
  as: "won" | "lost";
  at: string;
}

const closeOf = (deal: RecordHistory): Close | null => {
  const last = deal.fields.get("status")?.at(-1);
  return last?.value === "won" || last?.value === "lost" ? { as: last.value, at: last.at } : null;
};

const isClosed = ({ value }: Step) => value === "won" || value === "lost";

/** From its creation until it was first won or lost, and from each reopening until it was so again. */
export const openIntervals = (deal: RecordHistory): Interval[] => {
  const steps = deal.fields.get("status") ?? [];
  const begins = [createdAt(deal) ?? firstSeen(deal), steps[0]?.at, deal.fields.get("stage")?.[0]?.at];
  const first = begins.filter((at): at is string => typeof at === "string").sort()[0];
  if (first === undefined) return [];
  const intervals: Interval[] = [];
  let from: string | null = first;
  for (const step of steps) {
    if (isClosed(step) && from !== null) {
      intervals.push({ from, to: step.at });
      from = null;
    } else if (!isClosed(step) && from === null) from = step.at;
  }
  if (from !== null) intervals.push({ from, to: null });
  return intervals;
};

/** In minor units of the workspace currency, as the deal had it at that moment, at the rate of that day; null where unknown. */
export const amountAt = (deal: RecordHistory, at: string, context: MetricContext): number | null => {
  const amount = context.valueAt(deal, "amount", at);
  const currency = context.valueAt(deal, "currency", at);
  if (typeof amount !== "number") return null;
  return exchanged(context.exchange, amount, typeof currency === "string" ? currency : null, context.dayOf(at));
};

/** A deal that stands as won: what it was worth, what was bought, who sold it. */
export interface Win {
  at: string;
  amountMinor: number | null;
  what: string | null;
  subjects: Subject[];
}

export const winOf = (deal: RecordHistory, context: MetricContext): Win | null => {
  const close = isGone(deal) ? null : closeOf(deal);
  if (close?.as !== "won") return null;
  const { at } = close;
  const what = context.valueAt(deal, "product", at) ?? context.valueAt(deal, "type", at);
  return {
    at,
    amountMinor: amountAt(deal, at, context),
    what: what === null || what === "" ? null : String(what),
    subjects: subjectsAt(belongingOf(deal, context), at),
  };
};

export const addDeal = (into: Collector, deal: RecordHistory, context: MetricContext): void => {
  const belonging = belongingOf(deal, context);
  const open = openIntervals(deal);
  const close = closeOf(deal);
  const spans = daySpans(open, belonging, context);
  addPresence(into, "open", spans);
  // one amount for all of its time: as it was closed, or as it is. So what is won is never more than what was open
  const measured = close?.at ?? deal.fields.get("amount")?.at(-1)?.at ?? open[0]?.from;
  const amount = measured === undefined ? null : amountAt(deal, measured, context);
  if (amount !== null) addPresence(into, "open_amount", spans, amount);
  if (close) addClose(into, deal, close, amount, belonging, context);
  addStays(into, deal, open, belonging, context);
};

const addClose = (
  into: Collector,
  deal: RecordHistory,
  { as, at }: Close,
  amount: number | null,
  belonging: Belonging,
  context: MetricContext,
) => {
  const day = context.dayOf(at);
  const subjects = subjectsAt(belonging, at);
  into.add(as, day, 1, subjects);
  into.add(`${as}_amount`, day, amount ?? 0, subjects);
  if (as === "lost") return;
  const campaigns = subjects.filter(([of]) => of === "campaign");
  if (campaigns.length > 0) {
    into.add("campaign_amount", day, amount ?? 0, [...campaigns, WORKSPACE]);
    into.add("campaign_deals", day, 1, [...campaigns, WORKSPACE]);
  }
  const created = createdAt(deal);
  if (created !== null) addDuration(into, "cycle", day, Date.parse(at) - Date.parse(created), subjects);
};

/** The stays in stages that ended, on the day they ended: by another stage, or with the deal. What lasts less than a save is none. */
const addStays = (
  into: Collector,
  deal: RecordHistory,
  open: readonly Interval[],
  belonging: Belonging,
  context: MetricContext,
) => {
  const steps = deal.fields.get("stage") ?? [];
  for (const { from, to } of open)
    for (const [index, step] of steps.entries()) {
      const start = index === 0 || step.at < from ? from : step.at;
      const next = steps[index + 1]?.at ?? null;
      const end = next === null || (to !== null && to < next) ? to : next;
      if (end === null || step.value === null || step.value === "") continue;
      const ms = Date.parse(end) - Date.parse(start);
      if (ms < context.saveMs) continue;
      const [stage, label] = [String(step.value), context.valueAt(deal, "stage_label", start)];
      const [day, subjects] = [context.dayOf(end), subjectsAt(belonging, end)];
      addDuration(into, "stage", day, ms, subjects, stage);
      if (typeof label === "string" && label !== "" && label !== stage)
        addDuration(into, "stage_label", day, ms, subjects, label);
    }
};

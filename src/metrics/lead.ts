/** What a lead adds: that it was qualified, and how long it waited for the first contact. */
import type { RecordHistory } from "../records/timeline.ts";
import { belongingOf, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector } from "./contribution.ts";
import { createdAt, happened } from "./life.ts";

const firstOf = (times: readonly (string | undefined)[]): string | undefined =>
  times.filter((at) => at !== undefined).sort()[0];

/** When it was converted into a deal or customer; null: not. */
export const convertedOn = (lead: RecordHistory): string | null =>
  lead.fields.get("converted")?.find(({ value }) => value === true)?.at ?? null;

export const addLead = (into: Collector, lead: RecordHistory, context: MetricContext): void => {
  const belonging = belongingOf(lead, context);
  // who was converted had been good enough, whether somebody said so or not
  const qualified = firstOf([happened(lead, "lead.qualified")[0]?.at, convertedOn(lead) ?? undefined]);
  if (qualified) into.add("lead_qualified", context.dayOf(qualified), 1, subjectsAt(belonging, qualified));

  const contacted = happened(lead, "lead.contacted")[0]?.at;
  const created = createdAt(lead);
  if (!contacted || !created) return;
  const subjects = subjectsAt(belonging, contacted);
  into.add("lead_contacted", context.dayOf(contacted), 1, subjects);
  const waited = Math.max(0, Date.parse(contacted) - Date.parse(created));
  into.add("lead_waited_ms", context.dayOf(contacted), waited, subjects);
};

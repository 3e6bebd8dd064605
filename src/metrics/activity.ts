/** Activities logged: `activity.logged` of any record; of the user whom its details name as `owner`, else of the record's owner. */
import type { RecordHistory } from "../records/timeline.ts";
import { belongingOf, ownedBy, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector } from "./contribution.ts";
import { happened } from "./life.ts";
import { constant } from "./timeline.ts";

const byWhom = ({ owner }: Record<string, unknown>): string | null =>
  typeof owner === "string" || typeof owner === "number" ? String(owner) : null;

/** The users whom activities of this record name. */
export const activityOwners = (record: RecordHistory): string[] =>
  happened(record, "activity.logged").flatMap(({ details }) => byWhom(details) ?? []);

export const addActivities = (into: Collector, record: RecordHistory, context: MetricContext): void => {
  const activities = happened(record, "activity.logged");
  if (activities.length === 0) return;
  const belonging = belongingOf(record, context);
  for (const { at, details } of activities) {
    const by = byWhom(details);
    const { owner, team } = by === null ? belonging : ownedBy(record.connection, constant(by), context);
    const whose = { ...belonging, owner, team };
    into.add("activity", context.dayOf(at), 1, subjectsAt(whose, at));
  }
};

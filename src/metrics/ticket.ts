/** What a ticket adds: that it was closed, and whether one reply was enough. */
import type { RecordHistory } from "../records/timeline.ts";
import { belongingOf, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector } from "./contribution.ts";
import { happened } from "./life.ts";

/** It counts on the day on which it was last closed; one that had to be closed again was not solved at once. */
export const addTicket = (into: Collector, ticket: RecordHistory, context: MetricContext): void => {
  const closings = happened(ticket, "ticket.closed");
  const closed = closings.at(-1)?.at;
  if (!closed) return;
  const subjects = subjectsAt(belongingOf(ticket, context), closed);
  into.add("ticket_closed", context.dayOf(closed), 1, subjects);
  const replies = happened(ticket, "ticket.replied").filter(({ at }) => at <= closed).length;
  if (closings.length === 1 && replies === 1) into.add("ticket_first_contact", context.dayOf(closed), 1, subjects);
};

/** What a record adds to the metrics, by its kind. What it adds as a customer is apart: that rests on its deals. */
import type { RecordKind } from "../events.ts";
import type { RecordHistory } from "../records/timeline.ts";
import { addActivities } from "./activity.ts";
import { addCompleteness } from "./completeness.ts";
import { addContact } from "./contact.ts";
import type { MetricContext } from "./context.ts";
import { type Collector, type Contributions, collector } from "./contribution.ts";
import { addDeal } from "./deal.ts";
import { addLead } from "./lead.ts";
import { isGone } from "./life.ts";
import { addReferrals } from "./referral.ts";
import { addAnswers } from "./survey.ts";
import { addTicket } from "./ticket.ts";

type Add = (into: Collector, record: RecordHistory, context: MetricContext) => void;

const byKind: Partial<Record<RecordKind, Add>> = {
  deal: addDeal,
  contact: addContact,
  lead: addLead,
  ticket: addTicket,
};
const ofEveryKind: readonly Add[] = [addCompleteness, addAnswers, addActivities, addReferrals];

export const contributionsOf = (record: RecordHistory, context: MetricContext): Contributions => {
  const into = collector();
  if (!isGone(record)) {
    byKind[record.kind]?.(into, record, context);
    for (const add of ofEveryKind) add(into, record, context);
  }
  const basis = basisOf(record, context);
  return basis === undefined ? into.done() : { ...into.done(), basis };
};

/** What others take from it: where it differs from what is stored, they are counted anew. Undefined: nothing. */
export const basisOf = ({ connection, kind, id }: RecordHistory, context: MetricContext): string | undefined => {
  if (kind === "user") return JSON.stringify(context.teamOf(connection, id));
  if (kind === "company" || kind === "contact") return context.survivor(connection, kind, id);
  return undefined;
};

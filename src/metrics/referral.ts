/**
 * Referrals: `referral.made` of who referred, with the details `lead`, `contact`, `company` or `deal`: the id of who was
 * referred. It is converted when that one becomes a customer.
 */
import type { RecordKind } from "../events.ts";
import type { RecordHistory } from "../records/timeline.ts";
import { belongingOf, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector } from "./contribution.ts";
import { happened } from "./life.ts";

const kinds = ["deal", "company", "contact", "lead"] as const;

export interface Referred {
  kind: RecordKind;
  id: string;
}

/** Every record that a referral of this one names. */
export const referredBy = (record: RecordHistory): Referred[] =>
  happened(record, "referral.made").flatMap(({ details }) => namedIn(details));

const namedIn = (details: Record<string, unknown>): Referred[] =>
  kinds.flatMap((kind) => {
    const id = details[kind];
    return typeof id === "string" || typeof id === "number" ? [{ kind, id: String(id) }] : [];
  });

export const addReferrals = (into: Collector, record: RecordHistory, context: MetricContext): void => {
  const referrals = happened(record, "referral.made");
  if (referrals.length === 0) return;
  const belonging = belongingOf(record, context);
  for (const { at, details } of referrals) {
    into.add("referral_made", context.dayOf(at), 1, subjectsAt(belonging, at));
    const converted = namedIn(details)
      .flatMap(({ kind, id }) => context.convertedAt(record.connection, kind, id) ?? [])
      .sort()[0];
    // who was a customer already was not won by the referral
    if (converted !== undefined && converted >= at)
      into.add("referral_converted", context.dayOf(converted), 1, subjectsAt(belonging, converted));
  }
};

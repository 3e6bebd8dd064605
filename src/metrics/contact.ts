/** What a contact adds: the time they were subscribed. */
import type { RecordHistory } from "../records/timeline.ts";
import { belongingOf } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector } from "./contribution.ts";
import { addPresence, daySpans, type Interval } from "./presence.ts";

/** From each time the flag went up until it came down, or until they asked to be forgotten. */
const subscriptions = ({ fields }: RecordHistory): Interval[] => {
  const erased = fields.get("erased")?.find(({ value }) => value === true)?.at;
  const steps = (fields.get("subscribed") ?? []).filter(({ at }) => erased === undefined || at < erased);
  return steps.flatMap(({ at, value }, index) =>
    value === true ? [{ from: at, to: steps[index + 1]?.at ?? erased ?? null }] : [],
  );
};

export const addContact = (into: Collector, contact: RecordHistory, context: MetricContext): void => {
  const spans = daySpans(subscriptions(contact), belongingOf(contact, context), context);
  addPresence(into, "subscriber", spans);
};

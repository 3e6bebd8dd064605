/** How many of the fields that a record should have are filled: a level that rises and falls, told by its differences. */
import type { RecordKind } from "../events.ts";
import type { RecordHistory, Step } from "../records/timeline.ts";
import { belongingOf, changesAfter, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector, Subject } from "./contribution.ts";
import { createdAt, firstSeen } from "./life.ts";

/** Unless accolade.yaml says otherwise. `contact` of a deal: any contact associated with it. */
export const requiredFields: Partial<Record<RecordKind, string[]>> = {
  deal: ["name", "amount", "close_date", "owner", "company"],
  contact: ["email", "last_name", "owner"],
  company: ["name", "domain", "owner"],
  lead: ["email", "source", "owner"],
};

type IsFilled = (at: string) => boolean;

const filledBy =
  (steps: readonly Step[] | undefined): IsFilled =>
  (at) => {
    const value = steps?.findLast((step) => step.at <= at)?.value ?? null;
    return value !== null && value !== "" && value !== false;
  };

const stepsOf = ({ kind, fields }: RecordHistory, field: string): (readonly Step[])[] =>
  kind === "deal" && field === "contact"
    ? [...fields].flatMap(([name, steps]) => (name.startsWith("contact:") ? [steps] : []))
    : [fields.get(field) ?? []];

export const addCompleteness = (into: Collector, record: RecordHistory, context: MetricContext): void => {
  const required = context.required[record.kind] ?? [];
  const begins = createdAt(record) ?? firstSeen(record);
  // of who asked to be forgotten nothing personal is known any more, and nobody is to ask for it
  if (required.length === 0 || begins === null || record.fields.get("erased")?.some(({ value }) => value === true))
    return;
  const belonging = belongingOf(record, context);
  const steps = required.map((field) => stepsOf(record, field));
  const filled = steps.map((each) => each.map(filledBy));
  const moments = [begins, ...steps.flat(2).map(({ at }) => at), ...changesAfter(belonging, begins)];
  // what counts of a day is its end
  const ends = new Map(
    moments
      .filter((at) => at >= begins)
      .sort()
      .map((at) => [context.dayOf(at), at]),
  );

  let before = new Map<string, { subject: Subject; level: number }>();
  for (const [day, at] of ends) {
    const level = filled.filter((each) => each.some((isFilled) => isFilled(at))).length;
    const now = new Map(subjectsAt(belonging, at).map((subject) => [subject.join("\u0000"), { subject, level }]));
    for (const [key, { subject }] of new Map([...before, ...now])) {
      const [was, is] = [before.get(key), now.get(key)];
      into.add("complete_filled", day, (is?.level ?? 0) - (was?.level ?? 0), [subject]);
      into.add("complete_required", day, (is ? required.length : 0) - (was ? required.length : 0), [subject]);
      into.add("complete_records", day, (is ? 1 : 0) - (was ? 1 : 0), [subject]);
    }
    before = now;
  }
};

/** What truly happened in the made-up CRMs, in the words of the event model: no CRM's form, no order of arrival. */
import type { Fact, FactValue } from "../events.ts";

export type Values = readonly (readonly [field: string, value: FactValue])[];

export interface StoryRecord {
  connection: string;
  kind: "deal" | "contact";
  id: string;
}

/** One press of "save" in a CRM: what changed of one record. */
export interface Save {
  record: StoryRecord;
  /** Milliseconds since 1970. */
  at: number;
  values: Values;
  /** The record did not exist before. */
  first: boolean;
  /** How many milliseconds later than others of its time it is sent. */
  late: number;
}

/**
 * The facts of a save. Where a CRM stamps each property on its own (`spread`), they lie a millisecond apart; a deal's
 * status is read off its stage, so the two share their moment.
 */
export const factsOf = ({ record, at, values }: Save, spread: boolean): Fact[] => {
  let step = 0;
  return values.map(([field, value]) => {
    if (field !== "status") step += 1;
    return { kind: record.kind, id: record.id, field, value, at: new Date(spread ? at + step : at).toISOString() };
  });
};

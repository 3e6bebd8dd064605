/** Answers to surveys: `survey.answered` of any record, with the details `survey` (nps, ces or csat) and `score`. */
import type { RecordHistory } from "../records/timeline.ts";
import { belongingOf, subjectsAt } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector } from "./contribution.ts";
import { happened } from "./life.ts";

/** The scores that each kind of survey can have; any other answer counts nowhere. */
const scales: Readonly<Record<string, readonly [least: number, most: number]>> = {
  nps: [0, 10],
  ces: [1, 7],
  csat: [1, 5],
};

export const addAnswers = (into: Collector, record: RecordHistory, context: MetricContext): void => {
  const answers = happened(record, "survey.answered");
  if (answers.length === 0) return;
  const belonging = belongingOf(record, context);
  for (const { at, details } of answers) {
    const survey = String(details.survey ?? "nps").toLowerCase();
    const score = Number(details.score ?? Number.NaN);
    const scale = scales[survey];
    if (!scale || !Number.isInteger(score) || score < scale[0] || score > scale[1]) continue;
    into.add(`survey_${survey}`, context.dayOf(at), 1, subjectsAt(belonging, at), { key: String(score) });
  }
};

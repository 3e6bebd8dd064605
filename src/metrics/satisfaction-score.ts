import { answersOf } from "./answers.ts";
import { type Metric, ratio } from "./metric.ts";

/** The share of answers that are content. */
export const satisfactionScore: Metric = {
  name: "satisfaction_score",
  title: { en: "Customer satisfaction", it: "Soddisfazione dei clienti" },
  about: "answers of 4 or 5 ÷ answers, 1 to 5, of surveys `csat`",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({ answers: { series: "survey_csat", over: "window" } }),
  value(sums) {
    const { count, among } = answersOf(sums);
    return {
      value: ratio(
        among((score) => score >= 4),
        count,
      ),
      sample: count,
    };
  },
};

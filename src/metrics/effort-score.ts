import { answersOf } from "./answers.ts";
import { type Metric, ratio } from "./metric.ts";

/** How easy customers find it to get things done with us: from 1 to 7. */
export const effortScore: Metric = {
  name: "effort_score",
  title: { en: "Customer effort score", it: "Customer effort score" },
  about: "mean of the answers, 1 to 7, of surveys `ces`",
  unit: "points",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({ answers: { series: "survey_ces", over: "window" } }),
  value(sums) {
    const { count, total } = answersOf(sums);
    return { value: ratio(total, count), sample: count };
  },
};

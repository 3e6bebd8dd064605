import { answersOf } from "./answers.ts";
import { type Metric, ratio } from "./metric.ts";

/** Who would recommend us, less who would not: from -100 to 100. */
export const netPromoterScore: Metric = {
  name: "net_promoter_score",
  title: { en: "Net promoter score", it: "Net promoter score" },
  about: "(answers of 9 or 10 − answers of 0 to 6) ÷ answers × 100, of surveys `nps`",
  unit: "points",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({ answers: { series: "survey_nps", over: "window" } }),
  value(sums) {
    const { count, among } = answersOf(sums);
    const share = ratio(among((score) => score >= 9) - among((score) => score <= 6), count);
    return { value: share === null ? null : share * 100, sample: count };
  },
};

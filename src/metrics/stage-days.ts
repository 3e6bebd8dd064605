import { daysOf, durationReads } from "./duration.ts";
import type { Metric } from "./metric.ts";

/** How long deals stay in a stage, counted when they leave it. */
export const stageDays: Metric = {
  name: "stage_days",
  title: { en: "Days in a stage", it: "Giorni per fase" },
  about: "days that deals spent in a stage which they left in the window: the mean, or the median of whole days",
  unit: "days",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: { stat: ["mean", "median"], stage: ["any", "*"] },
  reads: () => ({ ...durationReads("stage"), ...durationReads("stage_label") }),
  value: (sums, { options: { stat = "mean", stage = "any" } }) =>
    stage === "any" ? daysOf(sums, ["stage"], stat, null) : daysOf(sums, ["stage", "stage_label"], stat, stage),
};

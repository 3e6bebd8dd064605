import { daysOf, durationReads } from "./duration.ts";
import type { Metric } from "./metric.ts";

/** From the creation of a deal until it was won. */
export const cycleDays: Metric = {
  name: "cycle_days",
  title: { en: "Length of the sales cycle", it: "Durata del ciclo di vendita" },
  about: "days from creation to won, of deals won in the window: the mean, or the median of whole days",
  unit: "days",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: { stat: ["mean", "median"] },
  reads: () => durationReads("cycle"),
  value: (sums, { options: { stat = "mean" } }) => daysOf(sums, ["cycle"], stat, null),
};

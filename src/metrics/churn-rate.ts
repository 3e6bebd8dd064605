import { atStart, keptReads, lostOf } from "./customer-stock.ts";
import { type Metric, ratio } from "./metric.ts";

/** The share of customers that was lost. */
export const churnRate: Metric = {
  name: "churn_rate",
  title: { en: "Churn rate", it: "Tasso di abbandono" },
  about: "customers at the start of the window that were lost in it ÷ customers at its start",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => keptReads,
  value: (sums) => ({ value: ratio(lostOf(sums), atStart(sums)), sample: atStart(sums) }),
};

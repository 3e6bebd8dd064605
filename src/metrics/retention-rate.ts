import { atStart, keptReads, lostOf } from "./customer-stock.ts";
import { type Metric, ratio } from "./metric.ts";

/** The share of customers that stayed. */
export const retentionRate: Metric = {
  name: "retention_rate",
  title: { en: "Retention rate", it: "Tasso di fidelizzazione" },
  about: "customers at the start of the window that were not lost in it ÷ customers at its start",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => keptReads,
  value: (sums) => ({ value: ratio(atStart(sums) - lostOf(sums), atStart(sums)), sample: atStart(sums) }),
};

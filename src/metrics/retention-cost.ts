import { atStart, keptReads, lostOf } from "./customer-stock.ts";
import { type Metric, ratio } from "./metric.ts";

/** What it costs to keep a customer. */
export const retentionCost: Metric = {
  name: "retention_cost",
  title: { en: "Retention cost", it: "Costo di fidelizzazione" },
  about: "costs of kind `retention` in the window ÷ customers at its start that were not lost in it",
  unit: "money",
  of: ["owner", "team", "campaign", "workspace"],
  options: {},
  reads: () => ({ ...keptReads, cost: { series: "cost_retention", over: "window" } }),
  value(sums, { minorPerMajor }) {
    const kept = atStart(sums) - lostOf(sums);
    return { value: ratio(sums.of("cost") / minorPerMajor, kept), sample: kept };
  },
};

import type { Metric } from "./metric.ts";

/** What was won from those who had bought nothing before. */
export const netNewRevenue: Metric = {
  name: "net_new_revenue",
  title: { en: "Net new revenue", it: "Nuovi ricavi netti" },
  about: "amount of won deals of companies with no earlier won deal",
  unit: "money",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    revenue: { series: "new_revenue", over: "window" },
    customers: { series: "customer_new", over: "window" },
  }),
  value: (sums, { minorPerMajor }) => ({
    value: sums.of("revenue") / minorPerMajor,
    sample: sums.of("customers"),
  }),
};

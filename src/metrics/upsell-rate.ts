import { presentCustomers, presentReads } from "./customer-stock.ts";
import { type Metric, ratio } from "./metric.ts";

/** Customers who bought more of what they had in the window, after their first purchase ÷ customers at some time in the window. */
export const upsellRate: Metric = {
  name: "upsell_rate",
  title: { en: "Upsell rate", it: "Tasso di upselling" },
  about: "customers who bought more of what they had after their first purchase ÷ customers at some time in the window",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    ...presentReads,
    bought: { series: "upsell.start", over: "window" },
    again: { series: "upsell.gap", over: "pairs" },
  }),
  value(sums) {
    const customers = presentCustomers(sums);
    // a customer who did it twice in the window counts once
    return { value: ratio(sums.of("bought") - sums.of("again"), customers), sample: customers };
  },
};

import { presentCustomers, presentReads } from "./customer-stock.ts";
import { type Metric, ratio } from "./metric.ts";

/** Customers who bought something else in the window, after their first purchase ÷ customers at some time in the window. */
export const crossSellRate: Metric = {
  name: "cross_sell_rate",
  title: { en: "Cross-sell rate", it: "Tasso di cross-selling" },
  about: "customers who bought something else after their first purchase ÷ customers at some time in the window",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    ...presentReads,
    bought: { series: "cross_sell.start", over: "window" },
    again: { series: "cross_sell.gap", over: "pairs" },
  }),
  value(sums) {
    const customers = presentCustomers(sums);
    // a customer who did it twice in the window counts once
    return { value: ratio(sums.of("bought") - sums.of("again"), customers), sample: customers };
  },
};

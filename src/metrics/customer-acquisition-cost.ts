import { type Metric, ratio } from "./metric.ts";

/** What a new customer costs. */
export const customerAcquisitionCost: Metric = {
  name: "customer_acquisition_cost",
  title: { en: "Customer acquisition cost", it: "Costo di acquisizione cliente" },
  about: "costs of kind `acquisition` in the window ÷ new customers in it",
  unit: "money",
  of: ["owner", "team", "campaign", "workspace"],
  options: {},
  reads: () => ({
    cost: { series: "cost_acquisition", over: "window" },
    customers: { series: "customer_new", over: "window" },
  }),
  value(sums, { minorPerMajor }) {
    const customers = sums.of("customers");
    return { value: ratio(sums.of("cost") / minorPerMajor, customers), sample: customers };
  },
};

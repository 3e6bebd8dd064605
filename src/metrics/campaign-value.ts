import { type Metric, ratio } from "./metric.ts";

/** What a campaign brought beyond its cost. Of the workspace: all campaigns together. */
export const campaignValue: Metric = {
  name: "campaign_value",
  title: { en: "Campaign value", it: "Valore della campagna" },
  about: "amount of won deals of the campaign − its costs; `as: ratio`: ÷ its costs",
  unit: "money",
  of: ["campaign", "workspace"],
  options: { as: ["value", "ratio"] },
  reads: () => ({
    revenue: { series: "campaign_amount", over: "window" },
    cost: { series: "cost_of_campaigns", over: "window" },
    deals: { series: "campaign_deals", over: "window" },
  }),
  value(sums, { options, minorPerMajor }) {
    const [revenue, cost] = [sums.of("revenue"), sums.of("cost")];
    const value = options.as === "ratio" ? ratio(revenue, cost) : (revenue - cost) / minorPerMajor;
    return { value, sample: sums.of("deals") };
  },
};

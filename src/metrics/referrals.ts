import type { Metric } from "./metric.ts";

/** How many were referred to us, or how many of them became customers. */
export const referrals: Metric = {
  name: "referrals",
  title: { en: "Referrals", it: "Segnalazioni" },
  about: "referrals made in the window; `stage: converted`: referrals whose referred one became a customer in it",
  unit: "count",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: { stage: ["made", "converted"] },
  reads: ({ stage }) => ({
    referrals: { series: stage === "converted" ? "referral_converted" : "referral_made", over: "window" },
  }),
  value: (sums) => ({ value: sums.of("referrals"), sample: sums.of("referrals") }),
};

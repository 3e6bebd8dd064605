import { type Metric, ratio } from "./metric.ts";

/** The share of tickets for which one reply was enough. */
export const firstContactResolution: Metric = {
  name: "first_contact_resolution",
  title: { en: "First contact resolution", it: "Risoluzione al primo contatto" },
  about: "tickets closed once, after one reply ÷ tickets closed in the window",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    first: { series: "ticket_first_contact", over: "window" },
    closed: { series: "ticket_closed", over: "window" },
  }),
  value: (sums) => ({ value: ratio(sums.of("first"), sums.of("closed")), sample: sums.of("closed") }),
};

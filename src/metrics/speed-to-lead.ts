import { type Metric, ratio } from "./metric.ts";

const MINUTE_MS = 60_000;

/** How long a new lead waits for somebody. */
export const speedToLead: Metric = {
  name: "speed_to_lead",
  title: { en: "Speed to lead", it: "Tempo di risposta ai lead" },
  about: "minutes from the creation of a lead to the first contact, on average of leads first contacted in the window",
  unit: "minutes",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    waited: { series: "lead_waited_ms", over: "window" },
    leads: { series: "lead_contacted", over: "window" },
  }),
  value: (sums) => ({ value: ratio(sums.of("waited") / MINUTE_MS, sums.of("leads")), sample: sums.of("leads") }),
};

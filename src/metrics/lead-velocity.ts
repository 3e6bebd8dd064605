import { type Metric, ratio } from "./metric.ts";

/** How much faster leads become qualified ones than they did. */
export const leadVelocity: Metric = {
  name: "lead_velocity",
  title: { en: "Lead velocity", it: "Velocità dei lead" },
  about: "(leads qualified in the window − in the window before) ÷ those in the window before",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    now: { series: "lead_qualified", over: "window" },
    before: { series: "lead_qualified", over: "previous" },
  }),
  value(sums) {
    const [now, before] = [sums.of("now"), sums.of("before")];
    return { value: ratio(now - before, before), sample: now };
  },
};

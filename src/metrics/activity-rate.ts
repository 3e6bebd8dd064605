import { dayNumber } from "./customer.ts";
import type { Metric } from "./metric.ts";

/** How much work is logged. */
export const activityRate: Metric = {
  name: "activity_rate",
  title: { en: "Activities per day", it: "Attività al giorno" },
  about: "activities logged in the window ÷ its calendar days so far; not said of all time, which has no first day",
  unit: "per day",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({ activities: { series: "activity", over: "window" } }),
  value(sums, { window, range, today }) {
    const activities = sums.of("activities");
    const days = Math.min(dayNumber(range.until), dayNumber(today) + 1) - dayNumber(range.from);
    return { value: window === "all" || days <= 0 ? null : activities / days, sample: activities };
  },
};

import { type Metric, ratio } from "./metric.ts";

/** How much the list of subscribers grew. */
export const subscriberRate: Metric = {
  name: "subscriber_rate",
  title: { en: "Subscriber growth", it: "Crescita degli iscritti" },
  about: "(subscribers at the end of the window − at its start) ÷ subscribers at its start",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    startsBefore: { series: "subscriber.start", over: "start" },
    endsBefore: { series: "subscriber.end", over: "start" },
    starts: { series: "subscriber.start", over: "end" },
    ends: { series: "subscriber.end", over: "end" },
  }),
  value(sums) {
    const before = sums.of("startsBefore") - sums.of("endsBefore");
    const after = sums.of("starts") - sums.of("ends");
    return { value: ratio(after - before, before), sample: before };
  },
};

/** Whether a metric can be asked for like this. */
import { type Metric, metricByName, metrics, type Of } from "../metrics/index.ts";

export interface MetricFault {
  /** `name`, `of`, or the option. */
  place: string;
  found: string;
  expected: string;
}

export type MetricChecked = { ok: true; metric: Metric } | { ok: false; faults: MetricFault[] };

export const checkMetric = (name: string, of: Of, options: Readonly<Record<string, string>>): MetricChecked => {
  const metric = metricByName(name);
  if (!metric) {
    const expected = `one of ${metrics.map((each) => each.name).join(", ")}`;
    return { ok: false, faults: [{ place: "name", found: `the metric "${name}"`, expected }] };
  }
  if (!metric.of.includes(of))
    return { ok: false, faults: [{ place: "of", found: of, expected: `one of ${metric.of.join(", ")} for ${name}` }] };
  const faults = Object.entries(options).flatMap(([option, value]): MetricFault[] => {
    const values = metric.options[option];
    if (!values) {
      const known = Object.keys(metric.options).join(", ") || "none";
      return [{ place: "option", found: option, expected: `${known} for ${name}` }];
    }
    return values.includes(value) || values.includes("*")
      ? []
      : [{ place: `option ${option}`, found: value, expected: `one of ${values.join(", ")}` }];
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, metric };
};

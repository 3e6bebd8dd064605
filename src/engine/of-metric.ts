import type { Situation } from "../situation.ts";
import { windowText } from "../windows.ts";
import type { Rule } from "./rule-book.ts";

/** Whether a situation is of the metric that a rule looks at; every other rule looks at none. */
export const isOfMetric = ({ metric }: Pick<Rule, "metric">, situation: Situation): boolean => {
  if (metric === null) return true;
  const seen = situation.metric;
  if (seen?.name !== metric.name || seen.of !== metric.of || seen.over !== windowText(metric.over)) return false;
  const { options = metric.options } = seen;
  return Object.entries(metric.options).every(([name, value]) => options[name] === value);
};

import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import type { Known, KnownMetric } from "./known.ts";
import { isMap, readFields } from "./read-fields.ts";
import type { RuleMetric } from "./rule-book.ts";
import { metricShape } from "./shapes.ts";
import { quoted } from "./short-forms/short-form.ts";

/** Reads the `metric` of a rule on `metric.changed`; undefined where it is wrong or missing. */
export const readMetric = (spot: Spot, { metrics }: Known): RuleMetric | undefined => {
  const fields = readFields(spot, metricShape, "a metric: `{ name: close_rate, of: owner, over: quarter }`", "allowed");
  if (!fields) return undefined;
  const { name, of, over } = fields;
  if (name === undefined) return undefined;
  const metric = metrics.get(name);
  if (!metric) {
    const names = [...metrics.keys()];
    const expected = names.length > 0 ? `a metric: ${names.join(", ")}` : "a metric, but none is known here";
    spot.child("name").problem(inWords(name), expected + didYouMean(name, names));
    return undefined;
  }
  const fits = of !== undefined && metric.of.includes(of);
  if (of !== undefined && !fits)
    spot.child("of").problem(`\`${of}\``, `what \`${name}\` can be of: ${quoted(metric.of)}`);
  const options = readOptions(spot, name, metric);
  return fits && over !== undefined && options ? { name, of, over, options } : undefined;
};

const own = Object.keys(metricShape);

/** Every option, defaults filled in; undefined where one is wrong. */
const readOptions = (spot: Spot, name: string, { options }: KnownMetric): Record<string, string> | undefined => {
  const given = isMap(spot.value) ? spot.value : {};
  let good = true;
  const refuse = (key: string, found: string, expected: string, atKey: boolean) => {
    good = false;
    if (atKey) spot.child(key).keyProblem(found, expected);
    else spot.child(key).problem(found, expected);
  };
  for (const key of Object.keys(given)) {
    if (own.includes(key) || Object.hasOwn(options, key)) continue;
    const keys = [...own, ...Object.keys(options)];
    refuse(key, `the key \`${key}\``, `one of ${keys.join(", ")} for \`${name}\`${didYouMean(key, keys)}`, true);
  }
  const read: Record<string, string> = {};
  for (const [key, values] of Object.entries(options)) {
    const value = given[key] ?? values[0];
    if (typeof value === "string" && values.includes(value)) read[key] = value;
    else refuse(key, inWords(value), quoted(values) + didYouMean(String(value), values), false);
  }
  return good ? read : undefined;
};

/** Which metrics are asked for: of whom, over which window. */
import type { Rule } from "../engine/index.ts";
import { allOptions, type Cells, cellOf, type Metric, metricByName, type Question } from "../metrics/index.ts";
import { localDay, type Window, windowBefore, windowOfDay, windowText } from "../windows.ts";

export type RuleMetric = NonNullable<Rule["metric"]>;

export interface MetricAsked {
  metric: RuleMetric;
  /** Of an owner or company theirs; else `workspace`. */
  connection: string;
  question: Question;
  /** The same over the window before; null: there is none. */
  previous: Question | null;
}

/** `<name>/<of>/<of id>/<over>/<options>`, every option with its value. */
export const metricId = ({ name, of, over, options }: RuleMetric, id: string): string => {
  const metric = metricByName(name);
  const all = Object.entries(metric ? allOptions(metric, options) : options).sort(([a], [b]) => (a < b ? -1 : 1));
  return [name, of, id, windowText(over), all.map((each) => each.join("=")).join(",")].join("/");
};

/** (value - previous) ÷ |previous|; null where it cannot be said. */
export const changeOf = (value: number | null, previous: number | null): number | null =>
  value === null || previous === null || previous === 0 ? null : (value - previous) / Math.abs(previous);

export const withPrevious = ({ question, previous }: MetricAsked): Question[] =>
  previous ? [question, previous] : [question];

/** One metric of one subject in the window that a day lies in, with the one before it. */
export const askedFor = (
  metric: Metric,
  spec: RuleMetric,
  subject: { connection: string; id: string },
  day: string,
  today: string,
): MetricAsked => {
  const range = windowOfDay(day, spec.over);
  const options = allOptions(metric, spec.options);
  const question: Question = { metric, of: spec.of, ...subject, options, window: spec.over, range, today };
  const before = windowBefore(range, spec.over);
  return {
    metric: { ...spec, options },
    connection: subject.connection || "workspace",
    question,
    previous: before && { ...question, range: before },
  };
};

/**
 * What these changed cells mean for the metrics of rules: for each subject the window of now, and each calendar window in
 * which something changed. Rolling days and all time end with today, and have no other window.
 */
export const touched = (listened: readonly RuleMetric[], cells: Cells, now: Date, timeZone: string): MetricAsked[] => {
  const today = localDay(now, timeZone);
  const changed = [...cells.keys()].map(cellOf);
  const distinct = new Map(listened.map((spec) => [metricId(spec, ""), spec]));
  const asked = new Map<string, MetricAsked>();
  for (const spec of distinct.values()) {
    const metric = metricByName(spec.name);
    if (!metric) continue;
    const series = new Set(seriesOf(metric, spec));
    for (const cell of changed) {
      if (cell.of !== spec.of || !series.has(cell.series)) continue;
      for (const day of isCalendar(spec.over) ? [today, cell.day, cell.day2] : [today]) {
        if (day > today) continue;
        const { connection, id } = cell;
        const each = askedFor(metric, spec, { connection, id }, day, today);
        asked.set(JSON.stringify([connection, metricId(each.metric, id), each.question.range.from]), each);
      }
    }
  }
  return [...asked.values()];
};

/** A milestone of a metric of which a reward was stopped. */
export interface StoppedWindow {
  connection: string;
  /** Its subject: see `metricId`. */
  metric: string;
  /** Whose metric it is. */
  id: string;
  /** First local day of its window. */
  from: string;
}

/** The same metrics in the same windows, as far as rules listen to them still. Rolling days are those of now. */
export const stoppedIn = (
  listened: readonly RuleMetric[],
  stopped: readonly StoppedWindow[],
  now: Date,
  timeZone: string,
): MetricAsked[] => {
  const today = localDay(now, timeZone);
  return stopped.flatMap(({ connection, metric: wanted, id, from }) => {
    const spec = listened.find((each) => metricId(each, id) === wanted);
    const metric = spec && metricByName(spec.name);
    if (!spec || !metric) return [];
    const subject = { connection: connection === "workspace" ? "" : connection, id };
    return [askedFor(metric, spec, subject, isCalendar(spec.over) ? from : today, today)];
  });
};

/** What the metric is counted from. */
export const seriesOf = (metric: Metric, { options }: RuleMetric): string[] =>
  Object.values(metric.reads(allOptions(metric, options))).map(({ series }) => series);

/** Whether windows of this kind end, each once and for ever. */
export const isCalendar = (window: Window): boolean => typeof window === "string" && window !== "all";

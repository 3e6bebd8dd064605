/** Windows that are over and were judged, and that a late fact changes although it is of a day before them. */
import type { Sql } from "../db/sql.ts";
import { allOptions, type Cells, cellOf, type Metric, metricByName } from "../metrics/index.ts";
import { localDay, plusDays, windowBefore, windowOfDay } from "../windows.ts";
import { askedFor, isCalendar, type MetricAsked, metricId, type RuleMetric, seriesOf } from "./metric-asked.ts";

interface Late {
  spec: RuleMetric;
  connection: string;
  id: string;
  /** The earliest of the days that changed. */
  day: string;
}

/**
 * What there is at the start of a window is counted from all days before it, and `previous` from the window before: whatever
 * the order in which facts and ends of windows came, each window that was judged says in the end what it would have said.
 * Asks nothing where only windows of now changed, which is nearly always.
 */
export const judgedAtTheirEnd = async (
  tx: Sql,
  listened: readonly RuleMetric[],
  cells: Cells,
  now: Date,
  timeZone: string,
): Promise<MetricAsked[]> => {
  const today = localDay(now, timeZone);
  const late = lateIn(listened, cells, today);
  if (late.length === 0) return [];
  const turns = await tx.rows<{ metric: string; until: string }>(
    `select t.metric, t.until::text as until from window_turns t
     join unnest($1::text[], $2::date[]) as l (metric, day) on l.metric = t.metric and t.until > l.day group by 1, 2`,
    [late.map(({ spec }) => metricId(spec, "")), late.map(({ day }) => day)],
  );
  const byMetric = Map.groupBy(turns, ({ metric }) => metric);
  return late.flatMap(({ spec, connection, id, day }) => {
    const metric = metricByName(spec.name);
    if (!metric) return [];
    const own = windowOfDay(day, spec.over);
    return (byMetric.get(metricId(spec, "")) ?? []).flatMap(({ until }) => {
      const range = windowOfDay(plusDays(until, -1), spec.over);
      return range.from > own.from && (readsStock(metric, spec) || isWithinTwo(range, own.from, spec))
        ? [askedFor(metric, spec, { connection, id }, range.from, today)]
        : [];
    });
  });
};

const lateIn = (listened: readonly RuleMetric[], cells: Cells, today: string): Late[] => {
  const found = new Map<string, Late>();
  const changed = [...cells.keys()].map(cellOf);
  for (const spec of listened) {
    const metric = metricByName(spec.name);
    if (!metric || !isCalendar(spec.over)) continue;
    const { from } = windowOfDay(today, spec.over);
    const series = new Set(seriesOf(metric, spec));
    for (const { of, series: counted, connection, id, day } of changed) {
      if (of !== spec.of || !series.has(counted) || day >= from) continue;
      const key = JSON.stringify([metricId(spec, id), connection]);
      const known = found.get(key);
      if (!known || day < known.day) found.set(key, { spec, connection, id, day });
    }
  }
  return [...found.values()];
};

const readsStock = (metric: Metric, { options }: RuleMetric): boolean =>
  Object.values(metric.reads(allOptions(metric, options))).some(({ over }) => over === "start" || over === "end");

/** `previous` looks at the window before, which may be counted from the one before that (the velocity of leads). */
const isWithinTwo = (range: { from: string; until: string }, from: string, { over }: RuleMetric): boolean => {
  const before = windowBefore(range, over);
  const twice = before && windowBefore(before, over);
  return twice !== null && from >= twice.from;
};

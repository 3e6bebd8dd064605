/**
 * Stocks (open deals, customers, subscribers) as flows of starts and ends. Of a subject with the intervals of one record:
 * the number of records that were there at some time from day s until before day e = starts before e − ends before s −
 * gaps that lie between s and e. An end is the last day on which the record was there.
 */
import { type Belonging, subjectPieces } from "./belonging.ts";
import type { MetricContext } from "./context.ts";
import type { Collector, Subject } from "./contribution.ts";

export interface Interval {
  from: string;
  /** Half-open; null: it goes on. */
  to: string | null;
}

export interface DaySpan {
  subject: Subject;
  first: string;
  /** The last day; null: it goes on. */
  last: string | null;
  /** True: it ended as such, and was not only handed on to another subject. */
  ended: boolean;
}

/** The intervals of one record by subject and day. A moment counts as its day. */
export const daySpans = (intervals: readonly Interval[], belonging: Belonging, context: MetricContext): DaySpan[] =>
  intervals.flatMap(({ from, to }) =>
    subjectPieces(belonging, from, to).map((piece) => {
      const first = context.dayOf(piece.from);
      const last = piece.to === null ? null : lastDay(piece.to, first, context);
      return { subject: piece.subject, first, last, ended: piece.last && to !== null };
    }),
  );

/** What ends at midnight was last there on the day before. */
const lastDay = (to: string, first: string, context: MetricContext): string => {
  const day = context.dayOf(new Date(Date.parse(to) - 1).toISOString());
  return day < first ? first : day;
};

/** Adds `<series>.start`, `<series>.end` and `<series>.gap`, each `n`. Returns the spans, those of one subject that touch made one. */
export const addPresence = (into: Collector, series: string, spans: readonly DaySpan[], n = 1): DaySpan[] => {
  const joined: DaySpan[] = [];
  for (const own of Map.groupBy(spans, (span) => span.subject.join("\u0000")).values()) {
    let before: DaySpan | undefined;
    for (const span of own.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
      if (before && (before.last === null || span.first <= before.last)) {
        if (before.last !== null && (span.last === null || span.last > before.last)) before.last = span.last;
        continue;
      }
      if (before?.last) into.add(`${series}.gap`, before.last, n, [span.subject], { day2: span.first });
      before = { ...span };
      joined.push(before);
    }
  }
  // subjects that share a day share a row
  for (const [day, own] of Map.groupBy(joined, ({ first }) => first))
    into.add(
      `${series}.start`,
      day,
      n,
      own.map(({ subject }) => subject),
    );
  for (const [day, own] of Map.groupBy(joined, ({ last }) => last))
    if (day !== null)
      into.add(
        `${series}.end`,
        day,
        n,
        own.map(({ subject }) => subject),
      );
  return joined;
};

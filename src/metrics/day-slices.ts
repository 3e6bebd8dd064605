/** Which cells a sum is made of: whole months as one cell each, the days at the edges one by one. */
import { DateTime } from "luxon";
import type { DayRange } from "../windows.ts";
import type { Read } from "./metric.ts";

export interface DaySlice {
  grain: "day" | "month";
  /** Half-open. */
  days: DayRange;
  /** For pairs: where the second day lies; null: anywhere. */
  second: DayRange | null;
}

const BEGINNING = "0001-01-01";

const monthOf = (day: string) => `${day.slice(0, 7)}-01`;
/** The first of a month on or after the day. */
const nextMonth = (day: string): string =>
  day === monthOf(day) ? day : (DateTime.fromISO(monthOf(day), { zone: "utc" }).plus({ months: 1 }).toISODate() ?? day);

const notEmpty = ({ days, second }: DaySlice) => days.from < days.until && (!second || second.from < second.until);

/** The days of a range, none of them twice. */
const sliced = ({ from, until }: DayRange): DaySlice[] => {
  const [first, last] = [nextMonth(from), monthOf(until)];
  const slice = (grain: DaySlice["grain"], start: string, end: string) => ({
    grain,
    days: { from: start, until: end },
    second: null,
  });
  if (first >= last) return [slice("day", from, until)].filter(notEmpty);
  return [slice("day", from, first), slice("month", first, last), slice("day", last, until)].filter(notEmpty);
};

/** Pairs whose two days lie in the range; the first is never after the second. */
const slicedPairs = ({ from, until }: DayRange): DaySlice[] => {
  const [first, last] = [nextMonth(from), monthOf(until)];
  const slice = (grain: DaySlice["grain"], start: string, end: string, second: DayRange) => ({
    grain,
    days: { from: start, until: end },
    second,
  });
  if (first >= last) return [slice("day", from, until, { from, until })].filter(notEmpty);
  return [
    slice("month", first, last, { from: first, until: last }),
    slice("day", from, first, { from, until }),
    slice("day", first, until, { from: last, until }),
  ].filter(notEmpty);
};

export const slicesOf = ({ over }: Read, range: DayRange, previous: DayRange | null): DaySlice[] => {
  if (over === "window") return sliced(range);
  if (over === "start") return sliced({ from: BEGINNING, until: range.from });
  if (over === "end") return sliced({ from: BEGINNING, until: range.until });
  if (over === "previous") return previous ? sliced(previous) : [];
  return slicedPairs(range);
};

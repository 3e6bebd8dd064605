/**
 * Calendar windows in the workspace's time zone: what "per quarter", "over: month" and "30 days" mean. A window is a
 * half-open range of local calendar days, so a day with 23 or 25 hours is a day like any other.
 */
import { DateTime } from "luxon";

export const periods = ["day", "week", "month", "quarter", "year"] as const;
/** A calendar period. Weeks begin on Monday (ISO 8601). */
export type Period = (typeof periods)[number];

/** What a metric is measured over: a calendar period, the last N days with today, or everything. */
export type Window = Period | "all" | { days: number };

/** Local calendar days, `YYYY-MM-DD`: `from` belongs to it, `until` no longer does. `all` begins at 0001-01-01. */
export interface DayRange {
  from: string;
  until: string;
}

const BEGINNING = "0001-01-01";

/** The local calendar day of an instant: `2026-10-25`. */
export const localDay = (at: string | Date, timeZone: string): string =>
  (typeof at === "string"
    ? DateTime.fromISO(at, { zone: timeZone })
    : DateTime.fromJSDate(at, { zone: timeZone })
  ).toISODate() ?? BEGINNING;

/** The instant, ISO 8601 in UTC, at which a local calendar day begins. */
export const startOfDay = (day: string, timeZone: string): string =>
  DateTime.fromISO(day, { zone: timeZone }).startOf("day").toJSDate().toISOString();

/** The calendar period that holds an instant. */
export const periodAt = (at: string | Date, period: Period, timeZone: string): DayRange =>
  periodOfDay(localDay(at, timeZone), period);

/** The window that a local calendar day lies in (a calendar period), or that ends with it (rolling days, all time). */
export const windowOfDay = (day: string, window: Window): DayRange => {
  if (window === "all") return { from: BEGINNING, until: plusDays(day, 1) };
  if (typeof window === "object") return { from: plusDays(day, 1 - window.days), until: plusDays(day, 1) };
  return periodOfDay(day, window);
};

/** The window just before: of a quarter the quarter before, of 30 days the 30 days before. Of all time there is none. */
export const windowBefore = (range: DayRange, window: Window): DayRange | null => {
  if (window === "all") return null;
  if (typeof window === "object") return { from: plusDays(range.from, -window.days), until: range.from };
  return periodOfDay(plusDays(range.from, -1), window);
};

/** `quarter`, `30 days`, `all time`; anything else: undefined. At most 3,660 days. */
export const parseWindow = (text: string): Window | undefined => {
  if (text === "all time") return "all";
  const period = periods.find((each) => each === text);
  if (period) return period;
  const days = Number(/^(\d{1,4}) days?$/.exec(text)?.[1] ?? 0);
  return days >= 1 && days <= 3_660 ? { days } : undefined;
};

/** The inverse of `parseWindow`. */
export const windowText = (window: Window): string =>
  typeof window === "object"
    ? `${window.days} ${window.days === 1 ? "day" : "days"}`
    : window === "all"
      ? "all time"
      : window;

/** The local calendar day so many days later, or before. */
export const plusDays = (day: string, days: number): string => utcDay(day).plus({ days }).toISODate() ?? BEGINNING;
const utcDay = (day: string) => DateTime.fromISO(day, { zone: "utc" });
const periodOfDay = (day: string, period: Period): DayRange => {
  const start = utcDay(day).startOf(period);
  return { from: start.toISODate() ?? BEGINNING, until: start.plus({ [`${period}s`]: 1 }).toISODate() ?? BEGINNING };
};

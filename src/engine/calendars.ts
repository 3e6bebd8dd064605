import { DateTime } from "luxon";
import type { Calendar } from "./rule-book.ts";

/** Whether a moment (ISO 8601) lies in the days and hours of a calendar, by the calendar's own clock. */
export const isDuring = ({ timeZone, days, hours, except }: Calendar, at: string): boolean => {
  const local = DateTime.fromISO(at, { zone: timeZone });
  const minutes = local.hour * 60 + local.minute;
  return (
    days.includes(local.weekday) &&
    (hours === null || (minutes >= hours.from && minutes < hours.until)) &&
    !except.includes(local.toISODate() ?? "")
  );
};

/** Judges by the id of a calendar; a rule without one (null) is open at any time. */
export const createCalendars = (calendars: readonly Calendar[]): ((id: string | null, at: string) => boolean) => {
  const byId = new Map(calendars.map((calendar) => [calendar.id, calendar]));
  return (id, at) => {
    if (id === null) return true;
    const calendar = byId.get(id);
    if (!calendar) throw new Error(`the calendar ${id} was not checked before the rules were compiled`);
    return isDuring(calendar, at);
  };
};

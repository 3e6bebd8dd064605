import { DateTime, IANAZone } from "luxon";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import type { Known } from "./known.ts";
import { readFields } from "./read-fields.ts";
import { allOf, itemsOf } from "./read-items.ts";
import type { Calendar } from "./rule-book.ts";
import { calendarShape } from "./shapes.ts";
import { daysBetween, daysForm } from "./short-forms/days-form.ts";
import { hoursForm } from "./short-forms/hours-form.ts";
import { readForm } from "./short-forms/read-form.ts";

const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** Reads one calendar; null where something is wrong with it. */
export const readCalendar = (spot: Spot, known: Known): Calendar | null => {
  const fields = readFields(spot, calendarShape, "a calendar: a map that begins with `id:`");
  if (!fields) return null;
  const { id } = fields;
  const spans =
    fields.days === undefined ? [] : allOf(itemsOf(spot.child("days")).map((item) => readForm(item, daysForm)));
  const hours = fields.hours === undefined ? null : readForm(spot.child("hours"), hoursForm);
  const except = fields.except === undefined ? [] : allOf(itemsOf(spot.child("except")).map(readDay));
  const timeZone =
    fields.time_zone === undefined ? known.timeZone : readTimeZone(spot.child("time_zone"), fields.time_zone);
  if (!id || !spans || hours === undefined || !except || !timeZone) return null;
  const days = [...new Set(spans.flatMap(daysBetween))].sort((a, b) => a - b);
  return { id, timeZone, days: days.length > 0 ? days : everyDay, hours, except: [...new Set(except)].sort() };
};

const readDay = (spot: Spot): string | undefined => {
  const { value } = spot;
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && DateTime.fromISO(value).isValid) return value;
  spot.problem(inWords(value), "a day of the calendar, such as `2026-12-25`");
  return undefined;
};

const readTimeZone = (spot: Spot, text: string): string | undefined => {
  if (IANAZone.isValidZone(text)) return text;
  const expected = "an IANA time zone, such as `Europe/Rome`";
  spot.problem(inWords(text), expected + didYouMean(text, Intl.supportedValuesOf("timeZone")));
  return undefined;
};

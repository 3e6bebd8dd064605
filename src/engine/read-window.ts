import { DateTime } from "luxon";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { remembered } from "./remembered.ts";

const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A day (midnight in `timeZone`) or a moment, as a UTC instant; otherwise a problem and undefined. Null where not given. */
const readInstant = (spot: Spot, text: string | undefined, timeZone: string): string | null | undefined => {
  if (text === undefined) return null;
  const instant = form.test(text) ? instantOf(`${text} ${timeZone}`) : undefined;
  if (instant) return instant;
  spot.problem(
    inWords(text),
    instant === null
      ? "a day that exists in the calendar"
      : "a day such as `2026-10-01`, or a moment such as `2026-10-01T09:00:00Z`",
  );
  return undefined;
};

/** `<text> <time zone>` as a UTC instant; null where the calendar has no such day. */
const instantOf = remembered((textAndZone): string | null => {
  const [text = "", zone = ""] = textAndZone.split(" ");
  const moment = DateTime.fromISO(text, { zone });
  return moment.isValid ? moment.toJSDate().toISOString() : null;
});

/** The half-open window of a rule; undefined where a bound is wrong. */
export const readWindow = (
  rule: Spot,
  from: string | undefined,
  until: string | undefined,
  timeZone: string,
): { from: string | null; until: string | null } | undefined => {
  const start = readInstant(rule.child("from"), from, timeZone);
  const end = readInstant(rule.child("until"), until, timeZone);
  if (start === undefined || end === undefined) return undefined;
  if (start === null || end === null || start < end) return { from: start, until: end };
  rule.child("until").problem(inWords(until), `a time after \`from\`, which is \`${from}\``);
  return undefined;
};

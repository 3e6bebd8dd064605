import { DateTime } from "luxon";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";

const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A day (midnight in `timeZone`) or a moment, as a UTC instant; otherwise a problem and undefined. Null where not given. */
const readInstant = (spot: Spot, text: string | undefined, timeZone: string): string | null | undefined => {
  if (text === undefined) return null;
  const moment = form.test(text) ? DateTime.fromISO(text, { zone: timeZone }) : undefined;
  if (moment?.isValid) return moment.toJSDate().toISOString();
  spot.problem(
    inWords(text),
    moment
      ? "a day that exists in the calendar"
      : "a day such as `2026-10-01`, or a moment such as `2026-10-01T09:00:00Z`",
  );
  return undefined;
};

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

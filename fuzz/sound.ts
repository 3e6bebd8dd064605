/** What must be true of whatever came out, however odd what went in. */
import { CrmEvent } from "../src/events.ts";

export class Unsound extends Error {}

export const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Unsound(what);
};

/** Nothing of it became part of JavaScript itself. */
export const unpolluted = (): void => {
  must(Object.keys(Object.prototype).length === 0, "Object.prototype has a new key");
  must(!("polluted" in {}), "every object is polluted");
};

export const soundEvent = (event: CrmEvent): void => {
  const parsed = CrmEvent.safeParse(event);
  must(
    parsed.success,
    `an event that is none: ${parsed.error?.issues[0]?.message} at ${parsed.error?.issues[0]?.path}`,
  );
  for (const { value } of event.facts)
    must(typeof value !== "number" || Number.isFinite(value), "a fact that is no finite number");
};

/** As PostgreSQL can keep it. */
export const soundMoment = (at: Date): void => {
  const time = at.getTime();
  must(!Number.isNaN(time), "a moment that is none");
  const year = at.getUTCFullYear();
  must(year >= 1 && year <= 9_999, `a moment in the year ${year}`);
};

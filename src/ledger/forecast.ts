/** When a budget runs out, if it goes on as it did lately. */
import { localDay } from "../windows.ts";

export type Forecast =
  | { kind: "empty" }
  | { kind: "not begun" }
  | { kind: "ended" }
  /** Too short a time, or too little spent, to say. */
  | { kind: "unknown" }
  | { kind: "lasts" }
  | { kind: "runs out"; at: Date };

export const FORECAST_DAYS = 28;
const LEAST_DAYS = 3;
const DAY_MS = 86_400_000;

export interface Pace {
  availableMinor: number;
  /** Taken from it within the last `FORECAST_DAYS`, less what came back. */
  recentMinor: number;
  /** When it could first be spent. */
  since: Date;
  startsAt: Date | null;
  endsAt: Date | null;
}

/** Linear: what was spent since `since`, but at most in the last 28 days, goes on evenly. */
export const forecast = ({ availableMinor, recentMinor, since, startsAt, endsAt }: Pace, now: Date): Forecast => {
  if (endsAt && endsAt <= now) return { kind: "ended" };
  if (startsAt && startsAt > now) return { kind: "not begun" };
  if (availableMinor <= 0) return { kind: "empty" };
  const elapsed = Math.min(now.getTime() - Math.max(since.getTime(), startsAt?.getTime() ?? 0), FORECAST_DAYS * DAY_MS);
  if (elapsed < LEAST_DAYS * DAY_MS) return { kind: "unknown" };
  if (recentMinor <= 0) return { kind: endsAt ? "lasts" : "unknown" };
  const at = now.getTime() + (availableMinor / recentMinor) * elapsed;
  if (endsAt && at >= endsAt.getTime()) return { kind: "lasts" };
  // beyond this no calendar helps
  return at > now.getTime() + 100 * 366 * DAY_MS ? { kind: "lasts" } : { kind: "runs out", at: new Date(at) };
};

/** `at this pace on 12 December`, `not before it ends`, `too little to say`. The day is the workspace's. */
export const forecastInWords = (found: Forecast, now: Date, timeZone: string): string => {
  if (found.kind === "empty") return "empty";
  if (found.kind === "not begun") return "not begun";
  if (found.kind === "ended") return "ended";
  if (found.kind === "unknown") return "too little to say";
  if (found.kind === "lasts") return "not before it ends";
  const sameYear = localDay(now, timeZone).slice(0, 4) === localDay(found.at, timeZone).slice(0, 4);
  const day = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
    timeZone,
  });
  return `at this pace on ${day.format(found.at)}`;
};

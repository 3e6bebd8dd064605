/** Quiet hours: when somebody is not written to, in their own time zone. A message waits for their end, and is never dropped. */
import { DateTime, IANAZone } from "luxon";

/** Local times of day, `HH:MM`, half-open: quiet from `from`, over midnight where that is later, no longer at `until`. */
export interface QuietHours {
  from: string;
  until: string;
}

export const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** What `recipients.quiet_hours` says: null where it says nothing. */
export const readQuietHours = (kept: string | null): QuietHours | "off" | null => {
  if (kept === null || kept === "off") return kept;
  const [from = "", until = ""] = kept.split("-");
  return { from, until };
};

export const keptQuietHours = (hours: QuietHours | "off"): string =>
  hours === "off" ? hours : `${hours.from}-${hours.until}`;

/** The zone that somebody lives by: theirs, where it is one, else the workspace's. A CRM's field holds whatever somebody typed. */
export const zoneOf = (own: string | null, workspace: string): string =>
  own !== null && IANAZone.isValidZone(own) ? own : workspace;

/**
 * The first moment from `at` on that is not quiet by the clock on the wall: `at` itself outside of quiet hours. Where the
 * clock is put forward over the end of the quiet hours, that moment; where it is put back, the end counts by the clock,
 * each time that it shows.
 */
export const endOfQuiet = (hours: QuietHours, timeZone: string, at: Date): Date => {
  const [from, until] = [minutesOf(hours.from), minutesOf(hours.until)];
  const local = (ms: number) => DateTime.fromMillis(ms, { zone: timeZone });
  const wall = (ms: number) => local(ms).hour * 60 + local(ms).minute;
  const isQuiet = (ms: number) =>
    from <= until ? wall(ms) >= from && wall(ms) < until : wall(ms) >= from || wall(ms) < until;
  let ms = at.getTime();
  while (isQuiet(ms)) {
    const wait = ((until - wall(ms) + DAY_MINUTES) % DAY_MINUTES) * MINUTE;
    const end = startOfMinute(ms) + wait;
    // between here and there the clock may be put forward; put back, it is still quiet there, and the loop goes on
    ms = local(end).offset > local(ms).offset ? whenPutForward(local, ms, end) : end;
  }
  return new Date(ms);
};

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const startOfMinute = (ms: number) => Math.floor(ms / MINUTE) * MINUTE;

/** The first minute with the later offset. */
const whenPutForward = (local: (ms: number) => DateTime, from: number, until: number): number => {
  const before = local(from).offset;
  let [early, late] = [startOfMinute(from), until];
  while (late - early > MINUTE) {
    const middle = startOfMinute((early + late) / 2);
    if (local(middle).offset > before) late = middle;
    else early = middle;
  }
  return late;
};

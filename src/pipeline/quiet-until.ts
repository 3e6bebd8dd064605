/** Whether somebody is left in peace now, and until when. */
import { DateTime } from "luxon";
import type { Sql } from "../db/sql.ts";
import { endOfQuiet, keptQuietHours, readQuietHours, zoneOf } from "../people/quiet-hours.ts";
import type { Recipient } from "../people/recipients.ts";
import type { Corridor } from "./corridor.ts";

export interface Quiet {
  until: Date;
  /** What it was worked out by: with another time zone or other hours it is another time. */
  basis: string;
  /** For a person: `waits until 09:00 in Rome`. */
  words: string;
}

/** Channels that somebody looks at when they please: nothing on them disturbs anybody. */
const onScreen: ReadonlySet<string> = new Set(["screen"]);

/** Undefined where they may be written to now. */
export const quietUntil = (
  { workspace, now }: Pick<Corridor, "workspace" | "now">,
  { time_zone, quiet_hours }: Pick<Recipient, "time_zone" | "quiet_hours">,
  channel: string,
): Quiet | undefined => {
  const hours = readQuietHours(quiet_hours) ?? workspace.quietHours;
  if (hours === "off" || onScreen.has(channel)) return undefined;
  const zone = zoneOf(time_zone, workspace.timeZone);
  const until = endOfQuiet(hours, zone, now());
  if (until <= now()) return undefined;
  const at = DateTime.fromJSDate(until, { zone }).toFormat("HH:mm");
  return {
    until,
    basis: `${time_zone ?? workspace.timeZone} ${quiet_hours ?? keptQuietHours(workspace.quietHours)}`,
    words: `waits until ${at} in ${placeOf(zone)}`,
  };
};

/** `Rome` of `Europe/Rome`. */
export const placeOf = (zone: string): string => (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");

/** Messages that wait for quiet hours that are no longer their recipient's are looked at now. */
export const endOldQuiet = (sql: Sql, { workspace }: Pick<Corridor, "workspace">, now: Date): Promise<number> =>
  sql.run(
    `update messages m set not_before = $1, quiet_until = null from grants g join recipients r on r.id = g.recipient_id
     where m.state = 'queued' and m.quiet_until > $1 and g.id = m.grant_id
       and m.quiet_basis <> coalesce(r.time_zone, $2) || ' ' || coalesce(r.quiet_hours, $3)`,
    [now, workspace.timeZone, keptQuietHours(workspace.quietHours)],
  );

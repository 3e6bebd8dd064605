import { parsePhoneNumberFromString } from "libphonenumber-js";
import type { Recipient } from "../people/recipients.ts";

export interface KnownCountry {
  /** ISO 3166-1 alpha-2. */
  country: string;
  by: "phone number" | "time zone";
}

/** Where a recipient is, as far as it is known: by their phone number, or by a time zone that lies in one country. */
export const countryOf = ({ phone, time_zone }: Pick<Recipient, "phone" | "time_zone">): KnownCountry | undefined => {
  const byPhone = phone === null ? undefined : parsePhoneNumberFromString(phone)?.country;
  if (byPhone) return { country: byPhone, by: "phone number" };
  const byZone = time_zone === null ? undefined : zones().get(canonical(time_zone));
  return byZone ? { country: byZone, by: "time zone" } : undefined;
};

/** The country in which a number without a country code is read: the person's own, else the workspace's; null where neither is known. */
export const homeOf = (
  timeZone: string | null,
  workspace: { country?: string | undefined; timeZone: string },
): string | null =>
  countryOf({ phone: null, time_zone: timeZone })?.country ??
  workspace.country ??
  countryOf({ phone: null, time_zone: workspace.timeZone })?.country ??
  null;

let known: ReadonlyMap<string, string> | undefined;

/** The country of each time zone that lies in one country only. */
const zones = (): ReadonlyMap<string, string> => {
  if (known) return known;
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const found = new Map<string, string | null>();
  for (const code of letters.flatMap((first) => letters.map((second) => first + second)))
    for (const zone of zonesOf(code)) found.set(zone, found.has(zone) ? null : code);
  known = new Map([...found].flatMap(([zone, country]) => (country === null ? [] : [[zone, country] as const])));
  return known;
};

/** `getTimeZones` is newer than the types that we compile with. None for a code that stands for another: DD for DE. */
const zonesOf = (country: string): readonly string[] => {
  const locale: Intl.Locale & { getTimeZones?(): readonly string[] | undefined } = new Intl.Locale(`und-${country}`);
  return locale.region === country ? (locale.getTimeZones?.() ?? []) : [];
};

/** One zone may have several names: Asia/Kolkata, Asia/Calcutta. */
const canonical = (zone: string): string => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return zone;
  }
};

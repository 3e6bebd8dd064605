/** The local calendar day of an instant, remembered by the hour: working it out is slow, and history has many instants. */
import { localDay } from "../windows.ts";

const MOST_HOURS = 100_000;

export const dayIn = (timeZone: string): ((at: string) => string) => {
  const hours = new Map<string, string | null>();
  return (at) => {
    const hour = at.slice(0, 13);
    let day = hours.get(hour);
    if (day === undefined) {
      const first = localDay(`${hour}:00:00.000Z`, timeZone);
      // in some zones a day begins within an hour of UTC
      day = first === localDay(`${hour}:59:59.999Z`, timeZone) ? first : null;
      if (hours.size >= MOST_HOURS) hours.clear();
      hours.set(hour, day);
    }
    return day ?? localDay(at, timeZone);
  };
};

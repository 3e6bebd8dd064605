const DAY_MS = 86_400_000;

/**
 * When a vendor says that something happened, as it may be kept: what is no moment, lies before 1970 or more than a day
 * ahead happened now. Of two words of a recipient the later one counts, and one from the year 9999 would count for ever.
 */
export const believable = (at: Date, now: Date): Date => {
  const time = at.getTime();
  return time >= 0 && time <= now.getTime() + DAY_MS ? at : now;
};

/** How fast a sender may be: `10 per second`. */
import { z } from "zod";

const secondsIn = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;

/** A bucket that holds `most` and is filled with `perSecond`. */
export interface Rate {
  most: number;
  perSecond: number;
  /** As it was written. */
  text: string;
}

const pattern = /^([1-9]\d{0,5}) per (second|minute|hour|day)$/;

export const Rate = z
  .string()
  .regex(pattern, "expected a rate such as `10 per second` or `100 per hour`")
  .transform((text): Rate => {
    const [, count = "1", unit = "second"] = pattern.exec(text) ?? [];
    const most = Number(count);
    return { most, perSecond: most / secondsIn[unit as keyof typeof secondsIn], text };
  });

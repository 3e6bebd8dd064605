/** What the form of a recipient's settings sends, as far as it can be read. */
import { IANAZone } from "luxon";
import { z } from "zod";
import { channelNames } from "../channels/index.ts";
import { TIME_OF_DAY } from "../people/quiet-hours.ts";
import type { WantedSettings } from "../pipeline/keep-settings.ts";

const Form = z.object({
  channel: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((given) => (typeof given === "string" ? [given] : given)),
  preferred: z.union([z.enum(channelNames), z.literal("")]).default(""),
  language: z.enum(["en", "it", ""]).default(""),
  zone: z
    .string()
    .refine((zone) => zone === "" || IANAZone.isValidZone(zone))
    .default(""),
  quiet: z.enum(["usual", "off", "own"]),
  from: z.string().max(10).default(""),
  until: z.string().max(10).default(""),
  private: z.literal("yes").optional(),
});

export type ReadSettings =
  | { ok: true; wanted: WantedSettings }
  /** `times`: two that are none, or the same. */
  | { ok: false; times?: { from: string; until: string } };

export const readSettings = (body: unknown): ReadSettings => {
  const parsed = Form.safeParse(body);
  if (!parsed.success) return { ok: false };
  const { channel, preferred, language, zone, quiet, from, until, private: hidden } = parsed.data;
  if (quiet === "own" && (!TIME_OF_DAY.test(from) || !TIME_OF_DAY.test(until) || from === until))
    return { ok: false, times: { from, until } };
  return {
    ok: true,
    wanted: {
      channels: channel,
      preferred: preferred || null,
      language: language || null,
      timeZone: zone || null,
      quietHours: quiet === "usual" ? null : quiet === "off" ? "off" : { from, until },
      private: hidden === "yes",
    },
  };
};

/** `channels:`, `celebrations:` and `wall:` of accolade.yaml. */
import { z } from "zod";
import { type Carried, senderById, senders } from "./channels/index.ts";
import { Rate } from "./channels/rate.ts";
import { reportIssues } from "./yaml/issues.ts";
import { inWords } from "./yaml/problem.ts";
import type { Spot } from "./yaml/yaml-source.ts";

/** `rate` null: what its kind says, or as fast as it goes. `settings` as written, for its kind to parse. */
export interface WrittenChannel {
  sender: string;
  rate: Rate | null;
  settings: unknown;
}

export interface WrittenCelebration extends WrittenChannel {
  /** Null: everybody's. */
  team: string | null;
  /** Null: the workspace's. */
  language: string | null;
}

/** What every channel can have, beside the keys of its sender. */
export const ChannelEntry = z.object({
  sender: z.string().describe("Who carries it: one of those below"),
  rate: Rate.optional().describe(
    "How fast it may go, for all workers together: `10 per second`, `100 per hour`. So many may go at once after a quiet time",
  ),
});

/** The same for a place where a team reads of its rewards. */
export const CelebrationEntry = ChannelEntry.extend({
  team: z.string().min(1).optional().describe("Whose rewards are told here; left out: everybody's"),
  language: z.enum(["en", "it"]).optional().describe("In which language; default the workspace's"),
});

export const Wall = z.strictObject({
  leaderboard: z
    .enum(["off", "team", "people"])
    .default("off")
    .describe("Who is ranked on the wall: nobody, teams, or people who are not in private mode"),
  by: z.enum(["points", "deals"]).default("points").describe("What counts: points earned, or deals won, this month"),
});

/** Checks an entry's sender and its settings. */
export const readChannel = (
  at: Spot,
  carried: Carried,
  { sender, rate, ...settings }: z.infer<typeof ChannelEntry>,
): WrittenChannel => {
  const kind = senderById(sender);
  if (!kind?.carries.includes(carried)) {
    const able = senders.filter((each) => each.carries.includes(carried)).map((each) => each.id);
    at.child("sender").problem(inWords(sender), `one of ${able.join(", ")}`);
  }
  const parsed = kind?.settings.safeParse(settings);
  if (parsed && !parsed.success) reportIssues(at, parsed.error.issues);
  return { sender, rate: rate ?? null, settings };
};

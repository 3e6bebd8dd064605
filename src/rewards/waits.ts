import { z } from "zod";

const ms = (longest: number, usual: number) => z.int().min(100).max(longest).default(usual);

/**
 * How long a vendor is waited for: two settings that every vendor over the network has. `note`: what to know of this one.
 * In milliseconds.
 */
export const waits = ({
  vendor,
  answer,
  lookup = 30_000,
  longest = 120_000,
  note = "",
}: {
  vendor: string;
  answer: number;
  lookup?: number;
  longest?: number;
  note?: string;
}) => ({
  timeoutMs: ms(longest, answer).describe(
    `How long to wait for an answer, in milliseconds, before the outcome counts as unknown.${note}`,
  ),
  lookupAfterMs: ms(600_000, lookup).describe(
    `How long after an order of unknown outcome ${vendor} is asked what became of it, in milliseconds.`,
  ),
});

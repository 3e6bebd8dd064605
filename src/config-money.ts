/** The parts of accolade.yaml that are about money: the brake, and thresholds of taxes. */
import { z } from "zod";
import { type Money, POINTS, parseMoney } from "./money.ts";

/** When spending is so far above what is usual that a person should look before anything more is sent. */
export interface Brake {
  factor: number;
  /** Never brakes below this. In the workspace currency. */
  least: Money;
  /** The same for points, counted apart. Null: points never brake. */
  points: number | null;
  /** How far back it looks, in ms. */
  overMs: number;
}

export interface Tax {
  /** By calendar year: from which total on a customer is to be reported. */
  thresholds: ReadonlyMap<number, Money>;
}

const money = z.string().transform((text, context): Money => {
  const parsed = parseMoney(text);
  if (parsed && parsed.currency !== POINTS) return parsed;
  context.addIssue("expected an amount with its currency, such as 500 EUR");
  return z.NEVER;
});

const HOUR_MS = 3_600_000;

const stretch = z.string().transform((text, context): number => {
  const [, count = "", unit = ""] = /^(\d{1,4}) (minute|hour)s?$/.exec(text) ?? [];
  const ms = Number(count) * (unit === "hour" ? HOUR_MS : HOUR_MS / 60);
  if (ms >= HOUR_MS / 12 && ms <= 24 * HOUR_MS) return ms;
  context.addIssue("expected from 5 minutes to 24 hours, such as 1 hour");
  return z.NEVER;
});

export const BrakeEntry = z
  .strictObject({
    factor: z
      .number()
      .min(1.1)
      .max(1_000)
      .describe("Brakes above this many times what is usual, on average over the last 28 days, nights included"),
    least: money.describe("Never brakes below this, in the workspace currency: `500 EUR`"),
    points: z
      .number()
      .int()
      .positive()
      .optional()
      .describe("The same for points, counted apart; left out: points never brake"),
    over: stretch.prefault("1 hour").describe("How far back it looks: `1 hour`, `30 minutes`"),
  })
  .transform(({ factor, least, points, over }): Brake => ({ factor, least, points: points ?? null, overMs: over }));

export const TaxEntry = z
  .strictObject({
    thresholds: z
      .record(z.string().regex(/^20\d\d$/, "expected a year, such as 2026"), money)
      .describe("By calendar year, from which total on a customer is to be reported: `{ 2026: 2000 USD }`"),
  })
  .transform(
    ({ thresholds }): Tax => ({
      thresholds: new Map(Object.entries(thresholds).map(([year, amount]) => [Number(year), amount])),
    }),
  );

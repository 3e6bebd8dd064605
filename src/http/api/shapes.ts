/** Schemas that several answers of the API share. */
import { z } from "zod";
import { formatMoney, type Money } from "../../money.ts";

export const Id = z.uuid();
export const ById = z.strictObject({ id: Id });
/** The id of a rule or group, as YAML may have it. */
export const Name = z.string().regex(/^[\w.-]{1,100}$/, "expected letters, digits and dashes");
export const Instant = z.iso.datetime();
export const Day = z.iso.date("expected a day, such as 2026-10-01");
export const Minor = z.number().int().describe("In the currency's smallest unit: cents, points");

/** A page of a list: `limit` rows, and those after the last one of the page before. */
export const Paged = {
  limit: z.coerce.number().int().min(1).max(500).default(100).describe("How many at most"),
  after: Id.optional().describe("Only those after this one: `next` of the answer before"),
};
export const Next = Id.nullable().describe("For `after`; null where this is the end");

export const MoneyShape = z.object({
  minor: Minor,
  currency: z.string().describe("ISO 4217, or PTS for points"),
  text: z.string().describe("For people: 100 EUR"),
});
export const moneyShape = (money: Money): z.input<typeof MoneyShape> => ({ ...money, text: formatMoney(money) });

export const Person = z.object({
  email: z.string().nullable().describe("Null for who may not see addresses"),
  name: z.string(),
});

export const Line = z.object({
  text: z.string().describe("As the admin wrote it"),
  held: z.boolean(),
  saw: z.record(z.string(), z.unknown()).describe("Each variable of the line and its value"),
  error: z.string().optional().describe("Why it could not be evaluated"),
});

export const Explained = z.object({
  milestone: z.string(),
  subject: z.string(),
  occurredAt: Instant,
  rules: z.array(
    z.object({
      rule: z.string(),
      title: z.string(),
      verdict: z.enum([
        "matched",
        "not_matched",
        "not_listening",
        "outside_window",
        "outside_calendar",
        "started_later",
      ]),
      lines: z.array(Line),
    }),
  ),
});

/** Why a grant moved, for any language: beside `why`, which says it in English or in somebody's own words. */
export const MoveReasonShape = z
  .object({ code: z.string(), values: z.record(z.string(), z.unknown()), again: z.boolean().optional() })
  .nullable()
  .describe("The same as `why`, as a code with its values; null where a person or a vendor said it");

/** One call to a provider or sender, with what came of it. */
export const AttemptShape = z.object({
  target: z.string(),
  what: z.string(),
  startedAt: Instant,
  finishedAt: Instant.nullable(),
  outcome: z.string().nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
});

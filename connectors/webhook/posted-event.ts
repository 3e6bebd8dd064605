import { z } from "zod";
import { recordKinds } from "../../src/events.ts";

const Id = z.union([z.string().min(1).max(200), z.int().transform(String)], "an id: text, or a whole number");

/** One event as another system posts it. The messages say what was expected. */
export const PostedEvent = z.strictObject({
  type: z.string("a type of event").min(1).max(200, "at most 200 characters"),
  subject: z.strictObject(
    { kind: z.enum(recordKinds, `one of ${recordKinds.join(", ")}`), id: Id },
    "an object with kind and id, and nothing else",
  ),
  occurredAt: z.iso
    .datetime({ offset: true, error: "a date and time with its offset: 2026-11-23T09:30:00Z" })
    .transform((text) => new Date(text).toISOString())
    .refine((text) => /^(?!0000)\d{4}-/.test(text), "a moment of the years 1 to 9999"),
  record: z.record(z.string(), z.unknown(), "an object: field → value").default({}),
  details: z.record(z.string(), z.unknown(), "an object: name → value").optional(),
  key: z.string("text of 1 to 150 characters").min(1).max(150, "text of 1 to 150 characters").optional(),
});
export type PostedEvent = z.infer<typeof PostedEvent>;

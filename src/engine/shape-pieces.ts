/** Pieces of the shapes of a rule file: texts, ids, amounts, short forms, lists. Each message says what was expected. */
import { z } from "zod";
import { moneyPattern, type ShortForm } from "./short-forms/short-form.ts";

/** Schemas of which an editor is told more than reading asks at once. */
export const wholes = z.registry<{ as: unknown }>();
/** Checks no more than `schema` at once; `as` is what its readers make of it later, for editors. */
export const readLater = <T extends z.ZodType>(schema: T, as: z.ZodType): T => {
  wholes.add(schema, { as });
  return schema;
};

/** A text that is not empty. */
export const text = (expected: string) => z.string({ error: expected }).trim().min(1, { error: expected });
/** A text that is read by its short form, with suggestions; the pattern is for editors. */
export const form = ({ expected, pattern, examples }: ShortForm<never> | ShortForm<unknown>) =>
  readLater(
    z.unknown().refine((given) => given !== null && given !== undefined, { error: expected }),
    z.string().regex(pattern).meta({ examples }),
  );
/** One item or a list of them, which are read one by one. */
export const oneOrMore = (item: z.ZodType, expected: string) =>
  readLater(
    z.union([z.string(), z.number(), z.array(z.unknown()).min(1, { error: expected })], { error: expected }),
    z.union([item, z.array(item).min(1)]),
  );
/** A top-level list, whose entries are read one by one. */
export const list = (item: z.ZodType, expected: string) =>
  readLater(z.array(z.unknown(), { error: expected }), z.array(item)).nullish();
/** A map that is read key by key. */
export const map = <K extends z.ZodType>(as: K, expected: string) =>
  readLater(z.record(z.string(), z.unknown(), { error: expected }), as);
/** The id of an entry. */
export const id = (of: string, example: string) => {
  const expected = `an id for the ${of}: small letters, digits, \`-\` and \`_\`, such as \`${example}\``;
  return z.string({ error: expected }).regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, { error: expected });
};
/** A day or a moment; which days exist is read later. */
export const day = (example: string) =>
  text(`a day such as \`${example}\`, or a moment such as \`${example}T09:00:00Z\``);
/** An amount; which currencies exist is read later. */
export const money = (expected: string) =>
  readLater(
    text(expected),
    z
      .string()
      .regex(new RegExp(`^${moneyPattern}$`))
      .meta({ examples: ["100 EUR", "50 points"] }),
  );

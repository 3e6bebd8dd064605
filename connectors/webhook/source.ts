/** Where one value of ours comes from in a foreign JSON body. Reads only: no expressions, no code. */
import { z } from "zod";

const step = /([^.[\]=$\s]+)|\[(\d{1,4})\]/g;
const whole = /^(\$|(\$\.)?[^.[\]=$\s]+(\[\d{1,4}\])*(\.[^.[\]=$\s]+(\[\d{1,4}\])*)*)$/;

/** `data.deals[0].id`, from the item on; `$.account.id`, from the whole body on. */
export const Path = z
  .string()
  .max(200)
  .regex(whole, "expected a path such as data.deal.id, items[0].x, or $.account for the whole body");

const Constant = z.string().max(200).startsWith("=");
const Scalar = z.union([z.string(), z.number(), z.boolean()]);

/** A path; `=text` for a constant; or a path whose values are translated, others left out unless `otherwise` is given. */
export const Source = z.union(
  [
    Constant,
    Path,
    z.strictObject({
      from: Path.describe("Path of the value to translate"),
      values: z.record(z.string(), Scalar).describe("What was sent → what it means here"),
      otherwise: Scalar.optional().describe("What any other value means; left out: nothing"),
    }),
  ],
  "expected a path such as data.deal.id, a constant such as =deal, or { from, values }",
);
export type Source = z.infer<typeof Source>;

/** What a source may give when it is no path: its constant, or its translations. */
export const possibleValues = (source: Source): unknown[] => {
  if (typeof source !== "string")
    return [...Object.values(source.values), source.otherwise].filter((one) => one !== undefined);
  return source.startsWith("=") ? [source.slice(1)] : [];
};

/** Undefined where the path leads nowhere, or the value has no translation. */
export const take = (source: Source, item: unknown, body: unknown): unknown => {
  if (typeof source === "string") {
    return source.startsWith("=") ? source.slice(1) : follow(source, item, body);
  }
  const found = follow(source.from, item, body);
  const translated = typeof found === "string" || typeof found === "number" || typeof found === "boolean";
  return translated && Object.hasOwn(source.values, `${found}`) ? source.values[`${found}`] : source.otherwise;
};

/** The value at the end of a path; undefined where there is none. */
export const follow = (path: string, item: unknown, body: unknown): unknown => {
  let value = path.startsWith("$") ? body : item;
  for (const [, name, index] of path.matchAll(step)) {
    const key = name ?? Number(index);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return value;
};

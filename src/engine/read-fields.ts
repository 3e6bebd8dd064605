import type { ZodType, z } from "zod";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { closeMatch, didYouMean } from "./close-match.ts";

type Shape = Record<string, ZodType>;

/** What was read: a key that is missing, or was refused, is undefined. */
export type Fields<S extends Shape> = { [K in keyof S]?: z.output<S[K]> };

/**
 * Reads the keys of a map, each by its own schema, and reports every key that is wrong, unknown or missing. Null where
 * it is not a map. With `others`, keys outside of the shape belong to somebody else.
 */
export const readFields = <S extends Shape>(
  spot: Spot,
  shape: S,
  what: string,
  others: "refused" | "allowed" = "refused",
): Fields<S> | null => {
  const value = spot.value;
  if (!isMap(value)) {
    spot.problem(inWords(value), what);
    return null;
  }
  if (others === "refused") refuseUnknownKeys(spot, value, Object.keys(shape));
  const fields: Fields<S> = {};
  for (const [key, schema] of Object.entries(shape)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    const parsed = schema.safeParse(given);
    if (parsed.success) fields[key as keyof S] = parsed.data as Fields<S>[keyof S];
    else if (given === undefined) spot.problem(`no \`${key}\``, expectedOf(parsed.error.issues[0]));
    else if (given === null)
      spot.child(key).keyProblem(`\`${key}\` without a value`, expectedOf(parsed.error.issues[0]));
    else reportIssues(spot.child(key), parsed.error.issues);
  }
  return fields;
};

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reports the keys of a map that are not among `keys`. */
export const refuseUnknownKeys = (spot: Spot, value: Record<string, unknown>, keys: readonly string[]): void => {
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const found = `the key \`${key}\``;
    const near = closeMatch(key, keys);
    const expected = near ? `a key that is known here; did you mean \`${near}\`?` : `one of ${keys.join(", ")}`;
    spot.child(key).keyProblem(found, expected);
  }
};

/** Reports zod's issues, each at its own place. */
export const reportIssues = (spot: Spot, issues: readonly z.core.$ZodIssue[]): void => {
  for (const issue of issues) {
    const at = issue.path.reduce<Spot>(
      (inner, step) => inner.child(typeof step === "symbol" ? String(step) : step),
      spot,
    );
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) at.child(key).keyProblem(`the key \`${key}\``, "a key that is known here");
      continue;
    }
    const value = at.value;
    const last = issue.path.at(-1);
    const found = value === undefined && last !== undefined ? `no \`${String(last)}\`` : inWords(value);
    const near =
      issue.code === "invalid_value" && typeof value === "string" ? didYouMean(value, issue.values.map(String)) : "";
    at.problem(found, expectedOf(issue) + near);
  }
};

const kinds: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "`true` or `false`",
  array: "a list",
  object: "a map of keys and values",
  record: "a map of keys and values",
};

/** What an issue wanted: our schemas say it in their message, a provider's schema in zod's own words. */
const expectedOf = (issue: z.core.$ZodIssue | undefined): string => {
  if (!issue) return "something else";
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    return kinds[issue.expected] ?? issue.expected;
  }
  if (issue.code === "invalid_value" && issue.message.startsWith("Invalid ")) {
    return issue.values.map((value) => `\`${String(value)}\``).join(" or ");
  }
  if (issue.code === "too_small" && issue.message.startsWith("Too small")) {
    const unit = issue.origin === "string" ? " characters" : "";
    return issue.origin === "array" ? `a list of at least ${issue.minimum}` : `at least ${issue.minimum}${unit}`;
  }
  return issue.message.replace(/^expected /i, "");
};

import { z } from "zod";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { closeMatch, didYouMean } from "./close-match.ts";
import type { Known } from "./known.ts";
import { isMap, readFields, refuseUnknownKeys, reportIssues } from "./read-fields.ts";
import { readMoney } from "./read-money.ts";
import type { Reward } from "./rule-book.ts";
import { rewardShape } from "./shapes.ts";

/** A title as a map by language. A plain text stands for every language that has none of its own. */
export const titleOf = (title: string | Record<string, string>): Record<string, string> =>
  typeof title === "string" ? { en: title } : title;

/** `gift-card` → `Gift card` */
const inTitleCase = (id: string): string => `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll(/[-_]+/g, " ")}`;

/** Reads one reward; null where something is wrong with it. */
export const readReward = (spot: Spot, known: Known): Reward | null => {
  const fields = readFields(spot, rewardShape, "a reward: a map that begins with `id:`", "allowed");
  if (!fields) return null;
  const { id, title, provider } = fields;
  const kind = provider === undefined ? undefined : known.providers.get(provider);
  if (provider !== undefined && !kind) {
    const ids = [...known.providers.keys()];
    const listed =
      ids.length > 0 ? `a provider of accolade.yaml: ${ids.join(", ")}` : "a provider, but accolade.yaml has none";
    spot.child("provider").problem(inWords(provider), listed + didYouMean(provider, ids));
  }
  const value = fields.value === undefined ? null : readMoney(spot.child("value"), fields.value, kind?.supplies);
  const options = kind ? readOptions(spot, kind.options) : undefined;
  if (!kind && isMap(spot.value)) refuseMisspelt(spot, spot.value);
  const titleIsGood = title !== undefined || spot.child("title").value === undefined;
  const complete = id !== undefined && titleIsGood && provider !== undefined && value !== undefined && options;
  return complete ? { id, title: titleOf(title ?? inTitleCase(id)), provider, value, options: options.data } : null;
};

/** Without its provider, nobody knows which other keys a reward may have: only those near to ours are told. */
const refuseMisspelt = (spot: Spot, given: Record<string, unknown>): void => {
  const own = Object.keys(rewardShape);
  for (const key of Object.keys(given)) {
    const near = own.includes(key) ? undefined : closeMatch(key, own);
    if (near) spot.child(key).keyProblem(`the key \`${key}\``, `a key that is known here; did you mean \`${near}\`?`);
  }
};

/** A provider's own keys, by its own schema. */
const readOptions = (spot: Spot, schema: z.ZodType<unknown>): { data: unknown } | undefined => {
  const given = isMap(spot.value) ? spot.value : {};
  const own = Object.keys(rewardShape);
  const rest = Object.fromEntries(Object.entries(given).filter(([key]) => !own.includes(key)));
  const shape = schema instanceof z.ZodObject ? schema : undefined;
  // A schema that is neither strict nor loose would drop a misspelt key in silence.
  const closed = shape !== undefined && (shape.def.catchall === undefined || shape.def.catchall instanceof z.ZodNever);
  const keys = shape ? [...own, ...Object.keys(shape.shape)] : own;
  if (closed) refuseUnknownKeys(spot, given, keys);
  const parsed = schema.safeParse(rest);
  if (parsed.success) return { data: parsed.data };
  reportIssues(
    spot,
    parsed.error.issues.filter((issue) => !(closed && issue.code === "unrecognized_keys" && issue.path.length === 0)),
  );
  return undefined;
};

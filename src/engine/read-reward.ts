import { z } from "zod";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { closeMatch, didYouMean } from "./close-match.ts";
import type { Known } from "./known.ts";
import { isMap, readFields, refuseUnknownKeys, reportIssues } from "./read-fields.ts";
import { allOf, isGiven } from "./read-items.ts";
import { readCurrency, readMoney, type Supplies } from "./read-money.ts";
import { warnOfMisfits } from "./route-misfits.ts";
import type { Reward, Route } from "./rule-book.ts";
import { rewardShape, routeShape } from "./shapes.ts";

/** A title as a map by language. A plain text stands for every language that has none of its own. */
export const titleOf = (title: string | Record<string, string>): Record<string, string> =>
  typeof title === "string" ? { en: title } : title;

/** `gift-card` → `Gift card` */
const inTitleCase = (id: string): string => `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll(/[-_]+/g, " ")}`;

/** Reads one reward; null where something is wrong with it. */
export const readReward = (spot: Spot, known: Known): Reward | null => {
  const fields = readFields(spot, rewardShape, "a reward: a map that begins with `id:`", "allowed");
  if (!fields) return null;
  const { id, title, provider, via } = fields;
  const routes = via === undefined ? readOnly(spot, provider, known) : readVia(spot, provider, via, known);
  const supplies = suppliesOf(namedIn(provider, via), known);
  const value = fields.value === undefined ? null : readMoney(spot.child("value"), fields.value, supplies);
  const titleIsGood = title !== undefined || spot.child("title").value === undefined;
  const [first] = routes ?? [];
  if (id === undefined || !titleIsGood || value === undefined || !routes || !first) return null;
  if (value) warnOfMisfits(spot.child("value"), value, { via: routes }, known);
  return {
    id,
    title: titleOf(title ?? inTitleCase(id)),
    provider: first.provider,
    value,
    options: first.options,
    via: routes,
  };
};

const namedIn = (provider: string | undefined, via: readonly unknown[] | undefined): string[] =>
  [provider, ...(via ?? []).map((route) => (isMap(route) ? route.provider : undefined))].filter(
    (name) => typeof name === "string",
  );

/** The one route of a reward that names its provider itself. */
const readOnly = (spot: Spot, provider: string | undefined, known: Known): Route[] | undefined => {
  if (provider === undefined && !isGiven(spot.child("via")) && spot.child("provider").value === undefined)
    spot.problem("no `provider`", "a provider, by its id in accolade.yaml");
  const kind = provider === undefined ? undefined : kindOf(spot.child("provider"), provider, known);
  if (!kind || provider === undefined) {
    if (isMap(spot.value)) refuseMisspelt(spot, spot.value);
    return undefined;
  }
  const options = readOptions(spot, kind.options, Object.keys(rewardShape));
  const anywhere = { countries: null, currencies: null, atLeast: null, atMost: null };
  return options && [{ provider, options: options.data, ...anywhere }];
};

const kindOf = (spot: Spot, provider: string, known: Known) => {
  const kind = known.providers.get(provider);
  if (kind) return kind;
  const ids = [...known.providers.keys()];
  const listed =
    ids.length > 0 ? `a provider of accolade.yaml: ${ids.join(", ")}` : "a provider, but accolade.yaml has none";
  spot.problem(inWords(provider), listed + didYouMean(provider, ids));
  return undefined;
};

const readVia = (
  spot: Spot,
  provider: string | undefined,
  via: readonly unknown[],
  known: Known,
): Route[] | undefined => {
  if (provider !== undefined)
    spot.child("provider").keyProblem("`provider` beside `via`", "one of them: `via` names its providers itself");
  if (isMap(spot.value)) refuseUnknownKeys(spot, spot.value, Object.keys(rewardShape));
  const routes = allOf(via.map((_, index) => readRoute(spot.child("via").child(index), known)));
  const kinds = new Set((routes ?? []).map((route) => known.providers.get(route.provider)?.supplies));
  if (kinds.has("points") && kinds.has("money"))
    spot.child("via").problem("providers of points and of money", "providers that can supply the same value");
  return routes;
};

const readRoute = (spot: Spot, known: Known): Route | undefined => {
  const fields = readFields(spot, routeShape, "a map with `provider:`, such as `{ provider: points }`", "allowed");
  if (!fields) return undefined;
  const { provider, countries, currencies } = fields;
  const kind = provider === undefined ? undefined : kindOf(spot.child("provider"), provider, known);
  const options = kind && readOptions(spot, kind.options, Object.keys(routeShape));
  const bound = (key: "atLeast" | "atMost") =>
    fields[key] === undefined ? null : readMoney(spot.child(key), fields[key], kind?.supplies);
  const [atLeast, atMost] = [bound("atLeast"), bound("atMost")];
  for (const [index, code] of (currencies ?? []).entries()) readCurrency(spot.child("currencies").child(index), code);
  const empty = atLeast && atMost && (atLeast.currency !== atMost.currency || atLeast.minor > atMost.minor);
  if (empty) spot.child("atMost").problem(inWords(fields.atMost), `an amount of at least \`${fields.atLeast}\``);
  if (provider === undefined || !options || atLeast === undefined || atMost === undefined || empty) return undefined;
  return {
    provider,
    options: options.data,
    countries: countries ?? null,
    currencies: currencies ?? null,
    atLeast,
    atMost,
  };
};

/** What every one of these providers can supply. */
export const suppliesOf = (providers: readonly string[], known: Known): Supplies | undefined => {
  const supplies = providers.map((provider) => known.providers.get(provider)?.supplies);
  return supplies.find((each) => each === "points" || each === "money") ?? supplies[0];
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
const readOptions = (spot: Spot, schema: z.ZodType<unknown>, own: readonly string[]): { data: unknown } | undefined => {
  const given = isMap(spot.value) ? spot.value : {};
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

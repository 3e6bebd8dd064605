import type { Spot } from "../yaml/yaml-source.ts";
import { type About, neverKnown } from "./about.ts";
import { didYouMean } from "./close-match.ts";
import { atomsOf } from "./condition-atoms.ts";
import type { Expression } from "./expression.ts";
import { readConditions } from "./read-condition.ts";
import { itemsOf } from "./read-items.ts";
import type { Shelf } from "./shelf.ts";

/** Reads the conditions of a rule, and reports what its milestone can never know. */
export const readWhere = (spot: Spot, about: About | undefined, shelf: Shelf): Expression[] | undefined => {
  const lines = readConditions(spot, "deal.amount >= 1000");
  for (const [index, line] of (lines ?? []).entries()) {
    const at = itemsOf(spot)[index] ?? spot;
    if (about) refuseNeverKnown(at, line, about);
    refuseUnknownTier(at, line, shelf);
  }
  return lines;
};

/** Reports variables that no situation of the rule can have. `has(…)` may ask for them: it is false then. */
export const refuseNeverKnown = (spot: Spot, line: Expression, about: About): void => {
  for (const path of line.paths) {
    const why = path.onlyAsked ? undefined : neverKnown(about, String(path.steps[0]));
    if (why)
      spot.textProblem(path.at, `\`${path.text}\` with \`on: ${about.on}\``, `a value that can be known: ${why}`);
  }
};

const refuseUnknownTier = (spot: Spot, line: Expression, { tiers }: Shelf): void => {
  const reads = line.paths.find(({ text }) => text === "customer.tier");
  if (!reads || !tiers.complete) return;
  if (tiers.byId.size === 0) {
    spot.textProblem(reads.at, "`customer.tier`", "tiers, but there are none under `tiers:`");
    return;
  }
  const ids = [...tiers.byId.keys()];
  for (const { path, values } of atomsOf(line.ast).atoms) {
    if (path.text !== "customer.tier") continue;
    for (const value of values) {
      if (typeof value === "string" && !tiers.byId.has(value))
        spot.textProblem(path.at, `\`${value}\``, `the id of a tier: ${ids.join(", ")}${didYouMean(value, ids)}`);
    }
  }
};

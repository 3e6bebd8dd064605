import type { Spot } from "../yaml/yaml-source.ts";
import { type About, impossibleRecipient } from "./about.ts";
import { readFields } from "./read-fields.ts";
import { allOf, itemsOf } from "./read-items.ts";
import { checkNamed } from "./read-named.ts";
import { readTo } from "./read-to.ts";
import { readValue } from "./read-value.ts";
import type { RewardPart } from "./rule-book.ts";
import { partShape } from "./shapes.ts";
import type { Shelf } from "./shelf.ts";
import { plainRoles } from "./short-forms/role-form.ts";

/** Reads the parts of a rule's reward; undefined where any of them is wrong. */
export const readParts = (spot: Spot, about: About | undefined, shelf: Shelf): RewardPart[] | undefined => {
  const spots = itemsOf(spot);
  const taken = new Set<string>();
  const entries = spots.map((item, entry) => readEntry(item, entry, about, shelf, taken));
  return allOf(entries)?.flat();
};

/** One entry of the list: one part, or one for each share of a divided value. */
const readEntry = (
  spot: Spot,
  entry: number,
  about: About | undefined,
  shelf: Shelf,
  taken: Set<string>,
): RewardPart[] | undefined => {
  const fields = readFields(spot, partShape, "who gets what: `{ to: owner, give: coffee }`");
  if (!fields) return undefined;
  const { give } = fields;
  const to = fields.to === undefined ? undefined : readTo(spot.child("to"));
  let possible = true;
  for (const { role, refuse } of to ?? []) {
    if (taken.has(role)) refuse(`\`to: ${role}\` again`, "each recipient once in a rule");
    taken.add(role);
    const why = about && impossibleRecipient(about, role);
    if (why) {
      possible = false;
      const others = plainRoles.filter((other) => !impossibleRecipient(about, other));
      const expected = others.length > 0 ? `one of ${others.join(", ")}` : "another milestone or metric";
      refuse(`\`${role}\` with \`on: ${about.on}\``, `${expected}: ${why}`);
    }
  }
  if (give !== undefined) checkNamed(spot.child("give"), give, shelf.rewards, "reward");
  const reward = give === undefined ? null : (shelf.rewards.byId.get(give) ?? null);
  const value = readValue(spot, fields.value, give, reward, about, shelf.known);
  if (!to || !reward || !value || !possible) return undefined;
  return to.map(({ role, basisPoints }) => ({
    to: role,
    give: reward,
    value,
    split: basisPoints === null ? null : { entry, basisPoints },
  }));
};

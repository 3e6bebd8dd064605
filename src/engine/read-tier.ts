import type { Spot } from "../yaml/yaml-source.ts";
import { readConditions } from "./read-condition.ts";
import { readFields } from "./read-fields.ts";
import { itemsOf } from "./read-items.ts";
import type { Tier } from "./rule-book.ts";
import { tierShape } from "./shapes.ts";

const example = "customer.revenue >= 100000";

/** Reads one tier; null where something is wrong with it. Its lines see nothing but `customer`. */
export const readTier = (spot: Spot): Tier | null => {
  const fields = readFields(spot, tierShape, `a tier: \`{ id: vip, where: [${example}] }\``);
  if (!fields) return null;
  const where = spot.child("where");
  const lines = fields.where === undefined ? undefined : readConditions(where, example);
  let good = true;
  for (const [index, line] of (lines ?? []).entries()) {
    for (const { text, at, steps } of line.paths) {
      const [root, field] = steps;
      if (root === "customer" && field !== undefined && field !== "tier") continue;
      good = false;
      const expected =
        field === "tier"
          ? `what the tier depends on, such as \`${example}\``
          : `conditions on \`customer\` alone, such as \`${example}\``;
      (itemsOf(where)[index] ?? where).textProblem(at, `\`${text}\``, expected);
    }
  }
  return fields.id && lines && good ? { id: fields.id, where: lines.map((line) => line.text) } : null;
};

import type { Spot } from "../yaml/yaml-source.ts";
import { type About, impossibleHolder } from "./about.ts";
import type { Known } from "./known.ts";
import { checkCurrencies } from "./read-currencies.ts";
import { allOf, itemsOf } from "./read-items.ts";
import type { Limit, RewardPart } from "./rule-book.ts";
import { limitForm } from "./short-forms/limit-form.ts";
import { readForm } from "./short-forms/read-form.ts";

/** Reads `limits`; undefined where one of them is wrong. */
export const readLimits = (
  spot: Spot,
  about: About | undefined,
  parts: readonly RewardPart[] | undefined,
  known: Known,
): Limit[] | undefined => {
  const seen = new Set<string>();
  return allOf(
    itemsOf(spot).map((item) => {
      const limit = readForm(item, limitForm);
      if (!limit) return undefined;
      const text = limitForm.print(limit);
      if (seen.has(text)) item.problem(`\`${text}\` again`, "each limit once");
      seen.add(text);
      const impossible = about && impossibleHolder(about, limit.per);
      if (impossible) item.problem(`\`${text}\` with \`on: ${about.on}\``, `another way to count: ${impossible}`);
      if (limit.amount) checkCurrencies(item, limit.amount.currency, parts, known);
      return { text, ...limit };
    }),
  );
};

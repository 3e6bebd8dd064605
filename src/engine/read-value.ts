import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import type { About } from "./about.ts";
import { compileExpression } from "./expression.ts";
import type { Known } from "./known.ts";
import { readFields } from "./read-fields.ts";
import { readCurrency, readMoney, type Supplies } from "./read-money.ts";
import { suppliesOf } from "./read-reward.ts";
import { refuseNeverKnown } from "./read-where.ts";
import { warnOfMisfits } from "./route-misfits.ts";
import type { PartValue, Reward } from "./rule-book.ts";
import { computedShape } from "./shapes.ts";

/** What a part is worth: its own `value`, or that of its reward. Undefined where it is wrong or missing. */
export const readValue = (
  part: Spot,
  given: unknown,
  give: string | undefined,
  reward: Reward | null,
  about: About | undefined,
  known: Known,
): PartValue | undefined => {
  const spot = part.child("value");
  const supplies = reward
    ? suppliesOf(
        reward.via.map((route) => route.provider),
        known,
      )
    : undefined;
  if (typeof given === "string") {
    const fixed = readMoney(spot, given, supplies);
    if (fixed && reward) warnOfMisfits(spot, fixed, reward, known);
    return fixed && { fixed };
  }
  if (given !== undefined) return readComputed(spot, supplies, about);
  if (reward?.value) return { fixed: reward.value };
  // A reward that is unknown or has faults of its own was reported there.
  if (reward && spot.value === undefined) {
    part.problem("no `value`", `how much: \`value:\` here or in the reward \`${give}\``);
  }
  return undefined;
};

const readComputed = (spot: Spot, supplies: Supplies | undefined, about: About | undefined): PartValue | undefined => {
  const fields = readFields(spot, computedShape, "an expression with its currency");
  if (!fields) return undefined;
  const currency =
    fields.currency === undefined ? undefined : readCurrency(spot.child("currency"), fields.currency, supplies);
  const cap = fields.cap === undefined ? null : readMoney(spot.child("cap"), fields.cap, supplies);
  const sameCurrency = !cap || !currency || cap.currency === currency;
  if (!sameCurrency)
    spot.child("cap").problem(inWords(fields.cap), `an amount in \`${fields.currency}\`, as \`currency\` says`);
  const { expression } = fields;
  const compiled = expression === undefined ? undefined : compileExpression(expression, "amount");
  if (compiled && "faults" in compiled) {
    for (const fault of compiled.faults) spot.child("expression").textProblem(fault.at, fault.found, fault.expected);
    return undefined;
  }
  if (compiled && about) refuseNeverKnown(spot.child("expression"), compiled, about);
  return expression !== undefined && currency !== undefined && cap !== undefined && sameCurrency
    ? { expression, currency, cap }
    : undefined;
};

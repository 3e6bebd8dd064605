import type { MilestoneType } from "../events.ts";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import { compileExpression } from "./expression.ts";
import type { Known } from "./load.ts";
import { readFields } from "./read-fields.ts";
import { readCurrency, readMoney, type Supplies } from "./read-money.ts";
import type { PartValue, Reward, RewardPart } from "./rule-book.ts";
import { computedShape, partShape, roleNames } from "./shapes.ts";
import { impossibleRecipient } from "./subject-kinds.ts";

/** The rewards that rules may name. */
export interface RewardShelf {
  /** By id; null for one that has faults of its own. */
  byId: ReadonlyMap<string, Reward | null>;
  /** False where a reward's id could not be read: an unknown name may then be that one. */
  complete: boolean;
  known: Known;
}

/** Reads the parts of a rule's reward; undefined where any of them is wrong. */
export const readParts = (spot: Spot, on: MilestoneType | undefined, shelf: RewardShelf): RewardPart[] | undefined => {
  const spots = Array.isArray(spot.value) ? spot.value.map((_, index) => spot.child(index)) : [spot];
  const parts = spots.map((part) => readPart(part, on, shelf));
  const roles = new Set<unknown>();
  for (const part of spots) {
    const to = part.child("to");
    if (roles.has(to.value)) to.problem(`\`to: ${String(to.value)}\` again`, "each recipient once in a rule");
    if (typeof to.value === "string") roles.add(to.value);
  }
  const good = parts.filter((part) => part !== undefined);
  return good.length === parts.length ? good : undefined;
};

const readPart = (spot: Spot, on: MilestoneType | undefined, shelf: RewardShelf): RewardPart | undefined => {
  const fields = readFields(spot, partShape, "who gets what: `{ to: owner, give: coffee }`");
  if (!fields) return undefined;
  const { to, give } = fields;
  const impossible = to && on && impossibleRecipient(on, to);
  if (impossible) {
    const others = roleNames.filter((role) => !impossibleRecipient(on, role)).join(", ");
    spot.child("to").problem(`\`${to}\` with \`on: ${on}\``, `one of ${others}: ${impossible}`);
  }
  if (give !== undefined && !shelf.byId.has(give) && shelf.complete) {
    const ids = [...shelf.byId.keys()];
    const listed =
      ids.length > 0 ? "the id of a reward under `rewards:`" : "a reward, but there is none under `rewards:`";
    spot.child("give").problem(inWords(give), listed + didYouMean(give, ids));
  }
  const reward = give === undefined ? null : (shelf.byId.get(give) ?? null);
  const supplies = reward ? shelf.known.providers.get(reward.provider)?.supplies : undefined;
  const value =
    fields.value === undefined
      ? valueOfReward(spot, give, reward)
      : typeof fields.value === "string"
        ? readFixed(spot.child("value"), fields.value, supplies)
        : readComputed(spot.child("value"), supplies);
  return to && reward && value && !impossible ? { to, give: reward, value, split: null } : undefined;
};

const valueOfReward = (spot: Spot, give: string | undefined, reward: Reward | null): PartValue | undefined => {
  if (reward?.value) return { fixed: reward.value };
  // A reward that is unknown or has faults of its own was reported there.
  if (reward && spot.child("value").value === undefined) {
    spot.problem("no `value`", `how much: \`value:\` here or in the reward \`${give}\``);
  }
  return undefined;
};

const readFixed = (spot: Spot, text: string, supplies: Supplies | undefined): PartValue | undefined => {
  const fixed = readMoney(spot, text, supplies);
  return fixed && { fixed };
};

const readComputed = (spot: Spot, supplies: Supplies | undefined): PartValue | undefined => {
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
  return expression !== undefined && currency !== undefined && cap !== undefined && sameCurrency
    ? { expression, currency, cap }
    : undefined;
};

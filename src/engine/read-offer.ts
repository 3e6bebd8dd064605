import { POINTS } from "../money.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { readApproval } from "./read-approval.ts";
import { checkCurrencies } from "./read-currencies.ts";
import { readFields } from "./read-fields.ts";
import { readMoney } from "./read-money.ts";
import { checkNamed } from "./read-named.ts";
import { readNotify } from "./read-notify.ts";
import type { Offer } from "./rule-book.ts";
import { offerShape } from "./shapes.ts";
import type { Shelf } from "./shelf.ts";

/** Reads one offer; null where something is wrong with it. */
export const readOffer = (spot: Spot, shelf: Shelf): Offer | null => {
  const fields = readFields(spot, offerShape, "an offer: `{ id: coffee, give: coffee, cost: 500 points }`");
  if (!fields) return null;
  const { id, give: rewardId, stock = null, budget = null } = fields;
  if (rewardId !== undefined) checkNamed(spot.child("give"), rewardId, shelf.rewards, "reward");
  const give = rewardId === undefined ? null : (shelf.rewards.byId.get(rewardId) ?? null);
  const cost = fields.cost === undefined ? undefined : readMoney(spot.child("cost"), fields.cost, "points");
  const notify = readNotify(spot.child("notify"), fields.notify);
  const own = fields.value === undefined ? null : readMoney(spot.child("value"), fields.value, "money");
  const supplies = give && shelf.known.providers.get(give.provider)?.supplies;
  const points = give && (supplies === "points" || give.value?.currency === POINTS);
  if (points)
    spot.child("give").problem(`\`${give.id}\`, which gives points`, "a reward that is worth having for points");
  const value = own === null ? (give?.value ?? null) : own;
  if (give && !points && own === null && value === null)
    spot.problem("no `value`", `an amount such as \`5 EUR\`: the reward \`${give.id}\` names none`);
  const parts = give && value && !points ? [{ value: { fixed: value } }] : undefined;
  if (budget !== null) {
    checkNamed(spot.child("budget"), budget, shelf.budgets, "budget");
    const set = shelf.budgets.byId.get(budget);
    if (set) checkCurrencies(spot.child("budget"), set.amount.currency, parts, shelf.known);
  }
  const approval = readApproval(spot.child("approval"), parts, shelf.known);
  if (!id || !give || !cost || !notify || !value || points || approval === undefined) return null;
  return { id, give, value, cost, stock, budget, approval, notify, file: spot.file, line: spot.line };
};

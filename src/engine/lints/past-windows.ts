import { inWords } from "../../yaml/problem.ts";
import type { Lint } from "./lint.ts";

/** Rules and budgets that ended. */
export const pastWindows: Lint = ({ book, rules, budgetSpots, now }) => {
  const isPast = (until: string | null) => until !== null && Date.parse(until) <= now.getTime();
  for (const { rule, spot } of rules) {
    const until = spot.child("until");
    if (isPast(rule.until))
      until.warning(`${inWords(until.value)}, which is past`, "a later end, or no such rule any more");
  }
  for (const [index, budget] of book.budgets.entries()) {
    const until = budgetSpots[index]?.child("until");
    if (isPast(budget.until))
      until?.warning(`${inWords(until.value)}, which is past`, "a later end, or no such budget any more");
  }
};

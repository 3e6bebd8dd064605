import { DateTime } from "luxon";
import { formatMoney, type Money } from "../../money.ts";
import { localDay, periodAt } from "../../windows.ts";
import { divideMinor } from "../divide-money.ts";
import type { Budget, Limit, Rule } from "../rule-book.ts";
import type { Lint } from "./lint.ts";

/** Budgets that cannot pay for one reward of a rule, or not for all that the limits of their rules allow. */
export const shortBudgets: Lint = ({ book, rules, budgetSpots, timeZone }) => {
  for (const [index, budget] of book.budgets.entries()) {
    const paid = rules.filter(({ rule }) => rule.budget === budget.id && rule.mode === "active");
    let all = 0;
    const known: string[] = [];
    for (const { rule, spot } of paid) {
      const once = costOnce(rule, budget.amount.currency);
      if (once === null) continue;
      if (once.together > budget.amount.minor) {
        spot
          .child("budget")
          .warning(
            `\`${budget.id}\` of ${formatMoney(budget.amount)}, of which one match takes ${inBudget(once.together, budget)}`,
            "a larger budget, or a smaller reward",
          );
      }
      const count = mostGrants(rule, budget, timeZone);
      if (count === null || once.each === null) continue;
      all += count * once.each;
      known.push(`\`${rule.id}\` ${inBudget(count * once.each, budget)}`);
    }
    if (all > budget.amount.minor) {
      budgetSpots[index]?.warning(
        `\`${budget.id}\` of ${formatMoney(budget.amount)}, of which the limits allow ${inBudget(all, budget)}: ${known.join(", ")}`,
        "an amount that lasts as long as the limits let rules give",
      );
    }
  }
};

const inBudget = (minor: number, { amount }: Budget): string =>
  formatMoney({ minor, currency: amount.currency } satisfies Money);

/** What one match takes of a budget, and what each of its grants is worth where all are worth the same; null where that is not fixed. */
const costOnce = ({ parts }: Rule, currency: string): { together: number; each: number | null } | null => {
  const values: number[] = [];
  for (const part of parts) {
    if (!("fixed" in part.value)) return null;
    if (part.to === "team" || part.value.fixed.currency !== currency) continue;
    const together = parts.filter(({ split }) => split !== null && split.entry === part.split?.entry);
    const shares = divideMinor(
      part.value.fixed.minor,
      together.map(({ split }) => split?.basisPoints ?? 0),
    );
    values.push(part.split ? (shares[together.indexOf(part)] ?? 0) : part.value.fixed.minor);
  }
  const [first] = values;
  const same = first !== undefined && values.length === parts.length && values.every((value) => value === first);
  return { together: values.reduce((sum, value) => sum + value, 0), each: same ? first : null };
};

/** The most grants that the limits of a rule allow while its budget pays; null where no limit says. */
const mostGrants = (rule: Rule, budget: Budget, timeZone: string): number | null => {
  const counts = rule.limits.flatMap((limit) => mostOf(limit, rule, budget, timeZone) ?? []);
  return counts.length === 0 ? null : Math.min(...counts);
};

const mostOf = ({ count, per, period }: Limit, rule: Rule, budget: Budget, timeZone: string): number | null => {
  if (count === null || per !== "rule") return null;
  if (period === null) return count;
  const from = [rule.from, budget.from]
    .filter((each) => each !== null)
    .sort()
    .at(-1);
  const until = [rule.until, budget.until].filter((each) => each !== null).sort()[0];
  if (from === undefined || until === undefined) return null;
  let periods = 0;
  const end = localDay(new Date(Date.parse(until) - 1), timeZone);
  for (let range = periodAt(from, period, timeZone); range.from <= end; periods++) {
    range = periodAt(DateTime.fromISO(range.until, { zone: timeZone }).toJSDate(), period, timeZone);
    if (periods > 5_000) return null;
  }
  return count * periods;
};

import { type BudgetStatus, budgetStatus } from "../ledger/budget-status.ts";
import { forecastInWords } from "../ledger/forecast.ts";
import type { Corridor } from "./corridor.ts";

/** A budget as an admin sees it, with its forecast in words: `at this pace on 12 December`. */
export interface ListedBudget extends BudgetStatus {
  runsOut: string;
}

/** Every budget in force, by id. */
export const listBudgets = async ({
  database,
  workspace,
  now,
}: Pick<Corridor, "database" | "workspace" | "now">): Promise<ListedBudget[]> => {
  const at = now();
  const found = await budgetStatus(database, at);
  return found.map((budget) => ({ ...budget, runsOut: forecastInWords(budget.forecast, at, workspace.timeZone) }));
};

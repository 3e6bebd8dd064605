import type { Config } from "../config.ts";
import type { Database } from "../db/sql.ts";
import { type BudgetStatus, budgetStatus } from "../ledger/budget-status.ts";
import { forecastInWords } from "../ledger/forecast.ts";
import { formatMoney } from "../money.ts";
import { pauseInWords, pausesInForce } from "../pipeline/pause.ts";
import { counted } from "./counted.ts";
import { bad, type Line, ok, skipped } from "./doctor-line.ts";

/** Whether rewards go out, and how long the budgets last. No lines where the database has no tables yet. */
export const checkMoney = async ({ workspace }: Config, database: Database | null): Promise<Line[]> => {
  if (!database) return [];
  const now = new Date();
  const pauses = await pausesInForce(database);
  const budgets = await budgetStatus(database, now);
  return [
    ...(pauses.length === 0
      ? [ok("sending", "not paused")]
      : pauses.map((pause) =>
          bad("sending", pauseInWords(pause), "When its cause is mended, let it go on: accolade resume"),
        )),
    ...budgets.map((budget) => budgetLine(budget, forecastInWords(budget.forecast, now, workspace.timeZone))),
  ];
};

const budgetLine = (budget: BudgetStatus, runsOut: string): Line => {
  const { id, currency, available, percentUsed, alerts, waiting, stopped } = budget;
  const what = `budget ${id}`;
  const found = `${percentUsed} % used, ${formatMoney({ minor: available, currency })} available; runs out: ${runsOut}`;
  const todo = "Raise its amount in rules/, or let it be; `accolade budgets` shows all of it.";
  if (waiting.grants > 0) return bad(what, `${found}; ${counted(waiting.grants, "reward")} held for room in it`, todo);
  if (budget.forecast.kind === "empty" && stopped > 0)
    return bad(what, `${found}; ${counted(stopped, "reward")} not given`, todo);
  const mark = alerts.at(-1);
  return mark === undefined ? ok(what, found) : skipped(what, `${found}; reached its mark of ${mark} %`, todo);
};

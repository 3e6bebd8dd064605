import { Command } from "commander";
import type { BudgetStatus } from "../ledger/budget-status.ts";
import { formatMoney } from "../money.ts";
import { listBudgets } from "../pipeline/budgets-listed.ts";
import { localDay } from "../windows.ts";
import { counted } from "./counted.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade budgets`: what each budget holds, and how long it lasts. */
export const budgetsCommand = (): Command =>
  new Command("budgets")
    .description("show the budgets in force: reserved, issued, available, and the day on which each runs out")
    .option("--json", "the same as JSON, amounts in minor units")
    .action((options: { json?: true }) =>
      withCorridor(async ({ corridor }) => {
        const { timeZone } = corridor.workspace;
        const found = await listBudgets(corridor);
        if (options.json) return console.log(JSON.stringify(found, null, 2));
        if (found.length === 0)
          return console.log("No budget is in force. Rules take from one that `budgets:` in rules/ sets aside.");
        console.log(
          tableText(
            ["budget", "amount", "reserved", "issued", "available", "used", "from", "until", "runs out"],
            found.map((budget) => [
              budget.id,
              ...[budget.amount, budget.reserved, budget.issued, budget.available].map((minor) =>
                formatMoney({ minor, currency: budget.currency }),
              ),
              `${budget.percentUsed} %`,
              budget.startsAt ? localDay(budget.startsAt, timeZone) : "",
              budget.endsAt ? localDay(budget.endsAt, timeZone) : "",
              budget.runsOut,
            ]),
          ),
        );
        for (const line of found.flatMap(notesOn)) console.log(line);
      }),
    );

/** What somebody should know of it beyond its figures. */
const notesOn = ({ id, currency, alerts, waiting, stopped }: BudgetStatus): string[] => {
  const mark = alerts.at(-1);
  return [
    ...(mark === undefined ? [] : [`${id}: reached its mark of ${mark} %`]),
    ...(waiting.grants === 0
      ? []
      : [
          `${id}: ${counted(waiting.grants, "reward")} for ${formatMoney({ minor: waiting.amount, currency })} ${waiting.grants === 1 ? "waits" : "wait"} for room in it: a higher amount makes some`,
        ]),
    ...(stopped === 0
      ? []
      : [`${id}: ${counted(stopped, "reward")} not given: it was empty, or outside of its window`]),
  ];
};

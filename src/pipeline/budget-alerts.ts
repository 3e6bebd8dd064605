import { formatMoney } from "../money.ts";
import type { Corridor } from "./corridor.ts";

interface Reached {
  budget: string;
  percent: number;
  amount_minor: number;
  available_minor: number;
  currency: string;
}

/**
 * Tells once of each mark that a budget in force has reached: a row, a warning in the log, a count. A budget whose amount
 * was changed may reach its marks again. In the same way, once for an amount, that it has no room: nothing is left, or a
 * reward waits for some.
 */
export const checkBudgets = async ({ database, log, telemetry, now }: Corridor): Promise<void> => {
  const budgets = await database.rows<{ id: string; ratio: number }>(
    `select b.id, greatest(a.balance_minor, 0)::float8 / b.amount_minor as ratio ${IN_FORCE}`,
  );
  telemetry.budgets(new Map(budgets.map(({ id, ratio }) => [id, ratio])));
  const reached = await database.rows<Reached>(
    `with standing as (
       select b.id, b.amount_minor, b.currency, a.balance_minor, mark.percent ${IN_FORCE_MARKS}
     ), fresh as (
       insert into budget_alerts (budget, percent, amount_minor, at)
       select id, percent, amount_minor, $1 from standing on conflict do nothing returning budget, percent, amount_minor
     )
     select f.budget, f.percent, f.amount_minor, s.balance_minor as available_minor, s.currency
     from fresh f join standing s on s.id = f.budget and s.percent = f.percent order by 1, 2`,
    [now()],
  );
  for (const { budget, percent, amount_minor, available_minor, currency } of reached) {
    telemetry.budgetAlert(budget, percent);
    log.warn("budget alert", {
      budget,
      percent,
      amount: formatMoney({ minor: amount_minor, currency }),
      available: formatMoney({ minor: available_minor, currency }),
    });
  }
  const empty = await database.rows<{ id: string; waiting: number }>(
    `update budgets b set empty_minor = b.amount_minor, empty_at = $1 from (
       select b.id, (select count(*) from grants g where g.budget = b.id and g.unfunded and g.state = 'held')::int as waiting
       ${IN_FORCE} and b.empty_minor is distinct from b.amount_minor
         and (a.balance_minor <= 0 or exists (select from grants g where g.budget = b.id and g.unfunded and g.state = 'held'))) s
     where b.id = s.id returning b.id, s.waiting`,
    [now()],
  );
  for (const { id, waiting } of empty) log.warn("budget empty", { budget: id, waiting });
};

const IN_FORCE = `from budgets b join ledger_accounts a on a.code = 'budget:' || b.id and a.currency = b.currency
  where b.in_force and b.amount_minor > 0`;
const IN_FORCE_MARKS = `from budgets b join ledger_accounts a on a.code = 'budget:' || b.id and a.currency = b.currency
  cross join unnest(b.alerts) as mark (percent)
  where b.in_force and b.amount_minor > 0 and (b.amount_minor - a.balance_minor) * 100 >= mark.percent * b.amount_minor`;

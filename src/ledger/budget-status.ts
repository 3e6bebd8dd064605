import type { Sql } from "../db/sql.ts";
import { RESERVED, SUPPLIED } from "./account-kinds.ts";
import { FORECAST_DAYS, type Forecast, forecast } from "./forecast.ts";

/** Amounts are minor units of `currency`, as the entries of the ledger add up. */
export interface BudgetStatus {
  id: string;
  currency: string;
  amount: number;
  /** Promised, and not yet ordered. */
  reserved: number;
  /** Supplied, less what was taken back. */
  issued: number;
  available: number;
  /** Of the amount, in percent, rounded down; 0 for a budget of nothing. */
  percentUsed: number;
  startsAt: Date | null;
  endsAt: Date | null;
  whenEmpty: "wait" | "stop";
  forecast: Forecast;
  /** The marks of this amount that were reached, in percent, ascending. */
  alerts: number[];
  /** Held until there is room in it. */
  waiting: { grants: number; amount: number };
  /** Due, and not given: it was empty, or outside of its window. */
  stopped: number;
}

interface Row extends Omit<BudgetStatus, "percentUsed" | "forecast" | "waiting"> {
  recent: number;
  first: Date | null;
  waitingGrants: number;
  waitingAmount: number;
}

/** Every budget in force, by id. */
export const budgetStatus = async (sql: Sql, now: Date): Promise<BudgetStatus[]> => {
  const rows = await sql.rows<Row>(
    `with own as (
       select b.id, sum(e.amount_minor) as available, min(p.booked_at) as first,
         -sum(e.amount_minor) filter (where p.grant_id is not null and p.booked_at > $1) as recent
       from budgets b join ledger_accounts a on a.code = 'budget:' || b.id and a.currency = b.currency
         join ledger_entries e on e.account_id = a.id join ledger_postings p on p.id = e.posting_id
       where b.in_force group by b.id
     ), given as (
       select g.budget, sum(e.amount_minor) filter (where ${RESERVED}) as reserved, sum(e.amount_minor) filter (where ${SUPPLIED}) as issued
       from grants g join budgets b on b.id = g.budget and b.in_force and b.currency = g.cost_currency
         join ledger_postings p on p.grant_id = g.id join ledger_entries e on e.posting_id = p.id
         join ledger_accounts a on a.id = e.account_id and a.currency = b.currency
       group by g.budget
     ), waiting as (
       select budget, count(*)::int as grants, sum(cost_minor) as amount from grants
       where state = 'held' and unfunded group by budget
     ), stopped as (
       select waits_for as budget, count(*)::int as n from stops where reason = 'budget' group by waits_for
     )
     select b.id, b.currency, b.amount_minor as amount, coalesce(given.reserved, 0)::bigint as reserved,
       coalesce(given.issued, 0)::bigint as issued, coalesce(own.available, 0)::bigint as available,
       b.starts_at as "startsAt", b.ends_at as "endsAt", b.when_empty as "whenEmpty",
       array(select percent from budget_alerts t where t.budget = b.id and t.amount_minor = b.amount_minor order by percent) as alerts,
       coalesce(stopped.n, 0) as stopped, coalesce(own.recent, 0)::bigint as recent, own.first,
       coalesce(waiting.grants, 0) as "waitingGrants", coalesce(waiting.amount, 0)::bigint as "waitingAmount"
     from budgets b left join own using (id) left join given on given.budget = b.id
       left join waiting on waiting.budget = b.id left join stopped on stopped.budget = 'budget:' || b.id
     where b.in_force order by b.id`,
    [new Date(now.getTime() - FORECAST_DAYS * 86_400_000)],
  );
  return rows.map(({ recent, first, waitingGrants, waitingAmount, ...row }) => ({
    ...row,
    percentUsed: row.amount === 0 ? 0 : Math.floor(((row.amount - row.available) * 100) / row.amount),
    forecast: forecast(
      {
        availableMinor: row.available,
        recentMinor: recent,
        since: first ?? now,
        startsAt: row.startsAt,
        endsAt: row.endsAt,
      },
      now,
    ),
    waiting: { grants: waitingGrants, amount: waitingAmount },
  }));
};

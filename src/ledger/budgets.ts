/** Budgets as rows and ledger accounts: what the rules in force set aside is paid in from `funding`. */
import type { Sql } from "../db/sql.ts";
import type { Money } from "../money.ts";
import { type Posting, post } from "./ledger.ts";

/** A budget as a rule book names it. */
export interface BudgetTerms {
  id: string;
  amount: Money;
  /** Half-open, instants in UTC; null is without end. */
  from: string | null;
  until: string | null;
  /** Percent. */
  alerts: readonly number[];
  whenEmpty: "wait" | "stop";
}

/** A budget, with what is left of it: nothing of one that no rule names any more. */
export interface BudgetRow {
  id: string;
  currency: string;
  amount_minor: number;
  starts_at: Date | null;
  ends_at: Date | null;
  when_empty: "wait" | "stop";
  /** Not promised to anybody yet, minor units. */
  available: number;
}

/**
 * Brings budgets in line with the rules in force. An amount that was raised is paid in; one that was lowered is taken
 * back as far as it is not promised. Repeating it changes nothing. The caller holds the deciding lock.
 */
export const syncBudgets = async (tx: Sql, budgets: readonly BudgetTerms[]): Promise<void> => {
  await tx.run(
    `insert into budgets (id, amount_minor, currency, starts_at, ends_at, alerts, when_empty, in_force)
     select id, amount_minor, currency, starts_at, ends_at, string_to_array(alerts, ',')::smallint[], when_empty, true
     from unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[])
       as t (id, amount_minor, currency, starts_at, ends_at, alerts, when_empty)
     on conflict (id) do update set amount_minor = excluded.amount_minor, currency = excluded.currency,
       starts_at = excluded.starts_at, ends_at = excluded.ends_at, alerts = excluded.alerts,
       when_empty = excluded.when_empty, in_force = true`,
    [
      budgets.map((each) => each.id),
      budgets.map((each) => each.amount.minor),
      budgets.map((each) => each.amount.currency),
      budgets.map((each) => each.from),
      budgets.map((each) => each.until),
      budgets.map((each) => each.alerts.join(",")),
      budgets.map((each) => each.whenEmpty),
    ],
  );
  await tx.run("update budgets set in_force = false where in_force and id <> all ($1)", [
    budgets.map((each) => each.id),
  ]);
  await post(tx, await dueFunding(tx));
};

/** What must move between `funding` and the budgets. One that no rule names any more keeps only what it has promised. */
const dueFunding = async (tx: Sql): Promise<Posting[]> => {
  const rows = await tx.rows<{ id: string; currency: string; wanted: number; funded: number; left: number; n: number }>(
    `select b.id, a.currency, a.balance_minor as left, f.n,
       case when b.in_force and a.currency = b.currency then b.amount_minor else 0 end as wanted, f.funded
     from budgets b
     join (select code, currency, balance_minor, id from ledger_accounts
           union all
           select 'budget:' || n.id, n.currency, 0, null from budgets n
           where not exists (select from ledger_accounts x where x.code = 'budget:' || n.id and x.currency = n.currency)) a
       on a.code = 'budget:' || b.id
     cross join lateral (
       select coalesce(sum(e.amount_minor), 0)::bigint as funded, count(*)::int as n
       from ledger_entries e join ledger_postings p on p.id = e.posting_id
       where e.account_id = a.id and p.what = 'fund') f
     order by b.id, a.currency`,
  );
  return rows.flatMap(({ id, currency, wanted, funded, left, n }): Posting[] => {
    const account = `budget:${id}` as const;
    const key = `budget/${id}/${currency}/${n}`;
    const common = { key, grantId: null, what: "fund" } as const;
    if (wanted > funded)
      return [{ ...common, from: "funding", to: account, amount: { minor: wanted - funded, currency } }];
    const back = Math.min(funded - wanted, left);
    return back > 0 ? [{ ...common, from: account, to: "funding", amount: { minor: back, currency } }] : [];
  });
};

/** These budgets by id. */
export const budgetsById = async (tx: Sql, ids: readonly string[]): Promise<Map<string, BudgetRow>> => {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<BudgetRow>(
    `select b.id, b.currency, b.amount_minor, b.starts_at, b.ends_at, b.when_empty, coalesce(a.balance_minor, 0) as available
     from budgets b left join ledger_accounts a on a.code = 'budget:' || b.id and a.currency = b.currency
     where b.id = any ($1)`,
    [[...new Set(ids)]],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

import type { Sql } from "../../src/db/sql.ts";

export interface Booking {
  key: string;
  /** Null for what a budget is paid in. */
  grantId: string | null;
  /** ISO 8601. */
  at: string;
  from: string;
  to: string;
  minor: number;
  currency?: string;
}

/** Books a movement at a moment of the past, row by row, as the ledger keeps it. */
export const bookAt = async (
  sql: Sql,
  { key, grantId, at, from, to, minor, currency = "EUR" }: Booking,
): Promise<void> => {
  await sql.run("insert into ledger_accounts (code, currency) values ($1, $3), ($2, $3) on conflict do nothing", [
    from,
    to,
    currency,
  ]);
  await sql.run(
    `with booked as (
       insert into ledger_postings (key, grant_id, what, booked_at) values ($1, $2, 'reserve', $3) returning id
     ), moved as (
       insert into ledger_entries (posting_id, account_id, amount_minor)
       select b.id, a.id, case when a.code = $5 then $6::bigint else -$6::bigint end
       from booked b, ledger_accounts a where a.code in ($4, $5) and a.currency = $7
       returning account_id, amount_minor
     )
     update ledger_accounts a set balance_minor = a.balance_minor + m.amount_minor
     from moved m where m.account_id = a.id and a.code like 'budget:%'`,
    [key, grantId, at, from, to, minor, currency],
  );
};

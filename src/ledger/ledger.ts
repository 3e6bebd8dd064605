/**
 * Double entry, append only. Every movement of money or points is a posting whose entries sum to zero; the database
 * refuses any other. Balances are queries over entries; nothing is ever updated.
 */
import type { Sql } from "../db/sql.ts";
import type { Money } from "../money.ts";

/**
 * - `funding`: where it comes from; goes below zero as rewards are promised and budgets are set aside
 * - `budget:<id>`: set aside and not promised yet; the database refuses to let it go below zero
 * - `reserved`: promised, not yet ordered
 * - `issued`: supplied by a provider
 * - `points:<recipient id>`: the points balance of a recipient
 * - `points_spent`: points that recipients gave for what is offered to them
 * - `clawed_back`: counts against recipients, and not yet recovered from them
 * - `debt:<recipient id>`: below zero by what the recipient owes
 */
export type Account =
  | "funding"
  | "reserved"
  | "issued"
  | "clawed_back"
  | "points_spent"
  | `budget:${string}`
  | `points:${string}`
  | `debt:${string}`;

export interface Posting {
  /** `<grant id>/<what>/<n>`, `budget/<id>/<n>`: the same posting twice is one. */
  key: string;
  /** Null for what is set aside for a budget, and for points that are spent: they pay for a grant, and are not its value. */
  grantId: string | null;
  what:
    | "fund"
    | "reserve"
    | "release"
    | "issue"
    | "join"
    | "reverse"
    | "clawback"
    | "net"
    | "recover"
    | "forgive"
    | "spend"
    | "return";
  from: Account;
  to: Account;
  amount: Money;
}

/** Books these postings; those booked already change nothing, and postings of nothing are left out. */
export const post = async (tx: Sql, postings: readonly Posting[]): Promise<void> => {
  const moving = postings.filter((each) => each.amount.minor > 0);
  if (moving.length === 0) return;
  const accounts = new Map(
    moving.flatMap(({ from, to, amount }) =>
      [from, to].map((code) => [`${code} ${amount.currency}`, [code, amount.currency]] as const),
    ),
  );
  const codes = [...accounts.values()];
  await tx.run(
    "insert into ledger_accounts (code, currency) select * from unnest($1::text[], $2::text[]) order by 1, 2 on conflict do nothing",
    [codes.map(([code]) => code), codes.map(([, currency]) => currency)],
  );
  await tx.run(
    `with told as (
       select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])
         as t (key, grant_id, what, source, target, amount, currency)
     ), booked as (
       insert into ledger_postings (key, grant_id, what) select key, grant_id, what from told
       on conflict do nothing returning id, key
     ), entered as (
       insert into ledger_entries (posting_id, account_id, amount_minor)
       select b.id, a.id, case when a.code = t.target then t.amount else -t.amount end
       from booked b join told t using (key)
       join ledger_accounts a on a.code in (t.source, t.target) and a.currency = t.currency
       returning account_id, amount_minor
     )
     update ledger_accounts a set balance_minor = a.balance_minor + e.amount_minor
     from (select account_id, sum(amount_minor) as amount_minor from entered group by account_id) e
     where a.id = e.account_id and a.code like 'budget:%'`,
    [
      moving.map((each) => each.key),
      moving.map((each) => each.grantId),
      moving.map((each) => each.what),
      moving.map((each) => each.from),
      moving.map((each) => each.to),
      moving.map((each) => each.amount.minor),
      moving.map((each) => each.amount.currency),
    ],
  );
};

/** What an account holds, by currency; accounts without entries are absent. */
export const balance = async (sql: Sql, account: Account): Promise<Money[]> =>
  sql.rows<{ minor: number; currency: string }>(
    `select sum(e.amount_minor)::bigint as minor, a.currency from ledger_accounts a
     join ledger_entries e on e.account_id = a.id where a.code = $1 group by a.currency order by a.currency`,
    [account],
  );

/** Postings that do not balance. Always empty, unless somebody went round the constraint. */
export const unbalanced = (sql: Sql): Promise<{ posting_id: number }[]> =>
  sql.rows(
    `select e.posting_id from ledger_entries e join ledger_accounts a on a.id = e.account_id
     group by e.posting_id, a.currency having sum(e.amount_minor) <> 0`,
  );

import type { Sql } from "../db/sql.ts";

export interface AccountBalance {
  code: string;
  currency: string;
  /** Minor units; what was promised or paid stands below zero in `funding`. */
  minor: number;
}

/** What every account holds, from its entries; accounts without entries are absent. */
export const balances = (sql: Sql): Promise<AccountBalance[]> =>
  sql.rows<AccountBalance>(
    `select a.code, a.currency, sum(e.amount_minor)::bigint as minor
     from ledger_accounts a join ledger_entries e on e.account_id = a.id
     group by a.code, a.currency order by a.code, a.currency`,
  );

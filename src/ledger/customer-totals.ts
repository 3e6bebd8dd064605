import type { Sql } from "../db/sql.ts";
import { SUPPLIED } from "./account-kinds.ts";

/** What one customer was given on one day in one currency, less what was taken back, in minor units. */
export interface CustomerTotal {
  recipientId: string;
  /** Null for somebody who was erased, or whose CRM has none. */
  name: string | null;
  email: string | null;
  /** Local calendar day of the booking. */
  day: string;
  currency: string;
  minor: number;
}

/** Recipients of kind `customer`, between two instants (half-open), by when it was booked. */
export const customerTotals = (sql: Sql, from: Date, until: Date, timeZone: string): Promise<CustomerTotal[]> =>
  sql.rows<CustomerTotal>(
    `select r.id as "recipientId", r.name, r.email, to_char(p.booked_at at time zone $3, 'YYYY-MM-DD') as day, a.currency, sum(e.amount_minor)::bigint as minor
     from ledger_postings p join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
       join grants g on g.id = p.grant_id join recipients r on r.id = g.recipient_id
     where p.booked_at >= $1 and p.booked_at < $2 and ${SUPPLIED} and r.kind = 'customer'
     group by r.id, day, a.currency order by r.name, r.id, day, a.currency`,
    [from, until, timeZone],
  );

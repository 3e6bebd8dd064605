/**
 * What employees were given, for payroll: a gift card to an employee is a wage, however small. Employees are recipients
 * of kind `rep`.
 */
import type { Sql } from "../db/sql.ts";
import { SUPPLIED } from "./account-kinds.ts";

/** One person in one currency. Amounts are minor units. */
export interface PayrollLine {
  recipientId: string;
  /** Null for somebody who was erased, or whose CRM has none. */
  name: string | null;
  email: string | null;
  team: string | null;
  currency: string;
  issued: number;
  takenBack: number;
  /** Issued less taken back: what is a wage. */
  wage: number;
  /** How much of what was issued, in this stretch or before, was redeemed in it. */
  redeemed: number;
  /** Local days on which something was issued or taken back, ascending. */
  valueDates: string[];
  grants: string[];
}

/** Everybody to whom something was issued, from whom something was taken back, or who redeemed, between two instants (half-open). */
export const payroll = (sql: Sql, from: Date, until: Date, timeZone: string): Promise<PayrollLine[]> =>
  sql.rows<PayrollLine>(
    `with supplied as (
       select p.grant_id, to_char(p.booked_at at time zone $3, 'YYYY-MM-DD') as day, a.currency, sum(e.amount_minor) as minor
       from ledger_postings p join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
       where p.booked_at >= $1 and p.booked_at < $2 and ${SUPPLIED} and p.grant_id is not null
       group by p.id, a.currency having sum(e.amount_minor) <> 0
     ), told as (
       select grant_id, currency, day, greatest(minor, 0) as issued, greatest(-minor, 0) as taken_back, 0 as redeemed from supplied
       union all
       select g.id, g.cost_currency, null, 0, 0, g.cost_minor
       from grant_moves v join grants g on g.id = v.grant_id
       where v.to_state = 'redeemed' and v.at >= $1 and v.at < $2
     )
     select r.id as "recipientId", r.name, r.email, r.team, t.currency, sum(t.issued)::bigint as issued,
       sum(t.taken_back)::bigint as "takenBack", sum(t.issued - t.taken_back)::bigint as wage, sum(t.redeemed)::bigint as redeemed,
       coalesce(array_agg(distinct t.day order by t.day) filter (where t.day is not null), '{}') as "valueDates",
       array_agg(distinct t.grant_id::text order by t.grant_id::text) as grants
     from told t join grants g on g.id = t.grant_id join recipients r on r.id = g.recipient_id
     where r.kind = 'rep'
     group by r.id, t.currency order by r.name, r.id, t.currency`,
    [from, until, timeZone],
  );

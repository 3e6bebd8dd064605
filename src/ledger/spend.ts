/** What was spent, from the entries of the ledger: every breakdown adds up to the balances of its accounts. */
import type { Sql } from "../db/sql.ts";
import type { Period } from "../windows.ts";
import { RESERVED, SUPPLIED } from "./account-kinds.ts";

export const spendBreakdowns = ["rule", "kpi", "team", "recipient", "budget", "period"] as const;
export type SpendBreakdown = (typeof spendBreakdowns)[number];

export interface SpendQuery {
  by: SpendBreakdown;
  /** Half-open; by when it was booked. Null: without end. */
  from: Date | null;
  until: Date | null;
  /** Also divided by calendar period of the workspace's zone. `by: period` is monthly where this is null. */
  every: Period | null;
  timeZone: string;
}

/** Amounts are minor units of `currency`. */
export interface SpendRow {
  /** Rule id, KPI, team, recipient id, budget id; null where a grant has none, and for `period`. */
  key: string | null;
  /** The name of a recipient; null for others, and for one who was erased. */
  name: string | null;
  /** First local day of the period; null where it is not divided. */
  period: string | null;
  currency: string;
  /** Added to what is promised, less what was issued or released since. */
  reserved: number;
  issued: number;
  takenBack: number;
  /** Issued less taken back. */
  spent: number;
  /** How many grants were issued. */
  grants: number;
}

const keys: Record<SpendBreakdown, string> = {
  rule: "g.rule_id",
  kpi: "g.kpi",
  team: "g.team",
  recipient: "g.recipient_id::text",
  budget: "g.budget",
  period: "null::text",
};

export const spendBy = (sql: Sql, { by, from, until, every, timeZone }: SpendQuery): Promise<SpendRow[]> =>
  sql.rows<SpendRow>(
    `with moved as (
       select p.grant_id, p.booked_at, a.currency, coalesce(sum(e.amount_minor) filter (where ${RESERVED}), 0) as reserved,
         coalesce(sum(e.amount_minor) filter (where ${SUPPLIED}), 0) as supplied
       from ledger_postings p join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
       where ($1::timestamptz is null or p.booked_at >= $1) and ($2::timestamptz is null or p.booked_at < $2)
       group by p.id, a.currency
     )
     select ${keys[by]} as key, ${by === "recipient" ? "max(r.name)" : "null::text"} as name,
       case when $3::text is null then null
         else to_char(date_trunc($3, m.booked_at at time zone $4), 'YYYY-MM-DD') end as period,
       m.currency, sum(m.reserved)::bigint as reserved, sum(greatest(m.supplied, 0))::bigint as issued,
       sum(greatest(-m.supplied, 0))::bigint as "takenBack", sum(m.supplied)::bigint as spent,
       (count(distinct m.grant_id) filter (where m.supplied > 0))::int as grants
     from moved m left join grants g on g.id = m.grant_id left join recipients r on r.id = g.recipient_id
     where m.reserved <> 0 or m.supplied <> 0
     group by 1, 3, 4 order by period, currency, spent desc, key`,
    [from, until, every ?? (by === "period" ? "month" : null), timeZone],
  );

import type { Sql } from "../../db/sql.ts";

export interface PoolStock {
  pool: string;
  /** Can still be given. */
  free: number;
  given: number;
  /** Never given, and past their last day. */
  expired: number;
}

/** Every pool that ever had a code, by name. */
export const poolStock = (sql: Sql, now: Date): Promise<PoolStock[]> =>
  sql.rows<PoolStock>(
    `select pool,
       count(*) filter (where order_key is null and (expires_on is null or expires_on >= $1::date)) as free,
       count(*) filter (where order_key is not null) as given,
       count(*) filter (where order_key is null and expires_on < $1::date) as expired
     from codes group by pool order by pool`,
    [dayOf(now)],
  );

/** The calendar day in UTC, as `codes.expires_on` is compared with. */
export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

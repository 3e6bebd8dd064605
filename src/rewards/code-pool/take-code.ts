import type { Sql } from "../../db/sql.ts";
import { dayOf } from "./pool-stock.ts";

export interface TakenCode {
  id: number;
  pool: string;
  sealed: Buffer;
}

// One statement: whoever has a code keeps it, everyone else gets the next free one that expires soonest.
const take = (lock: string) => `
  with mine as (
    select id, pool, sealed from codes where order_key = $1
  ), next as (
    select id from codes
    where pool = $2 and order_key is null and (expires_on is null or expires_on >= $3::date) and not exists (select from mine)
    order by expires_on nulls last, id limit 1 for update ${lock}
  ), given as (
    update codes set order_key = $1, given_at = $4 from next where codes.id = next.id
    returning codes.id, codes.pool, codes.sealed
  )
  select * from mine union all select * from given`;

// Fast first: rows that others are taking are skipped. "None left" is then asked once more in line behind them, because
// one of those others may give its row back, or may be this very order in another process.
const takes = [take("skip locked"), take("")];

/** Binds a code of the pool to the order, once. Asked again, it gives the same code. Undefined: the pool has none left. */
export const takeCode = async (sql: Sql, pool: string, orderKey: string, now: Date): Promise<TakenCode | undefined> => {
  for (const statement of takes) {
    try {
      const taken = await sql.row<TakenCode>(statement, [orderKey, pool, dayOf(now), now]);
      if (taken) return taken;
    } catch (error) {
      if (!isSameGrant(error)) throw error;
    }
  }
  return takenBy(sql, orderKey);
};

/** The code that the order already has. */
export const takenBy = (sql: Sql, orderKey: string): Promise<TakenCode | undefined> =>
  sql.row<TakenCode>("select id, pool, sealed from codes where order_key = $1", [orderKey]);

/** `codes.order_key` is unique: the same order was given a code at this very moment by somebody else. */
const isSameGrant = (error: unknown) => error instanceof Error && "code" in error && error.code === "23505";

/** The code goes back to the pool, for another order; one that was never bound changes nothing. */
export const giveBack = (sql: Sql, orderKey: string): Promise<number> =>
  sql.run("update codes set order_key = null, given_at = null where order_key = $1", [orderKey]);

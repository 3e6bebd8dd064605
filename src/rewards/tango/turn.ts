import type { Sql } from "../../db/sql.ts";

const DAY_MS = 86_400_000;

/**
 * Whose turn it is at an account that takes one order every `gapMs`, over all processes. Gives how long this order has to
 * wait, in milliseconds: 0 or a little where it is its turn, which is used up then. Who is told to wait keeps its turn.
 */
export const takeTurn = async (
  sql: Sql,
  turn: { name: string; key: string; gapMs: number; shortMs: number; now: Date },
): Promise<number> => {
  const { name, key, gapMs, shortMs, now } = turn;
  const kept = await sql.row<{ turn_at: Date }>("select turn_at from vendor_turns where name = $1 and key = $2", [
    name,
    key,
  ]);
  const at = kept?.turn_at ?? (await nextTurn(sql, name, gapMs, now));
  const waitMs = Math.max(0, at.getTime() - now.getTime());
  if (waitMs > shortMs)
    // a turn that nobody came for (its grant was cancelled) is forgotten after a day
    await sql.run(
      `with gone as (delete from vendor_turns where name = $1 and turn_at < $4)
       insert into vendor_turns (name, key, turn_at) values ($1, $2, $3) on conflict (name, key) do nothing`,
      [name, key, at, new Date(now.getTime() - DAY_MS)],
    );
  else if (kept) await sql.run("delete from vendor_turns where name = $1 and key = $2", [name, key]);
  return waitMs;
};

const nextTurn = async (sql: Sql, name: string, gapMs: number, now: Date): Promise<Date> => {
  const row = await sql.row<{ turn_at: Date }>(
    `insert into vendor_queues as q (name, free_at) values ($1, $2::timestamptz + $3 * interval '1 ms')
     on conflict (name) do update set free_at = greatest(q.free_at, $2::timestamptz) + $3 * interval '1 ms'
     returning free_at - $3 * interval '1 ms' as turn_at`,
    [name, now, gapMs],
  );
  if (!row) throw new Error("no turn was given");
  return row.turn_at;
};

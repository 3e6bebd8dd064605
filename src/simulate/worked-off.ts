/** Whether the server has done everything that it can do by itself. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "../db/sql.ts";

export interface Backlog {
  deliveries: number;
  events: number;
  orders: number;
  messages: number;
}

/** What waits for the server. Grants that wait for an admin (an empty pool) or for an address do not count, nor do messages in quiet hours. */
export const backlogOf = async (sql: Sql, since: Date): Promise<Backlog> => {
  const row = await sql.row<Backlog>(
    `select (select count(*) from inbox where state = 'received') as deliveries,
       (select count(*) from events where state in ('ready', 'reading') and received_at >= $1) as events,
       (select count(*) from grants where state in ('approved', 'ordering', 'unknown') and waiting is null and granted_at >= $1) as orders,
       (select count(*) from messages where state in ('queued', 'sending') and created_at >= $1
         and (quiet_until is null or quiet_until <= now())) as messages`,
    [since],
  );
  return row ?? { deliveries: 0, events: 0, orders: 0, messages: 0 };
};

export const isEmpty = ({ deliveries, events, orders, messages }: Backlog): boolean =>
  deliveries + events + orders + messages === 0;

/** Waits until nothing is left, or until nothing has moved for `patienceMs`. Returns what is left. */
export const untilWorkedOff = async (
  sql: Sql,
  since: Date,
  options: { patienceMs: number; everyMs: number; onLook?: (backlog: Backlog) => void },
): Promise<Backlog> => {
  let seen = "";
  for (let moved = performance.now(); ; await sleep(options.everyMs)) {
    const backlog = await backlogOf(sql, since);
    options.onLook?.(backlog);
    const now = JSON.stringify(backlog);
    if (now !== seen) moved = performance.now();
    seen = now;
    if (isEmpty(backlog) || performance.now() - moved > options.patienceMs) return backlog;
  }
};

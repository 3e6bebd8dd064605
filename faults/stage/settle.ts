/**
 * Waits until the servers have done everything that they can do by themselves. Leases and pauses last from seconds to an
 * hour: where nothing moves any more, the servers' clocks are moved on instead, further each time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "../../src/db/sql.ts";

export interface Left {
  deliveries: number;
  events: number;
  orders: number;
  messages: number;
  marks: number;
  receipts: number;
}

const LOOK_EVERY_MS = 50;
/** With nothing moving for so long, everything waits for a time. Above the pause between two sweeps. */
const STILL_MS = 1_500;
const FIRST_STEP_MS = 20_000;
const LONGEST_STEP_MS = 3_600_000;
const MOST_STEPS_IN_VAIN = 15;

const leftIn = async (sql: Sql): Promise<Left> => {
  const row = await sql.row<Left>(
    `select (select count(*) from inbox where state = 'received') as deliveries,
       (select count(*) from events where state in ('ready', 'reading')) as events,
       (select count(*) from grants where state in ('held', 'awaiting_approval', 'approved', 'ordering', 'unknown')) as orders,
       (select count(*) from messages where state in ('queued', 'sending')) as messages,
       (select count(*) from grants where (undone_at is not null and undone_done is distinct from undone_at and state in ('issued', 'redeemed'))
          or (undone_at is null and (undone_done is not null or taking_back_at is not null))) as marks,
       (select count(*) from receipts where message_id is null and what = 'state') as receipts`,
  );
  if (!row) throw new Error("nothing was counted");
  return row;
};

const isNothing = (left: Left) => Object.values(left).every((count) => count === 0);

/** What is left once nothing is, or once nothing moves, however late it becomes. `step`: moves the servers' clocks on by so much. */
export const settle = async (sql: Sql, step: (ms: number) => void): Promise<Left> => {
  let seen = "";
  let moved = performance.now();
  let next = FIRST_STEP_MS;
  let inVain = 0;
  for (;;) {
    const left = await leftIn(sql);
    const now = performance.now();
    const shown = JSON.stringify(left);
    if (shown !== seen) {
      moved = now;
      inVain = 0;
    }
    seen = shown;
    if (isNothing(left) || inVain > MOST_STEPS_IN_VAIN) return left;
    if (now - moved > STILL_MS) {
      inVain += 1;
      step(next);
      next = Math.min(LONGEST_STEP_MS, next * 2);
      moved = now;
    }
    await sleep(LOOK_EVERY_MS);
  }
};

/** `3 messages, 1 orders`: for a person; empty where nothing is left. */
export const leftInWords = (left: Left): string =>
  Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");

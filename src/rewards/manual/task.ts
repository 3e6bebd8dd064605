/** Tasks: what a person has to do so that a recipient has their reward. One for each order. */
import { randomUUID } from "node:crypto";
import type { Sql } from "../../db/sql.ts";
import type { OrderRequest } from "../provider.ts";

export const taskStates = ["open", "done", "cannot", "withdrawn"] as const;
/** `withdrawn`: the reward was taken back before anybody had done it. */
export type TaskState = (typeof taskStates)[number];

/** As its recipient may see it. */
export interface TaskView {
  state: TaskState;
  note: string | null;
  trackingUrl: string | null;
}

export interface TaskRow {
  id: string;
  state: TaskState;
}

/** The task of this order, written down the first time. */
export const openTask = async (
  sql: Sql,
  provider: string,
  { key, title, value, recipient }: OrderRequest,
  instructions: string | null,
  now: Date,
): Promise<TaskRow> => {
  await sql.run(
    `insert into reward_tasks (id, provider, order_key, title, instructions, value_minor, currency, recipient_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (order_key) do nothing`,
    [randomUUID(), provider, key, title, instructions, value.minor, value.currency, recipient.id, now],
  );
  const row = await taskUnder(sql, key);
  if (!row) throw new Error(`the task of order ${key} was not stored`);
  return row;
};

export const taskUnder = (sql: Sql, orderKey: string): Promise<TaskRow | undefined> =>
  sql.row<TaskRow>("select id, state from reward_tasks where order_key = $1", [orderKey]);

/** Nobody needs to do it any more. Gives the task as it is now: one that was done stays done. */
export const withdrawTask = async (sql: Sql, orderKey: string, now: Date): Promise<TaskRow | undefined> => {
  await sql.run("update reward_tasks set state = 'withdrawn', closed_at = $2 where order_key = $1 and state = 'open'", [
    orderKey,
    now,
  ]);
  return taskUnder(sql, orderKey);
};

export type Closing =
  | { state: "done"; note: string | null; trackingUrl: string | null }
  | { state: "cannot"; reason: string };

/** A person did it, or says why it cannot be done. False where it was not open any more: nothing was changed then. */
export const closeTask = async (tx: Sql, id: string, closing: Closing, by: string, now: Date): Promise<boolean> => {
  const [note, trackingUrl, reason] =
    closing.state === "done" ? [closing.note, closing.trackingUrl, null] : [null, null, closing.reason];
  const closed = await tx.run(
    `update reward_tasks set state = $2, closed_at = $3, closed_by = $4, note = $5, tracking_url = $6, reason = $7
     where id = $1 and state = 'open'`,
    [id, closing.state, now, by, note, trackingUrl, reason],
  );
  return closed > 0;
};

/** For the recipient's page; undefined for a task that is not there. */
export const taskOf = (sql: Sql, id: string): Promise<TaskView | undefined> =>
  sql.row<TaskView>('select state, note, tracking_url as "trackingUrl" from reward_tasks where id = $1', [id]);

/** What was written to people who asked to be forgotten goes; that there was a task stays. */
export const forgetTasks = (tx: Sql): Promise<number> =>
  tx.run(
    `update reward_tasks t set note = null, tracking_url = null from recipients r
     where r.id = t.recipient_id and r.erased_at is not null and (t.note is not null or t.tracking_url is not null)`,
  );

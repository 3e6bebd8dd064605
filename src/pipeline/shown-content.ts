/** What a recipient sees of what an order supplied: sealed content as it is, a task with what was done about it. */
import type { Sql } from "../db/sql.ts";
import { type TaskState, type TaskView, taskOf } from "../rewards/index.ts";
import type { RewardContent } from "../rewards/provider.ts";

export type ShownContent = Exclude<RewardContent, { kind: "task" }> | ({ kind: "task" } & TaskView);

export const shownContent = async (sql: Sql, content: RewardContent): Promise<ShownContent> => {
  if (content.kind !== "task") return content;
  const task = await taskOf(sql, content.task);
  return { kind: "task", ...(task ?? { state: "open", note: null, trackingUrl: null }) };
};

/** How far the present order of a grant is, where a person hands it over; undefined where nobody does. */
export const taskStateOf = async (sql: Sql, grantId: string): Promise<TaskState | undefined> =>
  (
    await sql.row<{ state: TaskState }>(
      `select t.state from orders o join reward_tasks t on t.order_key = o.request ->> 'key' where o.grant_id = $1`,
      [grantId],
    )
  )?.state;

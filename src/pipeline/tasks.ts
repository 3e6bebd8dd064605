/** Rewards that a person hands over: what there is to do, and what somebody did about it, under their name. */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import type { Money } from "../money.ts";
import { closeTask, type TaskState } from "../rewards/index.ts";
import { sameAddress, type User, userWithEmail } from "../users.ts";
import { wording } from "../wordings.ts";
import type { Corridor } from "./corridor.ts";
import { aboutColumn, loadGrant } from "./grant-view.ts";
import { queueMessage } from "./notify-channel.ts";
import { loseGrant } from "./settle-lost.ts";
import { tidyText } from "./tidy-text.ts";

/** Instants are ISO 8601 in UTC. */
export interface Task {
  id: string;
  state: TaskState;
  /** The reward, as its recipient reads it. */
  title: string;
  instructions: string | null;
  value: Money;
  recipient: { id: string; name: string | null; email: string | null; phone: string | null };
  /** Null for one that belongs to an order of before. */
  grant: { id: string; rule: string; subject: string } | null;
  createdAt: string;
  closedAt: string | null;
  closedBy: { email: string; name: string } | null;
  note: string | null;
  trackingUrl: string | null;
  reason: string | null;
}

interface Row {
  id: string;
  state: TaskState;
  title: string;
  instructions: string | null;
  value_minor: number;
  currency: string;
  recipient_id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  grant_id: string | null;
  rule_id: string | null;
  subject: string | null;
  created_at: Date;
  closed_at: Date | null;
  closed_by: string | null;
  note: string | null;
  tracking_url: string | null;
  reason: string | null;
}

/** Oldest first. `after`: only those after this one. */
export const listTasks = async (
  corridor: Corridor,
  { state, after, limit }: { state?: TaskState | undefined; after?: string | undefined; limit: number },
): Promise<Task[]> => {
  const rows = await corridor.database.rows<Row>(
    `select t.*, r.name, r.email, r.phone, g.id as grant_id, g.rule_id, ${aboutColumn} as subject
     from reward_tasks t join recipients r on r.id = t.recipient_id
     left join orders o on o.request ->> 'key' = t.order_key
     left join grants g on g.id = o.grant_id left join milestones m on m.id = g.milestone_id
     where ($1::text is null or t.state = $1)
       and ($2::uuid is null or (t.created_at, t.id) > (select created_at, id from reward_tasks where id = $2))
     order by t.created_at, t.id limit $3`,
    [state ?? null, after ?? null, limit],
  );
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    title: row.title,
    instructions: row.instructions,
    value: { minor: row.value_minor, currency: row.currency },
    recipient: { id: row.recipient_id, name: row.name, email: row.email, phone: row.phone },
    grant: row.grant_id === null ? null : { id: row.grant_id, rule: row.rule_id ?? "", subject: row.subject ?? "" },
    createdAt: row.created_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    closedBy: row.closed_by === null ? null : { email: row.closed_by, name: nameOf(corridor, row.closed_by) },
    note: row.note,
    trackingUrl: row.tracking_url,
    reason: row.reason,
  }));
};

export type TaskDecision =
  | { state: "done"; note: string | null; trackingUrl: string | null }
  | { state: "cannot"; reason: string };

export type TaskClosed =
  | { ok: true; id: string; state: "done" | "cannot" }
  | {
      ok: false;
      id: string;
      code: "not_found" | "own" | "not_yours" | "closed" | "not_yet" | "no_reason" | "too_long" | "bad_address";
      message: string;
    };

const LONGEST = 1_000;
const LONGEST_ADDRESS = 2_000;

/** Whether somebody may close tasks. */
export const mayDoTasks = ({ roles }: Pick<User, "roles">): boolean =>
  roles.has("admin") || roles.has("editor") || roles.has("approver");

/** Somebody did a task, or says why it cannot be done. A refusal says what was found and what was expected, and changes nothing. */
export const decideTask = async (
  corridor: Corridor,
  user: User,
  id: string,
  decision: TaskDecision,
): Promise<TaskClosed> => {
  if (!mayDoTasks(user))
    return {
      ok: false,
      id,
      code: "not_yours",
      message: `Found ${user.name} (${[...user.roles].join(", ")}), expected somebody with the role editor, approver or admin.`,
    };
  const { result, message } = await corridor.database.transaction((tx) => work(corridor, tx, user, id, decision));
  if (message) await corridor.doorbell.ring("notify", [message]).catch(() => {});
  return result;
};

const work = async (
  corridor: Corridor,
  tx: Sql,
  user: User,
  id: string,
  decision: TaskDecision,
): Promise<{ result: TaskClosed; message?: string | undefined }> => {
  const refuse = (code: Extract<TaskClosed, { ok: false }>["code"], message: string) => ({
    result: { ok: false, id, code, message } as const,
  });
  const words = tidyText((decision.state === "done" ? decision.note : decision.reason) ?? "");
  if (decision.state === "cannot" && words === "")
    return refuse("no_reason", "Found no reason, expected one: the recipient reads it.");
  if (words.length > LONGEST)
    return refuse("too_long", `Found a text of ${words.length} characters, expected at most ${LONGEST}.`);
  const trackingUrl = decision.state === "done" ? decision.trackingUrl : null;
  if (trackingUrl !== null && !isWebUrl(trackingUrl))
    return refuse("bad_address", "Found no web address to follow it at, expected one that starts with https://.");

  // the grant is locked before its task, as every other step does
  const order = await tx.row<{ grant_id: string }>(
    "select o.grant_id from reward_tasks t join orders o on o.request ->> 'key' = t.order_key where t.id = $1",
    [id],
  );
  const grant = order && (await loadGrant(tx, order.grant_id, { lock: true }));
  const task = await tx.row<{ state: TaskState; closed_at: Date | null; closed_by: string | null }>(
    "select state, closed_at, closed_by from reward_tasks where id = $1 for update",
    [id],
  );
  if (!task) return refuse("not_found", `Found no task ${id}, expected the id of one that the list shows.`);
  if (grant && sameAddress(user.email, grant.recipient.email))
    return refuse("own", "This is a reward of your own: somebody else has to hand it over.");
  if (task.state !== "open") return refuse("closed", becameOf(corridor, task));
  if (grant?.state !== "issued" || grant.taking_back_at)
    return refuse(
      "not_yet",
      "Found a reward that is just being written down or taken back, expected one that stands. Try again in a minute.",
    );

  const now = corridor.now();
  const closing =
    decision.state === "done"
      ? ({ state: "done", note: words || null, trackingUrl } as const)
      : ({ state: "cannot", reason: words } as const);
  await closeTask(tx, id, closing, user.email, now);
  const result = { ok: true, id, state: closing.state } as const;
  if (closing.state === "cannot")
    return {
      result,
      message: await loseGrant(corridor, tx, grant, {
        actor: user.email,
        why: { words: `cannot be handed over: ${words}`, wording: wording("no_handing_over", { why: words }) },
      }),
    };
  // it stays issued: the row says who handed it over, and when
  await moveGrants(tx, [
    { grantId: grant.id, from: null, to: "issued", actor: user.email, why: "handed over or sent off" },
  ]);
  return { result, message: grant.undone_at ? undefined : await queueMessage(corridor, tx, grant, "ready") };
};

const becameOf = (
  corridor: Corridor,
  { state, closed_at, closed_by }: { state: TaskState; closed_at: Date | null; closed_by: string | null },
): string => {
  const at = closed_at ? ` on ${closed_at.toISOString()}` : "";
  if (state === "withdrawn") return `This was withdrawn${at}: the reward was taken back.`;
  const by = closed_by === null ? "Somebody" : nameOf(corridor, closed_by);
  return state === "done" ? `${by} has done this${at}.` : `${by} found that this cannot be done${at}.`;
};

const nameOf = ({ users }: Corridor, email: string): string => userWithEmail(users, email)?.name ?? email;

const isWebUrl = (text: string): boolean =>
  text.length <= LONGEST_ADDRESS && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

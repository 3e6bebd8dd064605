/**
 * Keeps the queue of approvals true to the grants: whoever moves a grant to `awaiting_approval` need not know of it. Called by
 * the sweeper, and before anybody looks or decides.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import { ADMINS, MANAGER } from "../users.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { loadGrant } from "./grant-view.ts";
import { queueMessage } from "./notify-channel.ts";

const BATCH = 500;
/** Somebody of whom no manager is known would wait for nobody: the admins are asked. */
const groupOf = `case when g.approval_by = '${MANAGER}' and r.manager is null then '${ADMINS}' else coalesce(g.approval_by, '${ADMINS}') end`;

/** Opens, withdraws and expires what is due; the messages about it are rung for. */
export const keepApprovals = async (corridor: Corridor): Promise<void> => {
  await openApprovals(corridor.database, corridor.now());
  const messages = await expireApprovals(corridor);
  await corridor.doorbell.ring("notify", messages).catch(() => {});
};

/**
 * One open approval for each grant that waits for one, and none for the others. A grant that came to wait again (another
 * deadline, other approvers), or that is worth something else by now, gets a new one: nobody approves what they did not
 * see. The same call twice changes nothing.
 */
export const openApprovals = async (tx: Sql, now: Date): Promise<void> => {
  await tx.run(
    `update approvals a set state = 'withdrawn', decided_at = $1, reason = 'the reward no longer waits for this decision'
     from grants g join recipients r on r.id = g.recipient_id
     where g.id = a.grant_id and a.kind = 'grant' and a.state = 'open'
       and (g.state <> 'awaiting_approval' or g.approval_until is distinct from a.expires_at
         or ${groupOf} <> a.approver_group
         or g.value_minor <> a.asked_minor or g.currency <> a.asked_currency)`,
    [now],
  );
  await tx.run(
    `insert into approvals (kind, grant_id, approver_group, asked_minor, asked_currency, requested_at, expires_at)
     select 'grant', g.id, ${groupOf}, g.value_minor, g.currency, $1, g.approval_until
     from grants g join recipients r on r.id = g.recipient_id
     where g.state = 'awaiting_approval'
       and not exists (select from approvals a where a.grant_id = g.id and a.kind = 'grant' and a.state = 'open')
     order by g.granted_at, g.id
     on conflict do nothing`,
    [now],
  );
};

/** Grants on which nobody decided in time end as `expired`. Returns the messages that tell of it. */
const expireApprovals = ({ database, ...rest }: Corridor): Promise<string[]> =>
  database.transaction(async (tx) => {
    const corridor = { database, ...rest };
    const now = corridor.now();
    const late = await tx.rows<{ grant_id: string; expires_at: Date }>(
      `select g.id as grant_id, a.expires_at from approvals a join grants g on g.id = a.grant_id
       where a.kind = 'grant' and a.state = 'open' and a.expires_at <= $1 and g.state = 'awaiting_approval'
       order by g.id limit $2 for no key update of g skip locked`,
      [now, BATCH],
    );
    const moved = await moveGrants(
      tx,
      late.map(({ grant_id, expires_at }) => ({
        grantId: grant_id,
        from: "awaiting_approval",
        to: "expired",
        actor: "settle",
        why: reason("nobody_decided", { at: expires_at.toISOString() }),
      })),
    );
    const ids = [...moved];
    if (ids.length === 0) return [];
    await tx.run(
      "update approvals set state = 'expired', decided_at = $2 where grant_id = any ($1) and kind = 'grant' and state = 'open'",
      [ids, now],
    );
    await freeGrants(tx, ids);
    corridor.telemetry.grant("expired", ids.length);
    return tellOf(corridor, tx, ids, "expired");
  });

/** Queues one message for each of these grants; returns their ids. */
export const tellOf = async (
  corridor: Corridor,
  tx: Sql,
  grantIds: readonly string[],
  kind: "declined" | "expired",
): Promise<string[]> => {
  const messages: string[] = [];
  for (const id of grantIds) {
    const grant = await loadGrant(tx, id);
    const message = grant && (await queueMessage(corridor, tx, grant, kind));
    if (message) messages.push(message);
  }
  return messages;
};

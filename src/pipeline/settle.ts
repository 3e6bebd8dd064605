/**
 * Step 6, for now the sweeper: rings again for rows that wait too long, so that a crash between commit and ring, a wiped
 * queue, a refilled pool or an address that appears later lose nothing, and for grants whose mark of being due changed.
 */

import { keepApprovals } from "./approvals-keep.ts";
import { checkBudgets } from "./budget-alerts.ts";
import type { Corridor } from "./corridor.ts";
import { loadGrant } from "./grant-view.ts";
import { kindOf, NOT_WANTED, queueMessage, UNREACHABLE } from "./notify-channel.ts";
import { settlePauses } from "./pause-sweep.ts";
import { endOldQuiet } from "./quiet-until.ts";
import { settleSenders } from "./sender-sweep.ts";
import { sweepOutgoing } from "./tell-sweep.ts";
import { sweepWriteBacks } from "./write-back-sweep.ts";

const BATCH = 500;
/** A row that was just written has been rung for; only one that still waits after this is rung for again. */
const PATIENCE_MS = 3_000;

export interface Swept {
  grants: number;
  messages: number;
  reached: number;
  undone: number;
  told: number;
  written: number;
}

/** Grants that were ordered, and whose mark of being due says something else than what was done about it, or whose order is in doubt. */
const MARK_CHANGED = `
  select id from grants where undone_at is not null and undone_done is distinct from undone_at and state in ('issued', 'redeemed')
  union all
  select id from grants where undone_at is null and (state = 'clawed_back' or undone_done is not null or taking_back_at is not null)
  union all
  select d.grant_id from debts d join grants g on g.id = d.grant_id
  where g.state = 'cancelled' and g.clawback and held_through(g.id) > 0
  union all
  select o.grant_id from orders o join grants g on g.id = o.grant_id
  where o.doubted_at is not null and g.state = 'issued' and g.undone_at is null and g.taking_back_at is null`;

/** One round. The rows that it rings for are not rung for again within `PATIENCE_MS`. */
export const sweep = async (corridor: Corridor): Promise<Swept> => {
  const { database, doorbell, now } = corridor;
  await checkBudgets(corridor);
  await settlePauses(corridor);
  await settleSenders(corridor);
  await keepApprovals(corridor);
  await endOldQuiet(database, corridor, new Date(now().getTime() - PATIENCE_MS));
  const before = new Date(now().getTime() - PATIENCE_MS);
  const grants = await database.rows<{ id: string }>(
    `update grants set not_before = $2 where id in (
       select id from grants where state in ('approved', 'ordering', 'unknown') and not_before <= $1 order by not_before limit $3 for update skip locked)
     returning id`,
    [before, now(), BATCH],
  );
  const messages = await database.rows<{ id: string }>(
    `update messages set not_before = $2 where id in (
       select id from messages where state in ('queued', 'sending') and not_before <= $1 order by not_before limit $3 for update skip locked)
     returning id`,
    [before, now(), BATCH],
  );
  const undone = await database.rows<{ id: string }>(
    `update grants set not_before = $2 where id in (
       select id from grants where not_before <= $1 and id in (${MARK_CHANGED})
       order by id limit $3 for update skip locked)
     returning id`,
    [before, now(), BATCH],
  );
  const reached = await reachable(corridor);
  await doorbell.ring(
    "fulfil",
    grants.map((row) => row.id),
  );
  await doorbell.ring("notify", [...messages.map((row) => row.id), ...reached]);
  await doorbell.ring(
    "undo",
    undone.map((row) => row.id),
  );
  const told = await sweepOutgoing(corridor);
  const written = await sweepWriteBacks(corridor);
  return {
    told,
    written,
    undone: undone.length,
    grants: grants.length,
    messages: messages.length,
    reached: reached.length,
  };
};

/** Grants of which their recipient could not be told, and now has an address. */
const reachable = async (corridor: Corridor): Promise<string[]> => {
  const candidates = await corridor.database.rows<{ id: string }>(
    `select g.id from grants g join recipients r on r.id = g.recipient_id
     where g.state in ('issued', 'declined', 'expired') and (g.waiting like $1 or g.waiting like $4) and r.erased_at is null
       and g.reach_at <= $3 and ((g.notify && array['email', 'slack', 'teams'] and r.email is not null)
         or (g.notify && array['sms', 'whatsapp'] and r.phone is not null)
         or ('push' = any (g.notify) and exists (select from push_subscriptions p where p.recipient_id = r.id)))
     order by g.granted_at limit $2`,
    [`${UNREACHABLE}%`, BATCH, corridor.now(), `${NOT_WANTED}%`],
  );
  const queued: string[] = [];
  for (const { id } of candidates) {
    const message = await corridor.database.transaction(async (tx) => {
      const grant = await loadGrant(tx, id, { lock: true });
      const kind = grant && kindOf(grant.state);
      const untold = [UNREACHABLE, NOT_WANTED].some((words) => grant?.waiting?.startsWith(words));
      return kind && untold ? queueMessage(corridor, tx, grant, kind) : undefined;
    });
    if (message) queued.push(message);
  }
  return queued;
};

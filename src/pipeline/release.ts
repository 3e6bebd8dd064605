/**
 * Rewards that wait for time or money. The only part of deciding that looks at the clock: a hold that has come to its
 * end is released, and a budget that has money again pays those who waited for it, oldest first.
 */
import type { Sql } from "../db/sql.ts";
import { type Move, moveGrants } from "../ledger/grant-states.ts";
import { post } from "../ledger/ledger.ts";
import { reason } from "../ledger/move-reasons.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { takeDecidingLock } from "./decide-lock.ts";

const BATCH = 200;

/** One round. Returns the grants that are to be ordered now. */
export const releaseWaiting = async (corridor: Corridor, now = corridor.now()): Promise<string[]> => {
  const { database } = corridor;
  // nearly always there is nothing to do, and then nobody is kept waiting for the lock
  const some = await database.row(
    `select from grants g where state = 'held' and (
       (not unfunded and release_at <= $1)
       or (unfunded and (
         exists (select from ledger_accounts a where a.code = 'budget:' || g.budget and a.currency = g.cost_currency
           and a.balance_minor >= g.cost_minor)
         or exists (select from budgets b where b.id = g.budget and b.ends_at <= $1)))) limit 1`,
    [now],
  );
  if (!some) return [];
  return database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    await endOutsideOfBudget(corridor, tx, now);
    await fundWaiting(tx);
    return releaseHeld(corridor, tx, now);
  });
};

interface HeldRow {
  id: string;
  approval_by: string | null;
  approval_days: number | null;
}

/**
 * Releases the holds that ended by `now`, but not one whose record has news that are not decided yet: they may undo it. Nor
 * one of a connection with deliveries from before its end that nobody has unpacked; those that came later do not keep it,
 * or a busy CRM would hold it for ever. Nor one on a metric while a window that ended by then is not judged. The caller holds
 * the deciding lock.
 */
export const releaseHeld = async (corridor: Corridor, tx: Sql, now: Date): Promise<string[]> => {
  const rows = await tx.rows<HeldRow>(
    `select g.id, g.approval_by, g.approval_days from grants g join milestones m on m.id = g.milestone_id
     where g.state = 'held' and not g.unfunded and (g.release_at is null or g.release_at <= $1)
       and not exists (select from events e where e.connection = m.connection and e.subject_kind = m.subject_kind
         and e.subject_id = m.subject_id and e.state in ('reading', 'ready'))
       and (m.subject_kind <> 'metric' or not exists (
         select from window_turns t where t.state = 'open' and t.ended_at <= coalesce(g.release_at, g.granted_at)))
       and not exists (select from inbox i where i.connection = m.connection and i.state = 'received'
         and i.received_at <= coalesce(g.release_at, g.granted_at))
     order by g.release_at, g.id limit $2 for no key update of g`,
    [now, BATCH],
  );
  if (rows.length === 0) return [];
  const moves = rows.map(({ id, approval_by }): Move => {
    const to = approval_by === null ? "approved" : "awaiting_approval";
    return { grantId: id, from: "held", to, actor: "release", why: reason("hold_ended") };
  });
  const moved = await moveGrants(tx, moves);
  await tx.run(
    `update grants g set not_before = $2::timestamptz,
       approval_until = case when g.state = 'awaiting_approval' then $2::timestamptz + make_interval(days => g.approval_days) end
     where g.id = any ($1)`,
    [[...moved], now],
  );
  for (const { to } of moves) corridor.telemetry.grant(to);
  return moves.filter((move) => move.to === "approved" && moved.has(move.grantId)).map((move) => move.grantId);
};

/** Who waits for a budget that has ended waits in vain. */
const endOutsideOfBudget = async (corridor: Corridor, tx: Sql, now: Date): Promise<void> => {
  const rows = await tx.rows<{ id: string; budget: string }>(
    `select g.id, g.budget from grants g join budgets b on b.id = g.budget
     where g.unfunded and g.state = 'held' and b.ends_at <= $1 order by g.id limit $2 for no key update of g`,
    [now, BATCH],
  );
  const moves = rows.map(
    ({ id, budget }): Move => ({
      grantId: id,
      from: "held",
      to: "cancelled",
      actor: "release",
      why: reason("budget_ended", { budget }),
    }),
  );
  await freeGrants(tx, [...(await moveGrants(tx, moves))]);
  for (const { to } of moves) corridor.telemetry.grant(to);
};

/**
 * Reserves for those who wait, oldest first, as far as each budget goes; one that is too large is passed over. Returns for
 * how many. The caller holds the deciding lock.
 */
export const fundWaiting = async (tx: Sql): Promise<number> => {
  const rows = await tx.rows<{ id: string; budget: string; minor: number; currency: string; left: number; n: number }>(
    `select g.id, g.budget, g.cost_minor as minor, g.cost_currency as currency, a.balance_minor as left,
       (select count(*) from ledger_postings p where p.grant_id = g.id)::int as n
     from grants g join ledger_accounts a on a.code = 'budget:' || g.budget and a.currency = g.cost_currency
     join milestones m on m.id = g.milestone_id
     where g.unfunded and g.state = 'held' and g.cost_minor <= a.balance_minor
     order by g.granted_at, m.occurred_at, g.id limit $1 for no key update of g`,
    [BATCH],
  );
  const left = new Map<string, number>();
  const funded = rows.filter((row) => {
    const account = `${row.budget} ${row.currency}`;
    const rest = (left.get(account) ?? row.left) - row.minor;
    if (rest < 0) return false;
    left.set(account, rest);
    return true;
  });
  if (funded.length === 0) return 0;
  await post(
    tx,
    funded.map(({ id, budget, minor, currency, n }) => ({
      key: `${id}/reserve/funded/${n}`,
      grantId: id,
      what: "reserve",
      from: `budget:${budget}`,
      to: "reserved",
      amount: { minor, currency },
    })),
  );
  return tx.run("update grants set unfunded = false, waiting = null where id = any ($1)", [funded.map(({ id }) => id)]);
};

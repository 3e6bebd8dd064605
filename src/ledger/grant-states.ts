/** The life of a grant, as one table. A move that is not in it is a fault of ours, and throws. */
import type { Sql } from "../db/sql.ts";
import { type MoveReason, moveReasonInWords } from "./move-reasons.ts";

export const grantStates = [
  "shadow",
  "held",
  "awaiting_approval",
  "approved",
  "ordering",
  "unknown",
  "issued",
  "redeemed",
  "expired",
  "cancelled",
  "declined",
  "failed",
  "clawed_back",
] as const;
export type GrantState = (typeof grantStates)[number];

/**
 * From each state, where it may go. `cancelled → approved`: the change that undid it was undone itself.
 * `failed → approved`: a person corrected what the provider refused. `approved → issued`: all of it paid a debt, nothing is
 * ordered. `issued → failed`: it is due, and whoever supplies it took it back or cannot get it. `clawed_back` leads back to what it was, or to `approved` where part of it has to be paid out again.
 */
export const allowedMoves: Record<GrantState, readonly GrantState[]> = {
  shadow: ["cancelled"],
  held: ["awaiting_approval", "approved", "cancelled"],
  awaiting_approval: ["approved", "declined", "cancelled", "expired"],
  approved: ["ordering", "issued", "cancelled"],
  ordering: ["issued", "approved", "unknown", "failed"],
  unknown: ["issued", "ordering", "failed"],
  issued: ["redeemed", "expired", "cancelled", "clawed_back", "failed"],
  redeemed: ["clawed_back"],
  expired: [],
  cancelled: ["approved", "shadow", "held", "awaiting_approval"],
  declined: [],
  failed: ["approved"],
  clawed_back: ["issued", "redeemed", "approved"],
};

export interface Move {
  grantId: string;
  from: GrantState | null;
  to: GrantState;
  /** The step or person that moves it. */
  actor: string;
  /** For people: a reason of ours, or what a person or a vendor said, in their words. */
  why: string | MoveReason;
}

/**
 * Moves grants and writes each move as a row. A grant that is no longer in `from` (another process was quicker) stays as it
 * is and is not among the returned ids. New grants (`from` null) only get their row.
 */
export const moveGrants = async (tx: Sql, moves: readonly Move[]): Promise<Set<string>> => {
  for (const { grantId, from, to } of moves)
    if (from !== null && !allowedMoves[from].includes(to))
      throw new Error(`grant ${grantId} cannot move from ${from} to ${to}`);
  if (moves.length === 0) return new Set();
  const rows = await tx.rows<{ grant_id: string }>(
    `with wanted as (
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
         as t (id, from_state, to_state, actor, why, code, vals)
     ), moved as (
       update grants g set state = w.to_state, waiting = null from wanted w
       where g.id = w.id and w.from_state is not null and g.state = w.from_state returning g.id
     )
     insert into grant_moves (grant_id, from_state, to_state, actor, why, why_code, why_values)
     select w.id, w.from_state, w.to_state, w.actor, w.why, w.code, w.vals from wanted w
     where w.from_state is null or w.id in (select id from moved)
     returning grant_id`,
    [
      moves.map((each) => each.grantId),
      moves.map((each) => each.from),
      moves.map((each) => each.to),
      moves.map((each) => each.actor),
      moves.map(({ why }) => (typeof why === "string" ? why : moveReasonInWords(why))),
      moves.map(({ why }) => (typeof why === "string" ? null : why.code)),
      moves.map(({ why }) => (typeof why === "string" ? null : kept(why))),
    ],
  );
  return new Set(rows.map((row) => row.grant_id));
};

const kept = ({ values, again }: MoveReason) => JSON.stringify({ values, ...(again ? { again } : {}) });

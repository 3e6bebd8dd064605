/**
 * A person takes back a grant. What was not ordered yet is cancelled; what was goes the way of every reward that is not due any
 * more (see settle-undone.ts), and where that leads nowhere the grant stays as it was, and the person is told why.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { type MoveReason, moveReasonOf, reason } from "../ledger/move-reasons.ts";
import { undoneByHand, undoneInWords } from "../ledger/undone.ts";
import { inWords, isWording } from "../wordings.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { movable } from "./decide-stored.ts";
import { dropUnplacedOrders } from "./decide-write.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { type Hand, type HandRefused, mayNot, reasonGiven, refusedByHand } from "./hand.ts";
import { settleUndone } from "./settle-undone.ts";

export type TakenBack = { ok: true; state: GrantView["state"]; said: string } | HandRefused;

/** Repeating it does no harm: one that is on its way back is refused, and goes on. */
export const takeBack = async (corridor: Corridor, grantId: string, hand: Hand): Promise<TakenBack> => {
  const because = reasonGiven(hand);
  if (typeof because !== "string") return because;
  const begun = await corridor.database.transaction((tx) => begin(corridor, tx, grantId, hand, because));
  if (begun !== "asked") return begun;
  await settleUndone(corridor, grantId);
  return whatCameOf(corridor, grantId);
};

const begin = async (
  corridor: Corridor,
  tx: Sql,
  grantId: string,
  hand: Hand,
  because: string,
): Promise<TakenBack | "asked"> => {
  const grant = await loadGrant(tx, grantId, { lock: true });
  if (!grant) return refusedByHand("not_found", `found no grant ${grantId}, expected one that the list shows`);
  const refused = mayNot(hand, grant);
  if (refused) return refused;
  const { state } = grant;
  if (grant.undone_at)
    return refusedByHand(
      "not_due",
      `it is not due any more already, since ${undoneInWords(grant.undone_why ?? "correction")}${grant.waiting ? ` (${grant.waiting})` : ""}`,
    );
  const undone = undoneByHand(because);
  const mark = () =>
    tx.run(`update grants set taken_by = $2, undone_at = $3, undone_why = $4 where id = $1`, [
      grantId,
      hand.name,
      corridor.now(),
      undone,
    ]);
  if (movable.has(state) && state !== "shadow") {
    await moveGrants(tx, [
      { grantId, from: state, to: "cancelled", actor: hand.name, why: reason("undone", { undone }) },
    ]);
    await dropUnplacedOrders(tx, [grantId]);
    await freeGrants(tx, [grantId]);
    await mark();
    corridor.telemetry.grant("cancelled");
    return { ok: true, state: "cancelled", said: "Cancelled: it was not ordered yet, and its money is free again." };
  }
  if (state !== "issued" && state !== "redeemed" && state !== "ordering" && state !== "unknown")
    return refusedByHand("state", `found a grant that is ${state}, expected one that was given or is about to be`);
  await mark();
  await moveGrants(tx, [
    { grantId, from: null, to: state, actor: hand.name, why: reason("take_back_asked", { undone }) },
  ]);
  return "asked";
};

const whatCameOf = async ({ database }: Corridor, grantId: string): Promise<TakenBack> => {
  const grant = await loadGrant(database, grantId);
  if (!grant) throw new Error(`grant ${grantId} is gone`);
  const { state } = grant;
  if (state === "cancelled")
    return { ok: true, state, said: "Taken back: nothing of it is left, and its money is free again." };
  if (state === "clawed_back")
    return { ok: true, state, said: "It cannot be taken back: its recipient owes it, and later rewards pay it." };
  if (!grant.taken_by) return refusedByHand("stays", await whyItStays(database, grantId));
  const under = state === "ordering" || state === "unknown";
  return {
    ok: true,
    state,
    said: under
      ? "It is being ordered: as soon as that is settled, it is taken back."
      : `Its provider was asked, and has not answered yet${grant.waiting ? ` (${grant.waiting})` : ""}: it goes on by itself.`,
  };
};

const whyItStays = async (sql: Sql, grantId: string): Promise<string> => {
  const row = await sql.row<{ code: string | null; details: MoveReason }>(
    `select why_code as code, why_values as details from grant_moves
     where grant_id = $1 and why_code = 'not_taken_back' order by id desc limit 1`,
    [grantId],
  );
  const why = moveReasonOf(row?.code ?? null, row?.details)?.values.detail ?? "";
  const detail = isWording(why) ? inWords(why) : String(why);
  return `it cannot be taken back, since ${detail}, and its rule has no \`clawback: true\`: it stays with its recipient`;
};

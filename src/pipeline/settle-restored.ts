/**
 * A grant that became a debt and is due again: what is still owed from it is written off, and what later rewards paid of it
 * is paid out again, so that the recipient has exactly one reward.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import { worded, wording } from "../wordings.ts";
import type { Corridor } from "./corridor.ts";
import { debtsOfGrant, forgive, heldThrough, lockRecipient } from "./debts.ts";
import { waitUntil } from "./fulfil-refused.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { movePastOrder } from "./past-orders.ts";
import { reserveAgain } from "./reserve-again.ts";
import { STAYS } from "./settle-undone.ts";
import { tellUntold } from "./tell-untold.ts";

const A_MINUTE = 60_000;

/** One grant. Does nothing for one that has no debt and was told of, or is not due. Safe to repeat after a crash. */
export const settleRestored = async (corridor: Corridor, grantId: string): Promise<void> => {
  const now = corridor.now();
  const { order, message } = await corridor.database.transaction(async (tx): Promise<Restored> => {
    const grant = await loadGrant(tx, grantId, { lock: true });
    if (!grant || grant.undone_at || grant.not_before > now) return {};
    if (grant.state === "clawed_back") return { order: await restore(corridor, tx, grant, now) };
    if (!grant.undone_done || grant.taking_back_at) return {};
    // it stayed with its recipient all the time: the remark goes, and who does not know of it yet is told
    await tx.run(
      "update grants set undone_done = null, waiting = nullif(regexp_replace(waiting, $2, ''), '') where id = $1",
      [grantId, `(; )?${STAYS}: .*`],
    );
    return { message: grant.state === "issued" ? await tellUntold(corridor, tx, grant) : undefined };
  });
  if (order) await corridor.doorbell.ring("fulfil", [grantId]).catch(() => {});
  if (message) await corridor.doorbell.ring("notify", [message]).catch(() => {});
};

interface Restored {
  order?: boolean;
  message?: string | undefined;
}

/** Gives whether something is to be ordered. */
const restore = async (corridor: Corridor, tx: Sql, grant: GrantView, now: Date): Promise<boolean> => {
  const { id: grantId, cost, recipient } = grant;
  await lockRecipient(tx, recipient.id);
  const debts = await debtsOfGrant(tx, grantId);
  const until = new Date(now.getTime() + A_MINUTE);
  if (debts.some((debt) => debt.promised_minor > 0)) {
    await waitUntil(tx, grantId, worded(wording("again_promised")), until);
    return false;
  }
  const kind = corridor.providers.get(grant.provider)?.kind;
  const open = debts.reduce((sum, debt) => sum + debt.open_minor, 0);
  const held = await heldThrough(tx, grantId);
  const missing = cost.minor - held - open;
  const back = await stateBefore(tx, grantId);
  if (missing <= 0) {
    await forgive(tx, debts);
    await moveGrants(tx, [{ grantId, from: "clawed_back", to: back, actor: "settle", why: reason("due_again") }]);
    await tx.run("update grants set undone_done = null where id = $1", [grantId]);
    corridor.telemetry.grant(back);
    return false;
  }
  // a provider of whole rewards supplies a whole one, and what is open stays owed: together that is one reward as well
  const whole = kind?.wholeOnly === true && missing < cost.minor;
  if (whole && held !== 0) {
    const why = worded(wording("again_whole", { part: { ...cost, minor: missing }, provider: kind.label }));
    await waitUntil(tx, grantId, why, new Date(now.getTime() + 60 * A_MINUTE));
    return false;
  }
  const payable = whole ? cost.minor : missing;
  if (!(await reserveAgain(tx, grant, payable, `${grantId}/reserve/again/${grant.round + 1}`))) {
    const amount = { ...cost, minor: payable };
    await waitUntil(tx, grantId, worded(wording("again_no_money", { budget: grant.budget ?? "", amount })), until);
    return false;
  }
  if (!whole) await forgive(tx, debts);
  await movePastOrder(tx, grantId, null);
  await tx.run("update grants set round = round + 1, undone_done = null, not_before = $2 where id = $1", [
    grantId,
    now,
  ]);
  await moveGrants(tx, [
    {
      grantId,
      from: "clawed_back",
      to: "approved",
      actor: "settle",
      why: reason("due_again_paid_out", { amount: { ...cost, minor: payable } }),
    },
  ]);
  corridor.telemetry.grant("approved");
  return true;
};

/** What it was when it became a debt. */
const stateBefore = async (tx: Sql, grantId: string): Promise<"issued" | "redeemed"> => {
  const row = await tx.row<{ from_state: string }>(
    "select from_state from grant_moves where grant_id = $1 and to_state = 'clawed_back' order by id desc limit 1",
    [grantId],
  );
  return row?.from_state === "redeemed" ? "redeemed" : "issued";
};

/**
 * A reward that is due and was told of, and is gone: somebody took it back at the vendor, or a person found that it cannot
 * be handed over. It ends as `failed`, and not as `cancelled`: nobody orders it again by themselves what a person undid.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { post } from "../ledger/ledger.ts";
import { keptWording, type Worded, worded, wording } from "../wordings.ts";
import type { Corridor } from "./corridor.ts";
import { heldThrough, lockRecipient } from "./debts.ts";
import { freeGrants, sourceOf } from "./decide-free.ts";
import { sayWhy } from "./fulfil-refused.ts";
import type { GrantView } from "./grant-view.ts";
import { queueMessage, UNREACHABLE } from "./notify-channel.ts";
import { movePastOrder } from "./past-orders.ts";

/** Gives the message to be sent. The grant is locked by the caller. Undefined also where it is elsewhere in its life. */
export const loseGrant = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  { actor, why }: { actor: string; why: Worded },
): Promise<string | undefined> => {
  const { id: grantId, round, cost, recipient } = grant;
  await lockRecipient(tx, recipient.id);
  const order = await tx.row<{ cost_minor: number }>("select cost_minor from orders where grant_id = $1", [grantId]);
  if (!order || (await heldThrough(tx, grantId)) !== order.cost_minor) {
    // an earlier order of theirs, or a debt that it paid, is not lost with this one
    await sayWhy(tx, grantId, worded(wording("lost_in_part", { why: why.wording ?? why.words })));
    return undefined;
  }
  const moved = await moveGrants(tx, [{ grantId, from: "issued", to: "failed", actor, why: why.words }]);
  if (!moved.has(grantId)) return undefined;
  await movePastOrder(tx, grantId, corridor.now());
  await post(tx, [
    {
      key: `${grantId}/reverse/${round}`,
      grantId,
      what: "reverse",
      from: "issued",
      to: sourceOf(grant.budget),
      amount: { minor: order.cost_minor, currency: cost.currency },
    },
  ]);
  await freeGrants(tx, [grantId]);
  corridor.telemetry.grant("failed");
  const message = await queueMessage(corridor, tx, { ...grant, state: "failed" }, "unavailable");
  await tx.run(
    `update grants set waiting = case when waiting like $3 then waiting || '; ' else '' end || $2, waiting_wording = $5, not_before = $4
     where id = $1`,
    [grantId, why.words, `${UNREACHABLE}%`, corridor.now(), keptWording(why)],
  );
  return message;
};

/** What its recipient is told of why: the words of whoever could not hand it over; null where a vendor took it back. */
export const lostTelling = async (sql: Sql, grantId: string): Promise<string | null> =>
  (
    await sql.row<{ reason: string | null }>(
      `select t.reason from orders_past o join reward_tasks t on t.order_key = o.request ->> 'key'
       where o.grant_id = $1 order by o.round desc limit 1`,
      [grantId],
    )
  )?.reason ?? null;

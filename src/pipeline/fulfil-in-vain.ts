import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { type MoveReason, reason } from "../ledger/move-reasons.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { dropUnplacedOrders } from "./decide-write.ts";
import type { GrantView } from "./grant-view.ts";
import { isOffer } from "./offer-rule.ts";

/** Why the order of an approved grant would be for nobody, or for nothing. */
export const whyInVain = async (tx: Sql, grant: GrantView): Promise<MoveReason | null> => {
  if (grant.recipient.erased_at) return reason("forgotten");
  // it was undone while it was ordered, and the order was refused
  if (grant.undone_at) return reason("undone", { undone: grant.undone_why ?? "correction" });
  const returned =
    isOffer(grant) && (await tx.row("select from redemptions where grant_id = $1 and returned", [grant.id]));
  return returned ? reason("points_returned") : null;
};

/** Ends an approved grant of which nothing was ordered. */
export const giveUpInVain = async (corridor: Corridor, tx: Sql, grantId: string, why: MoveReason): Promise<void> => {
  await moveGrants(tx, [{ grantId, from: "approved", to: "cancelled", actor: "fulfil", why }]);
  await dropUnplacedOrders(tx, [grantId]);
  await freeGrants(tx, [grantId]);
  corridor.telemetry.grant("cancelled");
};

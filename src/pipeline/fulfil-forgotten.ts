import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { dropUnplacedOrders } from "./decide-write.ts";

/** Ends an approved grant whose recipient asked to be forgotten: nobody could open it, and nothing was ordered. */
export const giveUpForgotten = async (corridor: Corridor, tx: Sql, grantId: string): Promise<void> => {
  await moveGrants(tx, [{ grantId, from: "approved", to: "cancelled", actor: "fulfil", why: reason("forgotten") }]);
  await dropUnplacedOrders(tx, [grantId]);
  await freeGrants(tx, [grantId]);
  corridor.telemetry.grant("cancelled");
};

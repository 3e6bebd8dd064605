import { moveGrants } from "../ledger/grant-states.ts";
import { quoted } from "../wordings.ts";
import { endAttempt } from "./attempts.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { sayWhy } from "./fulfil-refused.ts";
import { loadGrant } from "./grant-view.ts";
import { movePastOrder } from "./past-orders.ts";

/**
 * A look-up found that the order of an `unknown` grant was cancelled at the provider: nothing stands there, and a person saw
 * to that, so another order is a person's decision as well. `attempt`: the look-up, which ends with this.
 */
export const cancelledThere = async (
  corridor: Corridor,
  { grantId, provider, attempt }: { grantId: string; provider: string; attempt: number },
  detail: string,
): Promise<void> => {
  const now = corridor.now();
  await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, { outcome: "accepted", detail }, now);
    const current = await loadGrant(tx, grantId, { lock: true });
    if (current?.state !== "unknown") return;
    // its key is spent there: whatever is ordered for this grant again has another
    await movePastOrder(tx, grantId, now);
    await tx.run("delete from nettings where grant_id = $1 and not posted", [grantId]);
    await moveGrants(tx, [{ grantId, from: "unknown", to: "failed", actor: "fulfil", why: detail }]);
    await tx.run("update grants set netted_minor = 0 where id = $1", [grantId]);
    await sayWhy(tx, grantId, quoted(corridor.providers.get(provider)?.kind.label ?? provider, detail));
    await freeGrants(tx, [grantId]);
    corridor.telemetry.grant("failed");
  });
  corridor.log.warn("order cancelled at the provider", { provider, grant: grantId, detail });
};

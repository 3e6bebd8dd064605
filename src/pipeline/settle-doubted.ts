/**
 * A provider's receipt said something of an order that was issued (`orders.doubted_at`): the provider is asked what is true.
 * A receipt alone moves nothing, so that late, repeated and reordered ones do no harm.
 */

import type { Found, OrderRequest } from "../rewards/provider.ts";
import { quoted } from "../wordings.ts";
import { attemptsSoFar, beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { pauseAfter } from "./pause-after.ts";
import { loseGrant } from "./settle-lost.ts";

interface Doubted {
  provider: string;
  request: OrderRequest;
  doubted_at: Date;
}

interface Asking extends Doubted {
  grant: GrantView;
  open: OpenProvider;
  attempt: number;
}

/** One grant. Does nothing for one that nobody doubts, or that is not due: that one is taken back anyway. Safe to repeat. */
export const settleDoubted = async (corridor: Corridor, grantId: string): Promise<void> => {
  const now = corridor.now();
  const asking = await corridor.database.transaction(async (tx): Promise<Asking | undefined> => {
    const grant = await loadGrant(tx, grantId, { lock: true });
    if (grant?.state !== "issued" || grant.undone_at || grant.taking_back_at || grant.not_before > now)
      return undefined;
    const order = await tx.row<Doubted>(
      "select provider, request, doubted_at from orders where grant_id = $1 and doubted_at is not null",
      [grantId],
    );
    if (!order) return undefined;
    const open = corridor.providers.get(order.provider);
    if (!open) {
      // accolade.yaml has no such provider any more: nobody can be asked until it is back
      await tx.run("update grants set not_before = $2 where id = $1", [grantId, new Date(now.getTime() + 3_600_000)]);
      return undefined;
    }
    const lease = new Date(now.getTime() + open.provider.longestCallMs);
    await tx.run("update grants set not_before = $2 where id = $1", [grantId, lease]);
    return {
      ...order,
      grant,
      open,
      attempt: await beginAttempt(tx, { grantId, target: open.id, what: "lookup", at: now }),
    };
  });
  if (!asking) return;
  const found = await asking.open.provider.lookup(asking.request.key, asking.request);
  const message = await keep(corridor, asking, found);
  corridor.telemetry.attempt(asking.open.id, found.found === true ? "accepted" : "unknown");
  if (message) await corridor.doorbell.ring("notify", [message]).catch(() => {});
};

const keep = (corridor: Corridor, { grant, open, attempt, doubted_at }: Asking, found: Found) =>
  corridor.database.transaction(async (tx): Promise<string | undefined> => {
    const now = corridor.now();
    const { id: grantId } = grant;
    const said = found.found === true ? "the order stands" : wordsOf(found);
    await endAttempt(tx, attempt, { outcome: found.found === "unknown" ? "unknown" : "accepted", detail: said }, now);
    const current = await loadGrant(tx, grantId, { lock: true });
    if (current?.state !== "issued" || current.round !== grant.round) return undefined;
    if (found.found === "unknown") {
      const pause = pauseAfter(await attemptsSoFar(tx, grantId, "lookup"));
      await tx.run("update grants set not_before = $2 where id = $1", [grantId, new Date(now.getTime() + pause)]);
      return undefined;
    }
    await tx.run("update grants set not_before = $2 where id = $1", [grantId, now]);
    // a receipt that came meanwhile is asked about on its own
    await tx.run("update orders set doubted_at = null where grant_id = $1 and doubted_at <= $2", [grantId, doubted_at]);
    if (found.found === true) {
      const content = corridor.sealer.seal(JSON.stringify(found.content), "reward");
      await tx.run("update orders set content = $2 where grant_id = $1", [grantId, content]);
      return undefined;
    }
    if (found.found === "cancelled" && !current.undone_at)
      return loseGrant(corridor, tx, current, { actor: "settle", why: quoted(open.kind.label, said) });
    if (found.found !== "cancelled") {
      await tx.run("update grants set waiting = coalesce(waiting, $2) where id = $1", [
        grantId,
        `a person must look: ${said}`,
      ]);
      corridor.log.seldom(`doubted ${open.id}`, "issued order in doubt", {
        provider: open.id,
        grant: grantId,
        detail: said,
      });
    }
    return undefined;
  });

const wordsOf = (found: Exclude<Found, { found: true }>): string =>
  found.found === false ? "the provider has no order under this key any more" : found.detail;

/**
 * Step 4. One job per grant: orders the reward, idempotent by a key that the grant gives. The request is frozen before the
 * first attempt; an unknown outcome is looked up by key and never repeated with a new one.
 */
import { moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import type { OrderOutcome } from "../rewards/provider.ts";
import { quoted, worded, wording } from "../wordings.ts";
import { attemptsSoFar, beginAttempt, endAttempt } from "./attempts.ts";
import { hasAnotherRoute } from "./choose-route.ts";
import type { Corridor } from "./corridor.ts";
import { forgetOrders } from "./forget-orders.ts";
import { beginLookup, beginOrder, leaseOf } from "./fulfil-begin.ts";
import { cancelledThere } from "./fulfil-cancelled.ts";
import { giveUpInVain, whyInVain } from "./fulfil-in-vain.ts";
import { issueGrant } from "./fulfil-issue.ts";
import { backToApproved, later, type Order, refused, waitUntil } from "./fulfil-refused.ts";
import { loadGrant } from "./grant-view.ts";
import { keepContent } from "./keep-content.ts";
import { lookForLater } from "./look-once-more.ts";
import { orderOf } from "./order-row.ts";
import { giveUpOrder } from "./past-orders.ts";
import { PAUSED_MS, pausedFor } from "./pause.ts";
import { pauseAfter } from "./pause-after.ts";
import { beginTrouble, endTrouble } from "./provider-standing.ts";

const A_MINUTE = 60_000;

/** Orders, or finds out what became of an order. Does nothing for a grant that is elsewhere in its life or must wait. */
export const fulfil = async (corridor: Corridor, grantId: string): Promise<void> => {
  const next = await corridor.database.transaction(async (tx) => {
    const grant = await loadGrant(tx, grantId, { lock: true });
    if (!grant || grant.not_before > corridor.now()) return undefined;
    const vain = grant.state === "approved" ? await whyInVain(tx, grant) : null;
    if (vain !== null) {
      await giveUpInVain(corridor, tx, grantId, vain);
      return undefined;
    }
    if (grant.state === "approved") return beginOrder(corridor, tx, grant);
    return grant.state === "ordering" || grant.state === "unknown" ? beginLookup(corridor, tx, grant) : undefined;
  });
  if (!next) return;
  if ("told" in next) {
    if (next.told) await corridor.doorbell.ring("notify", [next.told]).catch(() => {});
    return;
  }
  if (next.what === "order")
    await settleOrder(corridor, next, await next.open.provider.order(next.request), "ordering");
  else await lookUp(corridor, next);
};

/** The outcome becomes rows in one transaction, the attempt first. A grant that another process has moved on stays as it is. */
const settleOrder = async (corridor: Corridor, order: Order, outcome: OrderOutcome, from: "ordering" | "unknown") => {
  const { grant, open, attempt } = order;
  const now = corridor.now();
  const rings = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, outcome, now);
    const current = await loadGrant(tx, grant.id, { lock: true });
    // another process has settled it, and perhaps begun another order since
    if (current?.state !== from || (await orderOf(tx, grant.id))?.request.key !== order.request.key) {
      if (outcome.outcome === "accepted") await lookForLater(tx, grant.id, order.request.key, now);
      return {};
    }
    if (outcome.outcome === "accepted") {
      await keepContent(corridor, tx, grant.id, outcome);
      const notify = await issueGrant(corridor, tx, current, from, reason("order_accepted", { provider: open.id }));
      if (current.recipient.erased_at) await forgetOrders(tx, [current.recipient.id]);
      return { notify };
    }
    if (outcome.outcome === "rejected") {
      const again = await refused(corridor, tx, order, current, outcome);
      if (current.recipient.erased_at) await forgetOrders(tx, [current.recipient.id]);
      return { fulfil: again };
    }
    if (outcome.outcome === "unknown") {
      if (from === "ordering")
        await moveGrants(tx, [{ grantId: grant.id, from, to: "unknown", actor: "fulfil", why: outcome.detail }]);
      await waitUntil(tx, grant.id, quoted(open.kind.label, outcome.detail), later(now, open.provider.settleAfterMs));
    } else {
      await backToApproved(tx, grant.id, from, outcome.detail);
      await waitUntil(tx, grant.id, quoted(open.kind.label, outcome.detail), later(now, outcome.afterMs));
    }
    return {};
  });
  await report(corridor, order, outcome);
  // a bell that does not ring is rung again by the sweeper
  if ("notify" in rings && rings.notify) await corridor.doorbell.ring("notify", [rings.notify]).catch(() => {});
  if ("fulfil" in rings && rings.fulfil) await corridor.doorbell.ring("fulfil", [grant.id]).catch(() => {});
};

/** What the provider has run out of is no money. */
const noStock = /stock|empty/i;

const report = async (corridor: Corridor, { grant, open }: Order, outcome: OrderOutcome) => {
  const { telemetry, log } = corridor;
  telemetry.attempt(open.id, outcome.outcome);
  const line = { grant: grant.id, provider: open.id, outcome: outcome.outcome };
  if (outcome.outcome === "accepted") {
    log.step("ordered", line);
    await endTrouble(corridor, open.id, ["funds", "stock", "configuration"]);
    return;
  }
  if (outcome.outcome !== "rejected")
    return log.seldom(`${open.id} ${outcome.outcome}`, "ordered", { ...line, detail: outcome.detail });
  const { kind, code, detail } = outcome;
  if (kind === "funds" || kind === "configuration")
    await beginTrouble(corridor, open.id, kind === "funds" && noStock.test(code) ? "stock" : kind, detail);
  else telemetry.warning(`${open.id}_${kind}`);
  log.seldom(`${open.id} ${code}`, "reward refused", { ...line, reason: code, detail });
};

const lookUp = async (corridor: Corridor, order: Order) => {
  const { grant, open, request, attempt } = order;
  const found = await open.provider.lookup(request.key, request);
  if (found.found === true) return settleOrder(corridor, order, { outcome: "accepted", ...found }, "unknown");
  if (found.found === false) return notThere(corridor, order);
  if (found.found === "cancelled")
    return cancelledThere(corridor, { grantId: grant.id, provider: open.id, attempt }, found.detail);
  const now = corridor.now();
  const tries = await attemptsSoFar(corridor.database, grant.id, "lookup");
  const pause = Math.max(open.provider.settleAfterMs, pauseAfter(tries));
  const different = found.found === "different";
  const { label } = open.kind;
  const says = quoted(label, found.detail);
  const why = different
    ? { words: `a person must look: ${found.detail}`, wording: says.wording && wording("look", { why: says.wording }) }
    : says;
  await corridor.database.transaction(async (tx) => {
    const code = different ? { code: DIFFERENT } : {};
    await endAttempt(tx, attempt, { outcome: "unknown", detail: found.detail, ...code }, now);
    await waitUntil(tx, grant.id, why, later(now, different ? 60 * A_MINUTE : pause));
  });
  corridor.log.seldom(`lookup ${open.id}`, "order of unknown outcome", {
    provider: open.id,
    grant: grant.id,
    detail: found.detail,
  });
};

/** The code of a look-up that found another order under the key. */
const DIFFERENT = "different";

/**
 * Certain that nothing was ordered: the same request, with the same key, may go once more, or, where it went in vain twice,
 * another provider may be asked.
 */
const notThere = async (corridor: Corridor, order: Order) => {
  const { grant, open, request, attempt } = order;
  const now = corridor.now();
  const next = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, { outcome: "accepted", detail: "no order has this key" }, now);
    const current = await loadGrant(tx, grant.id, { lock: true });
    const kept = await orderOf(tx, grant.id);
    if (current?.state !== "unknown" || kept?.request.key !== request.key) return undefined;
    const { keyLivesMs, settleAfterMs } = open.provider;
    if (keyLivesMs !== undefined && now.getTime() - kept.frozen_at.getTime() > keyLivesMs) {
      await giveUpOrder(tx, grant.id, "expired", "its key had become too old to be sent again", now);
      await backToApproved(tx, grant.id, "unknown", `${open.id} has no order of this key: a new one is made`);
      return { again: true };
    }
    if (kept.unknown_orders >= 2 && (await hasAnotherRoute(corridor, tx, current))) {
      // what was sent last may still be on its way: it is looked for once more, much later, before anybody else is asked
      const sure = later(kept.last_ordered_at ?? now, SURE_AFTER * settleAfterMs);
      if (now >= sure) return { again: await refused(corridor, tx, order, current, absent(open.id)) };
      await waitUntil(tx, grant.id, worded(wording("looked_for", { provider: open.id })), sure);
      return undefined;
    }
    const paused = await pausedFor(tx, `provider:${open.id}`);
    if (paused) {
      await waitUntil(tx, grant.id, paused, later(now, PAUSED_MS));
      return undefined;
    }
    await tx.run("update grants set not_before = $2 where id = $1", [grant.id, later(now, leaseOf(open))]);
    return { attempt: await beginAttempt(tx, { grantId: grant.id, target: open.id, what: "order", at: now }) };
  });
  if (next?.again) await corridor.doorbell.ring("fulfil", [grant.id]).catch(() => {});
  if (next?.attempt === undefined) return;
  await settleOrder(corridor, { ...order, attempt: next.attempt }, await open.provider.order(request), "unknown");
};

/** How many times the wait of a look-up must have passed since the last order, before its absence counts for another provider. */
const SURE_AFTER = 4;

const absent = (id: string) =>
  ({ how: "absent", detail: `${id} did not take it: it was sent twice, and no order has its key` }) as const;

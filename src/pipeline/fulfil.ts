/**
 * Step 4. One job per grant: orders the reward, idempotent by a key that the grant gives. The request is frozen before the
 * first attempt; an unknown outcome is looked up by key and never repeated with a new one.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import type { OrderOutcome, OrderRequest, RewardContent } from "../rewards/provider.ts";
import { attemptsSoFar, beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { dropUnplacedOrders } from "./decide-write.ts";
import { forgetOrders } from "./forget-orders.ts";
import { freezeOrder } from "./fulfil-freeze.ts";
import { issueGrant } from "./fulfil-issue.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { isOffer } from "./offer-rule.ts";
import { PAUSED_MS, pausedFor } from "./pause.ts";
import { pauseAfter } from "./pause-after.ts";

interface Order {
  grant: GrantView;
  open: OpenProvider;
  request: OrderRequest;
  attempt: number;
}

/** Orders, or finds out what became of an order. Does nothing for a grant that is elsewhere in its life or must wait. */
export const fulfil = async (corridor: Corridor, grantId: string): Promise<void> => {
  const now = corridor.now();
  const next = await corridor.database.transaction(async (tx) => {
    const grant = await loadGrant(tx, grantId, { lock: true });
    if (!grant || grant.not_before > now) return undefined;
    const open = corridor.providers.get(grant.provider);
    if (grant.state !== "approved" && grant.state !== "ordering" && grant.state !== "unknown") return undefined;
    if (!open) {
      await wait(
        tx,
        grantId,
        `accolade.yaml has no provider "${grant.provider}" any more: put it back`,
        later(now, 60_000),
      );
      return undefined;
    }
    const vain = grant.state === "approved" ? await whyInVain(tx, grant) : null;
    if (vain !== null) {
      await giveUp(corridor, tx, grantId, vain);
      return undefined;
    }
    const paused = await pausedFor(tx, `provider:${open.id}`);
    if (paused) {
      await wait(tx, grantId, paused, later(now, PAUSED_MS));
      return undefined;
    }
    const what = grant.state === "approved" ? "order" : "lookup";
    const frozen = await freezeOrder(corridor, tx, grant, open);
    if (frozen.what === "wait") {
      await wait(tx, grantId, frozen.why, later(now, 3_600_000));
      return undefined;
    }
    if (frozen.what === "nothing") {
      const current = (await loadGrant(tx, grantId)) ?? grant;
      return {
        told: await issueGrant(corridor, tx, current, "approved", "all of it paid a debt: nothing was ordered"),
      };
    }
    const { request } = frozen;
    if (what === "order")
      await moveGrants(tx, [
        { grantId, from: "approved", to: "ordering", actor: "fulfil", why: `order from ${open.id}` },
      ]);
    if (grant.state === "ordering")
      await moveGrants(tx, [
        {
          grantId,
          from: "ordering",
          to: "unknown",
          actor: "fulfil",
          why: "the order was interrupted: its outcome is not known",
        },
      ]);
    await tx.run("update grants set not_before = $2 where id = $1", [grantId, later(now, leaseOf(open))]);
    const attempt = await beginAttempt(tx, { grantId, target: open.id, what, at: now });
    return { grant, open, request, attempt, what };
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

/** Why an order would be for nobody, or for nothing. */
const whyInVain = async (tx: Sql, grant: GrantView): Promise<string | null> => {
  if (grant.recipient.erased_at) return "the recipient asked to be forgotten";
  const returned =
    isOffer(grant) && (await tx.row("select from redemptions where grant_id = $1 and returned", [grant.id]));
  return returned ? "its points were given back" : null;
};

const giveUp = async (corridor: Corridor, tx: Sql, grantId: string, why: string) => {
  await moveGrants(tx, [{ grantId, from: "approved", to: "cancelled", actor: "fulfil", why }]);
  await dropUnplacedOrders(tx, [grantId]);
  await freeGrants(tx, [grantId]);
  corridor.telemetry.grant("cancelled");
};

/** After this an order without outcome belongs to a process that died, and a look-up means something. */
const leaseOf = ({ provider }: OpenProvider) => provider.longestCallMs + provider.settleAfterMs;
const later = (now: Date, ms: number) => new Date(now.getTime() + ms);

/** The outcome becomes rows in one transaction, the attempt first. A grant that another process has moved on stays as it is. */
const settleOrder = async (corridor: Corridor, order: Order, outcome: OrderOutcome, from: "ordering" | "unknown") => {
  const { grant, open, attempt } = order;
  const now = corridor.now();
  const message = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, outcome, now);
    const current = await loadGrant(tx, grant.id, { lock: true });
    if (current?.state !== from) return undefined;
    if (outcome.outcome === "accepted") {
      await keepContent(corridor, tx, grant.id, outcome);
      const told = await issueGrant(corridor, tx, current, from, `${open.id} accepted`);
      if (current.recipient.erased_at) await forgetOrders(tx, [current.recipient.id]);
      return told;
    }
    if (outcome.outcome === "unknown") {
      if (from === "ordering")
        await moveGrants(tx, [{ grantId: grant.id, from, to: "unknown", actor: "fulfil", why: outcome.detail }]);
      await wait(tx, grant.id, outcome.detail, later(now, open.provider.settleAfterMs));
    } else if (outcome.outcome === "retryLater") {
      await backToApproved(tx, grant.id, from, outcome.detail);
      await wait(tx, grant.id, outcome.detail, later(now, outcome.afterMs));
    } else if (outcome.kind === "funds" || outcome.kind === "configuration") {
      await backToApproved(tx, grant.id, from, outcome.detail);
      await wait(tx, grant.id, outcome.detail, later(now, pauseAfter(await attemptsSoFar(tx, grant.id, "order"))));
    } else {
      await fail(tx, order, outcome.detail, from);
      if (current.recipient.erased_at) await forgetOrders(tx, [current.recipient.id]);
    }
    return undefined;
  });
  report(corridor, order, outcome);
  if (message) await corridor.doorbell.ring("notify", [message]).catch(() => {});
};

const report = ({ telemetry, log }: Corridor, { grant, open }: Order, outcome: OrderOutcome) => {
  telemetry.attempt(open.id, outcome.outcome);
  const line = { grant: grant.id, provider: open.id, outcome: outcome.outcome };
  if (outcome.outcome === "accepted") return log.step("ordered", line);
  if (outcome.outcome !== "rejected") return log.warn("ordered", { ...line, detail: outcome.detail });
  telemetry.warning(`${open.id}_${outcome.kind}`);
  log.seldom(`${open.id} ${outcome.code}`, "reward refused", { ...line, reason: outcome.code, detail: outcome.detail });
};

const fail = async (tx: Sql, { grant }: Order, why: string, from: "ordering" | "unknown") => {
  await moveGrants(tx, [{ grantId: grant.id, from, to: "failed", actor: "fulfil", why }]);
  await tx.run("update grants set waiting = $2 where id = $1", [grant.id, why]);
  // what it would have paid is open again; should it be tried once more, it is frozen anew
  if ((await tx.run("delete from nettings where grant_id = $1 and not posted", [grant.id])) > 0) {
    await tx.run("delete from orders where grant_id = $1", [grant.id]);
    await tx.run("update grants set netted_minor = 0 where id = $1", [grant.id]);
  }
  await freeGrants(tx, [grant.id]);
};

const backToApproved = async (tx: Sql, grantId: string, from: "ordering" | "unknown", why: string) => {
  // out of `unknown` an order was sent once more, so it passes through `ordering` on its way
  if (from === "unknown")
    await moveGrants(tx, [{ grantId, from, to: "ordering", actor: "fulfil", why: "sent again with the same key" }]);
  await moveGrants(tx, [{ grantId, from: "ordering", to: "approved", actor: "fulfil", why }]);
};

const wait = (tx: Sql, grantId: string, why: string, until: Date) =>
  tx.run("update grants set waiting = $2, not_before = $3 where id = $1", [grantId, why, until]);

const keepContent = (
  { sealer, now }: Corridor,
  tx: Sql,
  grantId: string,
  { reference, content }: { reference: string; content: RewardContent },
) =>
  tx.run(
    "update orders set reference = $2, content = $3, placed_at = coalesce(placed_at, $4), settled_at = $4 where grant_id = $1",
    [grantId, reference, sealer.seal(JSON.stringify(content), "reward"), now()],
  );

const lookUp = async (corridor: Corridor, order: Order) => {
  const { grant, open, request, attempt } = order;
  const found = await open.provider.lookup(request.key, request);
  const now = corridor.now();
  if (found.found === true) return settleOrder(corridor, order, { outcome: "accepted", ...found }, "unknown");
  if (found.found === false) {
    // certain that nothing was ordered: the same request, with the same key, may go once more
    const again = await corridor.database.transaction(async (tx) => {
      await endAttempt(tx, attempt, { outcome: "accepted", detail: "no order has this key" }, now);
      await loadGrant(tx, grant.id, { lock: true });
      const paused = await pausedFor(tx, `provider:${open.id}`);
      if (paused) {
        await wait(tx, grant.id, paused, later(now, PAUSED_MS));
        return undefined;
      }
      await tx.run("update grants set not_before = $2 where id = $1", [grant.id, later(now, leaseOf(open))]);
      return beginAttempt(tx, { grantId: grant.id, target: open.id, what: "order", at: now });
    });
    if (again === undefined) return;
    return settleOrder(corridor, { ...order, attempt: again }, await open.provider.order(request), "unknown");
  }
  const tries = await attemptsSoFar(corridor.database, grant.id, "lookup");
  const pause = Math.max(open.provider.settleAfterMs, pauseAfter(tries));
  const why = found.found === "different" ? `a person must look: ${found.detail}` : found.detail;
  await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, { outcome: "unknown", detail: found.detail }, now);
    await wait(tx, grant.id, why, later(now, found.found === "different" ? 3_600_000 : pause));
  });
  corridor.log.seldom(`lookup ${open.id}`, "order of unknown outcome", {
    provider: open.id,
    grant: grant.id,
    detail: found.detail,
  });
};

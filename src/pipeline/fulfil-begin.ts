/** How an order or a look-up begins: what is asked, of whom, and the attempt that is written before the call. */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import type { Worded } from "../wordings.ts";
import { beginAttempt } from "./attempts.ts";
import { chooseRoute, hasAnotherRoute, noProvider } from "./choose-route.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { freezeOrder } from "./fulfil-freeze.ts";
import { issueGrant } from "./fulfil-issue.ts";
import { later, type Order, waitUntil } from "./fulfil-refused.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { orderOf, type PresentOrder } from "./order-row.ts";
import { giveUpOrder } from "./past-orders.ts";
import { PAUSED_MS, pausedFor, pausesInForce } from "./pause.ts";
import { tooPoor } from "./route-against.ts";

const A_MINUTE = 60_000;

/** `told`: nothing is called, and this message may go out. Undefined: it waits. */
export type Begun = (Order & { what: "order" | "lookup" }) | { told: string | undefined } | undefined;

/** Chooses and freezes what is to be ordered, where that was not done before, and writes that it is ordered now. */
export const beginOrder = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<Begun> => {
  const now = corridor.now();
  const kept = await usable(corridor, tx, grant, await orderOf(tx, grant.id));
  if (kept && "why" in kept) {
    await waitUntil(tx, grant.id, kept.why, later(now, kept.ms));
    return undefined;
  }
  const choice = kept ? undefined : await chooseRoute(corridor, tx, grant);
  if (choice && choice.what !== "route") {
    await waitUntil(tx, grant.id, choice.why, later(now, "ms" in choice ? choice.ms : 60 * A_MINUTE));
    return undefined;
  }
  const open = kept?.open ?? choice?.chosen.open;
  if (!open) throw new Error(`grant ${grant.id} was given no provider`);
  const paused = await pausedFor(tx, `provider:${open.id}`);
  if (paused) {
    await waitUntil(tx, grant.id, paused, later(now, PAUSED_MS));
    return undefined;
  }
  const frozen = choice
    ? await freezeOrder(corridor, tx, grant, choice.chosen)
    : ({ what: "order", request: kept?.order.request } as const);
  if (frozen.what === "wait") {
    await waitUntil(tx, grant.id, frozen.why, later(now, 60 * A_MINUTE));
    return undefined;
  }
  if (frozen.what === "nothing") {
    const current = (await loadGrant(tx, grant.id)) ?? grant;
    return { told: await issueGrant(corridor, tx, current, "approved", reason("all_paid_debt")) };
  }
  if (!frozen.request) throw new Error(`grant ${grant.id} has nothing to order`);
  const since = choice?.chosen.why ?? kept?.order.chosen;
  const why = since
    ? reason("order_chosen", { provider: open.id, since })
    : reason("order_placed", { provider: open.id });
  await moveGrants(tx, [{ grantId: grant.id, from: "approved", to: "ordering", actor: "fulfil", why }]);
  return begin(corridor, tx, { grant, open, request: frozen.request, what: "order" });
};

/** What was frozen before, if it can go out as it is; nothing stands at its provider, so it may also be given up. */
const usable = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  order: PresentOrder | undefined,
): Promise<{ order: PresentOrder; open: OpenProvider } | { why: Worded; ms: number } | undefined> => {
  if (!order) return undefined;
  const now = corridor.now();
  const open = corridor.providers.get(order.provider);
  if (!open) {
    if (await hasAnotherRoute(corridor, tx, grant)) {
      await giveUpOrder(tx, grant.id, "configuration", "accolade.yaml does not have it any more", now);
      return undefined;
    }
    return { why: noProvider(order.provider), ms: A_MINUTE };
  }
  const isPaused = (await pausesInForce(tx)).some(({ scope }) => scope === `provider:${open.id}`);
  if (isPaused && (await hasAnotherRoute(corridor, tx, grant))) {
    await giveUpOrder(tx, grant.id, "paused", "it is paused, and another provider is not", now);
    return undefined;
  }
  const { keyLivesMs } = open.provider;
  if (keyLivesMs !== undefined && now.getTime() - order.frozen_at.getTime() > keyLivesMs) {
    await giveUpOrder(tx, grant.id, "expired", "its key had become too old to be sent", now);
    return undefined;
  }
  const poor = await tooPoor(corridor, tx, open, order.request.value);
  return poor ? { why: poor, ms: 10 * A_MINUTE } : { order, open };
};

/** Of an order that nobody heard the end of. */
export const beginLookup = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<Begun> => {
  const now = corridor.now();
  const order = await orderOf(tx, grant.id);
  const open = corridor.providers.get(order?.provider ?? grant.provider);
  if (!order || !open) {
    await waitUntil(tx, grant.id, noProvider(order?.provider ?? grant.provider), later(now, A_MINUTE));
    return undefined;
  }
  const paused = await pausedFor(tx, `provider:${open.id}`);
  if (paused) {
    await waitUntil(tx, grant.id, paused, later(now, PAUSED_MS));
    return undefined;
  }
  if (grant.state === "ordering") {
    const why = reason("order_interrupted");
    await moveGrants(tx, [{ grantId: grant.id, from: "ordering", to: "unknown", actor: "fulfil", why }]);
  }
  return begin(corridor, tx, { grant, open, request: order.request, what: "lookup" });
};

const begin = async (
  { now }: Corridor,
  tx: Sql,
  order: Omit<Order, "attempt"> & { what: "order" | "lookup" },
): Promise<Begun> => {
  const { grant, open, what } = order;
  await tx.run("update grants set not_before = $2 where id = $1", [grant.id, later(now(), leaseOf(open))]);
  return { ...order, attempt: await beginAttempt(tx, { grantId: grant.id, target: open.id, what, at: now() }) };
};

/** After this an order without outcome belongs to a process that died, and a look-up means something. */
export const leaseOf = ({ provider }: OpenProvider) => provider.longestCallMs + provider.settleAfterMs;

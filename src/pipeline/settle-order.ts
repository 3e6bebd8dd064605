/** A person's word on an order of unknown outcome, after a look at the vendor's own pages. The vendor is asked once more first. */
import type { Sql } from "../db/sql.ts";
import { reason } from "../ledger/move-reasons.ts";
import type { Found, RewardContent } from "../rewards/provider.ts";
import { worded, wording } from "../wordings.ts";
import { beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { issueGrant } from "./fulfil-issue.ts";
import { backToApproved, waitUntil } from "./fulfil-refused.ts";
import { loadGrant } from "./grant-view.ts";
import { keepContent } from "./keep-content.ts";
import { orderOf, type PresentOrder } from "./order-row.ts";
import { giveUpOrder } from "./past-orders.ts";

/** `content`: what the vendor's pages show for the recipient, where the vendor's API does not. */
export type OrderWord =
  | { ordered: true; reference: string; content?: Extract<RewardContent, { kind: "link" | "code" }> }
  | { ordered: false };

export type Settled = { ok: true; said: string } | { ok: false; problem: string };

/**
 * Ordered: the grant is issued with that order. Not ordered: it is ordered again, under the same key, so that a vendor who has
 * it after all supplies it once; only where another order has the key does it get a new one. `actor` is kept with each row.
 */
export const settleOrderByHand = async (
  corridor: Corridor,
  grantId: string,
  word: OrderWord,
  actor: string,
): Promise<Settled> => {
  const grant = await loadGrant(corridor.database, grantId);
  if (!grant) return no(`found no grant ${grantId}, expected one that \`accolade rules explain\` shows`);
  if (grant.state !== "unknown")
    return no(`found a grant that is ${grant.state}, expected one whose order is of unknown outcome`);
  const order = await orderOf(corridor.database, grantId);
  const open = order && corridor.providers.get(order.provider);
  if (!order || !open)
    return no(`accolade.yaml has no provider "${order?.provider ?? grant.provider}" any more: put it back`);
  const found = await open.provider.lookup(order.request.key, order.request);
  return word.ordered
    ? wasOrdered(corridor, { grantId, order, open, found, actor }, word)
    : wasNotOrdered(corridor, { grantId, order, open, found, actor });
};

interface Case {
  grantId: string;
  order: PresentOrder;
  open: OpenProvider;
  found: Found;
  actor: string;
}

const no = (problem: string) => ({ ok: false, problem }) as const;

const wasOrdered = async (
  corridor: Corridor,
  { grantId, order, open, found, actor }: Case,
  word: Extract<OrderWord, { ordered: true }>,
): Promise<Settled> => {
  const { label } = open.kind;
  if (found.found === true && found.reference !== word.reference)
    return no(`${label} knows this order as ${found.reference}, and not as ${word.reference}`);
  const content = found.found === true ? found.content : word.content;
  if (!content) {
    const why = "detail" in found ? found.detail : "it knows of none";
    return no(
      `${label} does not show what the order supplied (${why}). Give what its own pages show, with --link or --code`,
    );
  }
  const { reference } = word;
  const message = await inUnknown(corridor, { grantId, order }, async (tx, current) => {
    await say(corridor, tx, { grantId, open, actor, detail: `it was ordered, as ${reference}` });
    await keepContent(corridor, tx, grantId, { reference, content });
    return {
      told: await issueGrant(corridor, tx, current, "unknown", reason("said_ordered", { reference }), actor),
    };
  });
  if (!message) return no("it has moved on meanwhile: look at it again");
  if (message.told) await corridor.doorbell.ring("notify", [message.told]).catch(() => {});
  return { ok: true, said: `Issued, with order ${reference} of ${label}. Its recipient is told.` };
};

const wasNotOrdered = async (corridor: Corridor, { grantId, order, open, found, actor }: Case): Promise<Settled> => {
  const { label } = open.kind;
  if (found.found === true)
    return no(`${label} has this order, as ${found.reference}: it was ordered, and goes on by itself`);
  const different = found.found === "different";
  const now = corridor.now();
  const done = await inUnknown(corridor, { grantId, order }, async (tx) => {
    await say(corridor, tx, { grantId, open, actor, detail: "it was not ordered" });
    // another order has the key, so it can never be used for this one
    if (different)
      await giveUpOrder(tx, grantId, "absent", `a person says that it was not ordered; ${found.detail}`, now);
    await backToApproved(tx, grantId, "unknown", "a person says that it was not ordered", actor);
    await waitUntil(tx, grantId, worded(wording("ordered_again")), now);
    return {};
  });
  if (!done) return no("it has moved on meanwhile: look at it again");
  await corridor.doorbell.ring("fulfil", [grantId]).catch(() => {});
  const how = different
    ? "with a new key"
    : "with the same key, so that an order that exists after all is not placed twice";
  return { ok: true, said: `It is ordered again, ${how}.` };
};

/** Runs `work` on the locked grant, where it still waits for this very order. */
const inUnknown = <T>(
  { database }: Corridor,
  { grantId, order }: { grantId: string; order: PresentOrder },
  work: (tx: Sql, grant: NonNullable<Awaited<ReturnType<typeof loadGrant>>>) => Promise<T>,
): Promise<T | undefined> =>
  database.transaction(async (tx) => {
    const current = await loadGrant(tx, grantId, { lock: true });
    const same = (await orderOf(tx, grantId))?.request.key === order.request.key;
    return current?.state === "unknown" && same ? work(tx, current) : undefined;
  });

const say = async (
  { now }: Corridor,
  tx: Sql,
  { grantId, open, actor, detail }: { grantId: string; open: OpenProvider; actor: string; detail: string },
) => {
  const attempt = await beginAttempt(tx, { grantId, target: open.id, what: "lookup", at: now(), actor });
  await endAttempt(tx, attempt, { outcome: "accepted", detail }, now());
};

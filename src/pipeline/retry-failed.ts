/**
 * A person tries a grant again that has failed: only where no order of it can stand anywhere, for which the vendor is asked
 * once more, and with a new key. It takes its room in limits and budget anew, and its reward is read as it is written now.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import { undoneInWords } from "../ledger/undone.ts";
import { formatMoney, POINTS } from "../money.ts";
import type { Found } from "../rewards/provider.ts";
import { beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor } from "./corridor.ts";
import { heldThrough } from "./debts.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { ownerCounted, samePersons } from "./decide-persons.ts";
import { openRoom } from "./decide-room.ts";
import { wordsIn } from "./explain-texts/index.ts";
import { stopWords } from "./explain-words.ts";
import { leaseOf } from "./fulfil-begin.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { type Hand, type HandRefused, mayNot, reasonGiven, refusedByHand } from "./hand.ts";
import { isOffer } from "./offer-rule.ts";
import { orderOf, type PresentOrder } from "./order-row.ts";
import { giveUpOrder } from "./past-orders.ts";
import { reserveAgain } from "./reserve-again.ts";

export type Retried = { ok: true; said: string } | HandRefused;

/** A refusal changes nothing, beside the row that says that the vendor was asked. */
export const retryFailed = async (corridor: Corridor, grantId: string, hand: Hand): Promise<Retried> => {
  const because = reasonGiven(hand);
  if (typeof because !== "string") return because;
  const grant = await loadGrant(corridor.database, grantId);
  const refused = whyNot(grant, grantId, hand);
  if (refused) return refused;
  const order = await orderOf(corridor.database, grantId);
  const standing = order && (await mayStand(corridor, grantId, order, hand));
  if (standing) return refusedByHand("may_stand", standing);
  const done = await corridor.database.transaction((tx) => again(corridor, tx, grantId, { order, hand, because }));
  if (done.ok) await corridor.doorbell.ring("fulfil", [grantId]).catch(() => {});
  return done;
};

const whyNot = (grant: GrantView | undefined, grantId: string, hand: Hand): HandRefused | undefined => {
  if (!grant) return refusedByHand("not_found", `found no grant ${grantId}, expected one that the list shows`);
  const refused = mayNot(hand, grant);
  if (refused) return refused;
  if (grant.state !== "failed")
    return refusedByHand("state", `found a grant that is ${grant.state}, expected one that has failed`);
  if (isOffer(grant))
    return refusedByHand("state", "it was taken for points, and they were given back: its recipient may take it again");
  if (grant.recipient.erased_at) return refusedByHand("not_due", "its recipient asked to be forgotten");
  if (grant.undone_at)
    return refusedByHand("not_due", `it is not due any more: ${undoneInWords(grant.undone_why ?? "correction")}`);
  return undefined;
};

/** Undefined where it is certain that the order stands nowhere; else what speaks against that, in words. */
const mayStand = async (
  { database, providers, now }: Corridor,
  grantId: string,
  order: PresentOrder,
  { name }: Hand,
): Promise<string | undefined> => {
  const open = providers.get(order.provider);
  const clear = (await unheard(database, grantId, order)) === 0;
  if (!open)
    return clear
      ? undefined
      : `nobody heard the end of its order at ${order.provider}, which accolade.yaml does not have any more: put it back`;
  if (!clear && order.last_ordered_at && now().getTime() - order.last_ordered_at.getTime() < leaseOf(open))
    return `an order was sent to ${open.id} a moment ago, and may still arrive: try again in a few minutes`;
  const attempt = await beginAttempt(database, { grantId, target: open.id, what: "lookup", at: now(), actor: name });
  const found = await open.provider.lookup(order.request.key, order.request);
  await endAttempt(database, attempt, foundAs(found), now());
  if (found.found === true)
    return `${open.kind.label} has an order for it, as ${found.reference}: cancel that one there, then try again`;
  return found.found === "unknown" && !clear
    ? `${open.kind.label} cannot tell whether an order of before stands (${found.detail}): try again later`
    : undefined;
};

/** How many calls there were for this order of which nobody heard that they were refused. */
const unheard = async (sql: Sql, grantId: string, { provider, frozen_at }: PresentOrder): Promise<number> =>
  (
    await sql.row<{ n: number }>(
      `select count(*)::int as n from attempts where grant_id = $1 and target = $2 and what = 'order' and started_at >= $3
         and (outcome is null or outcome not in ('rejected', 'retryLater'))`,
      [grantId, provider, frozen_at],
    )
  )?.n ?? 0;

const foundAs = (found: Found) =>
  found.found === "unknown"
    ? ({ outcome: "unknown", detail: found.detail } as const)
    : ({
        outcome: "accepted",
        detail: found.found === true ? "the order stands" : "detail" in found ? found.detail : "no order has this key",
      } as const);

const again = async (
  corridor: Corridor,
  tx: Sql,
  grantId: string,
  { order, hand, because }: { order: PresentOrder | undefined; hand: Hand; because: string },
): Promise<Retried> => {
  // before any row: deciding takes it before it locks grants
  await takeDecidingLock(tx);
  const grant = await loadGrant(tx, grantId, { lock: true });
  const refused = whyNot(grant, grantId, hand);
  if (refused || !grant) return refused ?? refusedByHand("not_found", `found no grant ${grantId}`);
  if ((await orderOf(tx, grantId))?.request.key !== order?.request.key)
    return refusedByHand("state", "it has moved on meanwhile: look at it again");
  const full = await takeRoom(corridor, tx, grant);
  if (full) return refusedByHand("no_room", full);

  const now = corridor.now();
  // whatever is ordered now has a key of its own
  await giveUpOrder(tx, grantId, "permanent", "refused, and tried again by hand", now);
  const { id: version, provider } = await rewardNow(corridor, tx, grant);
  await tx.run(
    `update grants set reward_version = $2, provider = $3, not_before = $4, claimed_at = null,
       retried_from = (select coalesce(max(round), 0) + 1 from orders_past where grant_id = $1) where id = $1`,
    [grantId, version, provider, now],
  );
  const why = reason("tried_again", { why: because });
  await moveGrants(tx, [{ grantId, from: "failed", to: "approved", actor: hand.name, why }]);
  corridor.telemetry.grant("approved");
  return {
    ok: true,
    said: `It is ordered again, with a new key, from ${provider}. \`accolade rewards order ${grantId}\` shows what comes of it.`,
  };
};

/** Takes its limits and its budget as when it was made. What is in the way, in words; nothing was taken then. */
const takeRoom = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<string | undefined> => {
  const { id, rule_id: ruleId, value, cost, situation: seen } = grant;
  const { matcher } = await corridor.rules.version(grant.rule_version, tx);
  const rule = matcher.book.rules.find((each) => each.id === ruleId);
  const { key: recipientKey = "", n = 0 } =
    (await tx.row<{ key: string; n: number }>(
      "select recipient_key as key, (select count(*)::int from ledger_postings where grant_id = g.id) as n from grants g where id = $1",
      [id],
    )) ?? {};
  const minor = cost.minor - (await heldThrough(tx, id));
  const key = `${id}/reserve/tried/${n}`;
  const empty = `its budget ${grant.budget} holds less than ${formatMoney({ ...cost, minor })}`;
  if (rule) {
    const wanting = { id, ruleId, rule, recipientKey, value, seen };
    const persons = await samePersons(tx, [recipientKey, ...ownerCounted(wanting)]);
    const room = await openRoom(corridor, tx, [wanting], persons);
    const taken = room.take(wanting, { now: true, stands: false, grows: true });
    if ("reason" in taken)
      return stopWords({ words: wordsIn("en"), timeZone: corridor.workspace.timeZone }, { ...taken, value });
    if (!(await reserveAgain(tx, grant, minor, key))) return empty;
    await room.write(tx);
    return undefined;
  }
  return (await reserveAgain(tx, grant, minor, key)) ? undefined : empty;
};

/** The rule version that its reward is read from, and the provider: what is in force, where that can supply the value at all. */
const rewardNow = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<{ id: number; provider: string }> => {
  const current = corridor.rules.current();
  const reward = current.matcher.book.rewards.find(({ id }) => id === grant.reward_id);
  const sort = grant.value.currency === POINTS ? "points" : "money";
  const supplies = corridor.providers.get(reward?.provider ?? "")?.kind.supplies;
  if (reward && (supplies === sort || supplies === "both")) return { id: current.id, provider: reward.provider };
  const before = grant.reward_version ?? grant.rule_version;
  const { matcher } = await corridor.rules.version(before, tx);
  const old = matcher.book.rewards.find(({ id }) => id === grant.reward_id);
  return { id: before, provider: old?.provider ?? grant.provider };
};

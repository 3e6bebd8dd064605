/**
 * What becomes of a grant that was ordered and is no longer due (`undone_at`, set by decide): it is taken back at the provider
 * where the provider can; what was used already becomes a debt where the rule asks for clawback. docs/reversal.md has the table.
 */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { balance, post } from "../ledger/ledger.ts";
import { type MoveReason, reason } from "../ledger/move-reasons.ts";
import { POINTS } from "../money.ts";
import type { CancelOutcome, OrderRequest } from "../rewards/provider.ts";
import { keptWording, quoted, type Worded, type Wording, worded, wording } from "../wordings.ts";
import { attemptsSoFar, beginAttempt, endAttempt } from "./attempts.ts";
import { noProvider } from "./choose-route.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { heldThrough, lockRecipient, owe } from "./debts.ts";
import { judgeRecordAgain } from "./decide-again.ts";
import { freeGrants, sourceOf } from "./decide-free.ts";
import { waitUntil } from "./fulfil-refused.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { queueMessage, UNREACHABLE } from "./notify-channel.ts";
import { movePastOrder } from "./past-orders.ts";
import { pauseAfter } from "./pause-after.ts";
import { tellUntold } from "./tell-untold.ts";

interface Order {
  provider: string;
  request: OrderRequest;
  cost_minor: number;
}

interface Asking {
  grant: GrantView;
  open: OpenProvider;
  order: Order;
  attempt: number;
}

/** Why a grant that is not due any more stays with its recipient begins like this. */
export const STAYS = "cannot be taken back";

/** One grant. Does nothing for one that is due, that was acted upon, or that must wait. Safe to repeat after a crash. */
export const settleUndone = async (corridor: Corridor, grantId: string): Promise<void> => {
  const now = corridor.now();
  const begun = await corridor.database.transaction(async (tx) => {
    const grant = await loadGrant(tx, grantId, { lock: true });
    if (!grant || grant.not_before > now) return undefined;
    if (grant.state === "cancelled" && grant.clawback) await oweTheRest(tx, grant, now);
    if (!isToUndo(grant)) return undefined;
    if (grant.state === "redeemed")
      return { told: await cannotBeTaken(corridor, tx, grant, worded(wording("was_redeemed"))) };
    const order = await tx.row<Order>("select provider, request, cost_minor from orders where grant_id = $1", [
      grantId,
    ]);
    if (!order) return { told: await cannotBeTaken(corridor, tx, grant, worded(wording("paid_debt"))) };
    const open = corridor.providers.get(order.provider);
    if (!open) {
      await wait(tx, grantId, noProvider(order.provider), now, 60_000);
      return undefined;
    }
    if (!open.provider.cancel) return { told: await cannotBeTaken(corridor, tx, grant, takesNothing(open)) };
    // from here on nobody is shown the content: a reveal and a cancellation cannot both win
    await tx.run("update grants set taking_back_at = $2, not_before = $3 where id = $1", [
      grantId,
      now,
      new Date(now.getTime() + open.provider.longestCallMs),
    ]);
    const attempt = await beginAttempt(tx, { grantId, target: open.id, what: "cancel", at: now });
    return { asking: { grant, open, order, attempt } };
  });
  if (!begun) return;
  const told = "asking" in begun ? await ask(corridor, begun.asking) : begun.told;
  if (told) await corridor.doorbell.ring("notify", [told]).catch(() => {});
};

/**
 * An order under way is settled first: it becomes `issued` or `failed`. Where the provider was asked and nobody knows its
 * answer, it is asked to the end, also for a grant that is due again by now.
 */
const isToUndo = ({ state, undone_at, undone_done, taking_back_at }: GrantView) =>
  ((state === "issued" || state === "redeemed") &&
    undone_at !== null &&
    undone_at.getTime() !== undone_done?.getTime()) ||
  (state === "issued" && taking_back_at !== null);

const ask = async (corridor: Corridor, { grant, open, order, attempt }: Asking): Promise<string | undefined> => {
  const { request } = order;
  const outcome =
    (await open.provider.cancel?.(request.key, request, grant.claimed_at !== null)) ??
    ({ outcome: "cannot", detail: `${open.kind.label} takes nothing back` } as const);
  const now = corridor.now();
  const told = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, attemptOutcome(outcome), now);
    const current = await loadGrant(tx, grant.id, { lock: true });
    // another process was quicker, and its outcome is booked
    if (current?.state !== "issued" || current.round !== grant.round || !current.taking_back_at) return undefined;
    if (outcome.outcome === "unknown") {
      await wait(
        tx,
        grant.id,
        quoted(open.kind.label, outcome.detail),
        now,
        pauseAfter(await attemptsSoFar(tx, grant.id, "cancel")),
      );
      return undefined;
    }
    await tx.run("update grants set taking_back_at = null, not_before = $2 where id = $1", [grant.id, now]);
    if (outcome.outcome === "retryLater")
      await wait(tx, grant.id, quoted(open.kind.label, outcome.detail), now, outcome.afterMs);
    else if (outcome.outcome === "cancelled") return takenBack(corridor, tx, current, order);
    else if (current.undone_at)
      return cannotBeTaken(
        corridor,
        tx,
        current,
        outcome.outcome === "cannot" ? quoted(open.kind.label, outcome.detail) : worded(wording("used_or_seen")),
      );
    return undefined;
  });
  corridor.telemetry.attempt(open.id, outcome.outcome);
  corridor.log.step("taken back", { grant: grant.id, provider: open.id, outcome: outcome.outcome });
  return told;
};

const attemptOutcome = (outcome: CancelOutcome) => {
  switch (outcome.outcome) {
    case "cancelled":
      return { outcome: "accepted" } as const;
    case "used":
      return { outcome: "rejected", code: "used", detail: "it was used or seen" } as const;
    case "cannot":
      return { outcome: "rejected", code: "cannot", detail: outcome.detail } as const;
    default:
      return outcome;
  }
};

/** Nothing stands at the provider any more. */
const takenBack = async (corridor: Corridor, tx: Sql, grant: GrantView, order: Order) => {
  const { id: grantId, round, cost, recipient, value } = grant;
  await lockRecipient(tx, recipient.id);
  const amount = { minor: order.cost_minor, currency: cost.currency };
  const isPoints = value.currency === POINTS;
  if (isPoints) {
    // due again meanwhile: nothing was done outside of our ledger, so they simply stay
    if (!grant.undone_at) return undefined;
    const has = (await balance(tx, `points:${recipient.id}`)).find((each) => each.currency === cost.currency)?.minor;
    if ((has ?? 0) < amount.minor) return cannotBeTaken(corridor, tx, grant, worded(wording("points_used")));
  }
  const now = corridor.now();
  await movePastOrder(tx, grantId, now);
  const from = isPoints ? (`points:${recipient.id}` as const) : "issued";
  const key = `${grantId}/reverse/${round}`;
  await post(tx, [{ key, grantId, what: "reverse", from, to: sourceOf(grant.budget), amount }]);
  await tx.run("update grants set claim_version = claim_version + 1, undone_done = undone_at where id = $1", [grantId]);
  const why = grant.undone_why ? reason("undone", { undone: grant.undone_why }) : reason("not_due_when_asked");
  const left = await heldThrough(tx, grantId);
  if (left > 0 && grant.clawback && grant.undone_at) return clawBack(corridor, tx, grant, why);
  await moveGrants(tx, [{ grantId, from: "issued", to: "cancelled", actor: "settle", why }]);
  await freeGrants(tx, [grantId]);
  corridor.telemetry.grant("cancelled");
  if (grant.undone_at) return tellReversed(corridor, tx, grantId);
  // due again while the provider was asked: decide looks at the record once more and brings it back
  await judgeRecordAgain(tx, grantId);
  return undefined;
};

/** Words about what happened, for whoever was told of the reward before. */
const tellReversed = async (corridor: Corridor, tx: Sql, grantId: string): Promise<string | undefined> => {
  const told = await tx.row("select from messages where grant_id = $1 and kind = 'reward' and state <> 'skipped'", [
    grantId,
  ]);
  const grant = told && (await loadGrant(tx, grantId));
  return grant && queueMessage(corridor, tx, grant, "reversed");
};

/** The recipient keeps what they have, and owes it where the rule says so. Gives the message to be sent, if there is one. */
const cannotBeTaken = async (corridor: Corridor, tx: Sql, grant: GrantView, why: Worded) => {
  const detail = why.wording ?? why.words;
  await tx.run("update grants set undone_done = undone_at, taking_back_at = null, not_before = $2 where id = $1", [
    grant.id,
    corridor.now(),
  ]);
  if (grant.clawback) {
    await lockRecipient(tx, grant.recipient.id);
    return clawBack(
      corridor,
      tx,
      grant,
      reason("undone_not_taken", { undone: grant.undone_why ?? "correction", detail }),
    );
  }
  const byHand = grant.taken_by !== null && grant.undone_why !== null;
  if (byHand) await staysByHand(tx, grant, detail);
  // it stays a reward
  const message = await tellUntold(corridor, tx, grant);
  if (byHand) return message;
  // whom nobody can reach is looked for by how the reason begins
  await tx.run(
    `update grants set waiting = case when waiting like $3 then waiting || '; ' else '' end || $2, waiting_wording = $4 where id = $1`,
    [
      grant.id,
      `${STAYS}: ${why.words}`,
      `${UNREACHABLE}%`,
      keptWording({ words: `${STAYS}: ${why.words}`, wording: wording("stays", { why: detail }) }),
    ],
  );
  return message;
};

/** A person wanted it back, and that cannot be done: it is as it was, its history says so, and its rule holds again. */
const staysByHand = async (
  tx: Sql,
  { id: grantId, state, taken_by, undone_why }: GrantView,
  detail: Wording | string,
) => {
  await tx.run(
    "update grants set taken_by = null, undone_at = null, undone_why = null, undone_done = null where id = $1",
    [grantId],
  );
  const why = reason("not_taken_back", { undone: undone_why ?? "correction", detail });
  await moveGrants(tx, [{ grantId, from: null, to: state, actor: taken_by ?? "settle", why }]);
  // what was told of its record meanwhile was not held against it
  await judgeRecordAgain(tx, grantId);
};

const clawBack = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  why: MoveReason,
): Promise<string | undefined> => {
  const minor = await heldThrough(tx, grant.id);
  await moveGrants(tx, [
    {
      grantId: grant.id,
      from: grant.state === "redeemed" ? "redeemed" : "issued",
      to: "clawed_back",
      actor: "settle",
      why,
    },
  ]);
  if (minor > 0) await owe(tx, grant, { minor, currency: grant.cost.currency }, corridor.now());
  corridor.telemetry.grant("clawed_back");
  return tellReversed(corridor, tx, grant.id);
};

/**
 * It had been a debt, came back, and was cancelled before what was still to be paid of it was ordered: the recipient has
 * what they had before, and owes it again.
 */
const oweTheRest = async (tx: Sql, grant: GrantView, now: Date) => {
  await lockRecipient(tx, grant.recipient.id);
  const minor = await heldThrough(tx, grant.id);
  if (minor > 0) await owe(tx, grant, { minor, currency: grant.cost.currency }, now);
};

const wait = (tx: Sql, grantId: string, why: Worded, now: Date, ms: number) =>
  waitUntil(tx, grantId, why, new Date(now.getTime() + ms));

const takesNothing = ({ kind }: OpenProvider): Worded =>
  worded(wording("takes_nothing_back", { provider: kind.label }));

/**
 * A recipient takes an offer for points: a grant of its own, whose reward is ordered as any other. Balance and stock are taken
 * in the transaction that makes it, under the recipient's row; the same form sent twice is one.
 */
import type { Sql } from "../db/sql.ts";
import type { Offer } from "../engine/index.ts";
import { budgetsById } from "../ledger/budgets.ts";
import { type GrantState, moveGrants } from "../ledger/grant-states.ts";
import { balance, post } from "../ledger/ledger.ts";
import { reason } from "../ledger/move-reasons.ts";
import { type Money, POINTS } from "../money.ts";
import type { Recipient } from "../people/recipients.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { lockRecipient } from "./debts.ts";
import { worthIn } from "./decide-cost.ts";
import { sourceOf } from "./decide-free.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { offerRuleId } from "./offer-rule.ts";
import { uuidOf } from "./uuid-of.ts";

export type Redeemed =
  | { ok: true; grantId: string }
  | { ok: false; why: "not_found" | "no_offer" | "no_points" | "no_stock" | "no_budget" };

/** `key`: of the form that was sent; the same one again is the same wish. */
export const redeem = async (
  corridor: Corridor,
  recipientId: string,
  { offer: offerId, key }: { offer: string; key: string },
): Promise<Redeemed> => {
  const { database, doorbell, telemetry, log } = corridor;
  const done = await database.transaction(async (tx): Promise<Redeemed & { fresh?: GrantState }> => {
    const grantId = uuidOf(["offer", recipientId, key]);
    // before any row: whoever decides reads what budgets hold, and counts on it
    if (corridor.rules.current().matcher.book.offers.find(({ id }) => id === offerId)?.budget)
      await takeDecidingLock(tx);
    await lockRecipient(tx, recipientId);
    const recipient = await tx.row<Recipient>("select * from recipients where id = $1 and erased_at is null", [
      recipientId,
    ]);
    if (!recipient) return { ok: false, why: "not_found" };
    if (await tx.row("select from grants where id = $1", [grantId])) return { ok: true, grantId };
    const version = corridor.rules.current();
    const offer = version.matcher.book.offers.find((each) => each.id === offerId);
    if (!offer) return { ok: false, why: "no_offer" };
    if ((await pointsOf(tx, recipientId)) < offer.cost.minor) return { ok: false, why: "no_points" };
    const cost = await costOf(corridor, tx, offer);
    if (!cost) return { ok: false, why: "no_budget" };
    if (!(await takeOne(tx, offer))) return { ok: false, why: "no_stock" };
    const taken = { offer, cost, grantId, recipient, version: version.id };
    return { ok: true, grantId, fresh: await writeGrant(corridor, tx, taken) };
  });
  if (!done.ok || !done.fresh) return done.ok ? { ok: true, grantId: done.grantId } : done;
  telemetry.grant(done.fresh);
  log.step("redeemed", { grant: done.grantId, offer: offerId });
  if (done.fresh === "approved") await doorbell.ring("fulfil", [done.grantId]).catch(() => {});
  return { ok: true, grantId: done.grantId };
};

/** What somebody has to spend. */
export const pointsOf = async (sql: Sql, recipientId: string): Promise<number> =>
  (await balance(sql, `points:${recipientId}`)).find(({ currency }) => currency === POINTS)?.minor ?? 0;

/** False where none is left. Two who want the last one take turns at its row. */
const takeOne = async (tx: Sql, { id, stock }: Offer): Promise<boolean> =>
  (await tx.run(
    `insert into offer_takes as t (offer_id, taken) select $1, 1 where $2::int is null or $2 > 0
     on conflict (offer_id) do update set taken = t.taken + 1 where $2::int is null or t.taken < $2`,
    [id, stock],
  )) > 0;

/** What its budget pays, which has it now; without a budget what it is worth. Undefined: it is not to be had now. */
export const costOf = async (
  { workspace, now }: Pick<Corridor, "workspace" | "now">,
  sql: Sql,
  { budget: id, value }: Offer,
): Promise<Money | undefined> => {
  if (id === null) return value;
  const budget = (await budgetsById(sql, [id])).get(id);
  const at = now();
  if (!budget || (budget.starts_at && at < budget.starts_at) || (budget.ends_at && at >= budget.ends_at))
    return undefined;
  const cost = worthIn(workspace, value, budget.currency, at.toISOString());
  return cost && cost.minor <= budget.available ? cost : undefined;
};

interface Taken {
  offer: Offer;
  cost: Money;
  grantId: string;
  recipient: Recipient;
  version: number;
}

const DAY_MS = 86_400_000;

/** Gives where it begins. */
const writeGrant = async (
  { now, workspace }: Corridor,
  tx: Sql,
  { offer, cost, grantId, recipient, version }: Taken,
): Promise<GrantState> => {
  const at = now();
  const approval = needsApproval(workspace, offer, at) ? offer.approval : null;
  const state = approval ? "awaiting_approval" : "approved";
  const milestone = await tx.row<{ id: number }>(
    `insert into milestones (connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation)
     values ('accolade', 'recipient', $1, $2, $3, $4, $5, $6) returning id`,
    [recipient.id, TYPE, at, grantId, version, JSON.stringify(situationOf(recipient.id, at))],
  );
  const key = await tx.row<{ key: string }>(
    "select connection || '/' || kind || '/' || crm_id as key from recipient_ids where recipient_id = $1 order by 1 limit 1",
    [recipient.id],
  );
  await tx.run(
    `insert into grants (id, rule_id, once_key, recipient_key, recipient_id, rule_version, milestone_id, part, reward_id, provider,
       value_minor, currency, cost_minor, cost_currency, notify, team, state, granted_at, not_before, budget, approval_by,
       approval_days, approval_until)
     values ($1, $2, $14, $3, $4, $5, $6, 0, $7, $8, $9, $10, $15, $16, $11, $12, $17, $13, $13, $18, $19, $20, $21)`,
    [
      grantId,
      offerRuleId(offer.id),
      key?.key ?? `people/${recipient.id}`,
      recipient.id,
      version,
      milestone?.id,
      offer.give.id,
      offer.give.provider,
      offer.value.minor,
      offer.value.currency,
      offer.notify,
      recipient.team,
      at,
      grantId,
      cost.minor,
      cost.currency,
      state,
      offer.budget,
      approval?.by ?? null,
      approval?.withinDays ?? null,
      approval && new Date(at.getTime() + approval.withinDays * DAY_MS),
    ],
  );
  await tx.run(
    "insert into redemptions (grant_id, recipient_id, offer_id, cost_minor, at) values ($1, $2, $3, $4, $5)",
    [grantId, recipient.id, offer.id, offer.cost.minor, at],
  );
  const why = reason("taken_for_points", { points: offer.cost });
  await moveGrants(tx, [{ grantId, from: null, to: state, actor: "recipient", why }]);
  await post(tx, [
    {
      key: `${grantId}/spend`,
      grantId: null,
      what: "spend",
      from: `points:${recipient.id}`,
      to: "points_spent",
      amount: offer.cost,
    },
    {
      key: `${grantId}/reserve/0`,
      grantId,
      what: "reserve",
      from: sourceOf(offer.budget),
      to: "reserved",
      amount: cost,
    },
  ]);
  return state;
};

/** A value that cannot be compared with the bar, for want of an exchange rate, needs approval. */
export const needsApproval = (workspace: Corridor["workspace"], { approval, value }: Offer, at: Date): boolean => {
  if (!approval) return false;
  if (!approval.above) return true;
  const worth = worthIn(workspace, value, approval.above.currency, at.toISOString());
  return worth === null || worth.minor > approval.above.minor;
};

const TYPE = "custom.offer_taken";

const situationOf = (id: string, at: Date): Situation => ({
  milestone: {
    type: TYPE,
    occurredAt: at.toISOString(),
    connection: "accolade",
    subject: { kind: "recipient", id },
    from: null,
    to: null,
  },
  deal: null,
  contact: null,
  company: null,
  lead: null,
  owner: null,
  manager: null,
  customer: null,
  team: null,
  contributors: {},
  metric: null,
  details: {},
});

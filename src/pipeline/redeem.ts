/**
 * A recipient takes an offer for points: a grant of its own, whose reward is ordered as any other. Balance and stock are taken
 * in the transaction that makes it, under the recipient's row; the same form sent twice is one.
 */
import type { Sql } from "../db/sql.ts";
import type { Offer } from "../engine/index.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { balance, post } from "../ledger/ledger.ts";
import { formatMoney, POINTS } from "../money.ts";
import type { Recipient } from "../people/recipients.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { lockRecipient } from "./debts.ts";
import { offerRuleId } from "./offer-rule.ts";
import { uuidOf } from "./uuid-of.ts";

export type Redeemed =
  | { ok: true; grantId: string }
  | { ok: false; why: "not_found" | "no_offer" | "no_points" | "no_stock" };

/** `key`: of the form that was sent; the same one again is the same wish. */
export const redeem = async (
  corridor: Corridor,
  recipientId: string,
  { offer: offerId, key }: { offer: string; key: string },
): Promise<Redeemed> => {
  const { database, doorbell, telemetry, log } = corridor;
  const done = await database.transaction(async (tx): Promise<Redeemed & { fresh?: true }> => {
    const grantId = uuidOf(["offer", recipientId, key]);
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
    if (!(await takeOne(tx, offer))) return { ok: false, why: "no_stock" };
    await writeGrant(corridor, tx, { offer, grantId, recipient, version: version.id });
    return { ok: true, grantId, fresh: true };
  });
  if (!done.ok || !done.fresh) return done.ok ? { ok: true, grantId: done.grantId } : done;
  telemetry.grant("approved");
  log.step("redeemed", { grant: done.grantId, offer: offerId });
  await doorbell.ring("fulfil", [done.grantId]).catch(() => {});
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

const writeGrant = async (
  { now }: Corridor,
  tx: Sql,
  { offer, grantId, recipient, version }: { offer: Offer; grantId: string; recipient: Recipient; version: number },
) => {
  const at = now();
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
       value_minor, currency, cost_minor, cost_currency, notify, team, state, granted_at, not_before)
     values ($1, $2, $14, $3, $4, $5, $6, 0, $7, $8, $9, $10, $9, $10, $11, $12, 'approved', $13, $13)`,
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
    ],
  );
  await tx.run(
    "insert into redemptions (grant_id, recipient_id, offer_id, cost_minor, at) values ($1, $2, $3, $4, $5)",
    [grantId, recipient.id, offer.id, offer.cost.minor, at],
  );
  const why = `taken for ${formatMoney(offer.cost)} on their page`;
  await moveGrants(tx, [{ grantId, from: null, to: "approved", actor: "recipient", why }]);
  await post(tx, [
    {
      key: `${grantId}/spend`,
      grantId: null,
      what: "spend",
      from: `points:${recipient.id}`,
      to: "points_spent",
      amount: offer.cost,
    },
    { key: `${grantId}/reserve/0`, grantId, what: "reserve", from: "funding", to: "reserved", amount: offer.value },
  ]);
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

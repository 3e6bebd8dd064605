/**
 * What is ordered for a grant, decided once and frozen before the first attempt: the part of its cost that the recipient does
 * not have yet, without what pays a debt of theirs.
 */
import type { Sql } from "../db/sql.ts";
import { post } from "../ledger/ledger.ts";
import type { Money } from "../money.ts";
import type { OrderRequest } from "../rewards/provider.ts";
import { type Worded, worded, wording } from "../wordings.ts";
import type { Chosen } from "./choose-route.ts";
import type { Corridor } from "./corridor.ts";
import { debtsOfRecipient, heldThrough, lockRecipient } from "./debts.ts";
import { sourceOf } from "./decide-free.ts";
import { type GrantView, languageOf, titleIn, titlesOf } from "./grant-view.ts";
import { uuidOf } from "./uuid-of.ts";

export type Frozen =
  | { what: "order"; request: OrderRequest }
  /** All of it paid debts, or the recipient has it already: there is nothing to order. */
  | { what: "nothing" }
  /** It cannot be ordered as it is. The reason is for a person. */
  | { what: "wait"; why: Worded };

/** Freezes what is ordered by this route. The grant is `approved`, locked by the caller, and has no order yet. */
export const freezeOrder = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  { route, open: { id: provider, kind }, options, why }: Chosen,
): Promise<Frozen> => {
  await lockRecipient(tx, grant.recipient.id);
  const round = await beginRound(tx, grant.id);
  const { cost } = grant;
  const payable = Math.max(0, cost.minor - (await heldThrough(tx, grant.id)));
  if (kind.wholeOnly && payable > 0 && payable < cost.minor) {
    const part = { ...cost, minor: payable };
    return { what: "wait", why: worded(wording("in_part", { part, whole: cost, provider: kind.label })) };
  }
  await releaseBeyond(tx, grant, payable, round);
  const netted = await promiseNettings(tx, grant, round, payable, kind.wholeOnly ?? false);
  const rest = payable - netted;
  if (rest === 0 && cost.minor > 0) return { what: "nothing" };

  const language = languageOf(corridor, grant.recipient);
  const titles = await titlesOf(corridor, tx, grant);
  const { id, name, email } = grant.recipient;
  const request: OrderRequest = {
    key: orderKey(grant.id, round),
    value: shareOf(grant, rest),
    options,
    title: titleIn(corridor, titles.reward ?? titles.rule, language),
    recipient: { id, name, email, language },
  };
  await tx.run(
    `insert into orders (grant_id, provider, request, cost_minor, route, chosen, frozen_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [grant.id, provider, JSON.stringify(request), rest, route, why, corridor.now()],
  );
  if (provider !== grant.provider) await tx.run("update grants set provider = $2 where id = $1", [grant.id, provider]);
  return { what: "order", request };
};

/** The grant id for the first order; later ones never have the key of an order that was taken back. */
const orderKey = (grantId: string, round: number) => (round === 1 ? grantId : uuidOf([grantId, `round ${round}`]));

/** A new order is a new round, and nobody has seen it; what an order that was given up would have paid is void. */
const beginRound = async (tx: Sql, grantId: string): Promise<number> => {
  await tx.run("delete from nettings where grant_id = $1 and not posted", [grantId]);
  const row = await tx.row<{ round: number }>(
    `update grants set netted_minor = 0, claimed_at = null,
       round = greatest(round, (select coalesce(max(round), 0) + 1 from orders_past where grant_id = $1))
     where id = $1 returning round`,
    [grantId],
  );
  return row?.round ?? 1;
};

/** What was reserved for more than is paid now goes back at once: the recipient has the rest of it already. */
const releaseBeyond = async (tx: Sql, grant: GrantView, payable: number, round: number) => {
  const row = await tx.row<{ minor: number }>(
    `select coalesce(sum(e.amount_minor), 0)::bigint as minor from ledger_postings p
     join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
     where p.grant_id = $1 and a.code = 'reserved' and a.currency = $2`,
    [grant.id, grant.cost.currency],
  );
  const amount = { minor: Math.max(0, (row?.minor ?? 0) - payable), currency: grant.cost.currency };
  const key = `${grant.id}/release/held/${round}`;
  await post(tx, [{ key, grantId: grant.id, what: "release", from: "reserved", to: sourceOf(grant.budget), amount }]);
};

/** Promises open debts of the recipient as much of this grant as they need, oldest first. Gives how much. */
const promiseNettings = async (tx: Sql, grant: GrantView, round: number, payable: number, wholeOnly: boolean) => {
  const debts = (await debtsOfRecipient(tx, grant.recipient.id, grant.cost.currency)).filter(
    (debt) => debt.open_minor > 0,
  );
  const owed = debts.reduce((sum, debt) => sum + debt.open_minor, 0);
  if (payable === 0 || owed === 0 || (wholeOnly && owed < payable)) return 0;
  let left = payable;
  const shares = debts.map((debt) => {
    const minor = Math.min(left, debt.open_minor);
    left -= minor;
    return { ...debt, minor };
  });
  const paying = shares.filter((share) => share.minor > 0);
  await tx.run(
    `insert into nettings (grant_id, round, debt_grant_id, debt_round, amount_minor)
     select $1, $2, * from unnest($3::uuid[], $4::smallint[], $5::bigint[])`,
    [
      grant.id,
      round,
      paying.map((share) => share.grant_id),
      paying.map((share) => share.round),
      paying.map((share) => share.minor),
    ],
  );
  await tx.run("update grants set netted_minor = $2 where id = $1", [grant.id, payable - left]);
  return payable - left;
};

/** The part of the value that this part of the cost stands for, rounded in the recipient's favour. */
const shareOf = ({ value, cost }: GrantView, part: number): Money => {
  if (part === cost.minor) return value;
  const [whole, share, of] = [BigInt(value.minor), BigInt(part), BigInt(cost.minor)];
  return { minor: Number((whole * share + of - 1n) / of), currency: value.currency };
};

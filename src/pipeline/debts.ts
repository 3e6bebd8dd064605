/**
 * Debts of recipients: what they owe from grants that are no longer due and could not be taken back. A debt is paid by later
 * grants (`nettings`), forgiven by a person, or written off when its grant is due again.
 *
 * Who changes or counts a recipient's debts holds their row (`lockRecipient`), after the grant's own: never the other way round.
 */
import type { Sql } from "../db/sql.ts";
import { type Account, post } from "../ledger/ledger.ts";
import type { Money } from "../money.ts";
import type { GrantView } from "./grant-view.ts";

export interface Debt {
  grant_id: string;
  round: number;
  recipient_id: string;
  amount_minor: number;
  currency: string;
  forgiven_minor: number;
  /** Paid by later grants that were issued. */
  paid_minor: number;
  /** Paid by grants whose order is under way: counts once they are issued. */
  promised_minor: number;
  open_minor: number;
  since: Date;
}

// an order that was given up (cancelled, failed) has no row any more, and what it would have paid is open again
const debtsWhere = (condition: string) =>
  `select d.grant_id, d.round, g.recipient_id, d.amount_minor, d.currency, d.forgiven_minor, n.paid_minor, n.promised_minor,
     d.amount_minor - d.forgiven_minor - n.paid_minor - n.promised_minor as open_minor, d.since
   from debts d join grants g on g.id = d.grant_id
   cross join lateral (
     select coalesce(sum(amount_minor) filter (where posted), 0)::bigint as paid_minor,
       coalesce(sum(amount_minor) filter (where not posted and exists (
         select from orders o where o.grant_id = t.grant_id and o.settled_at is null)), 0)::bigint as promised_minor
     from nettings t where t.debt_grant_id = d.grant_id and t.debt_round = d.round) n
   where ${condition} order by d.since, d.grant_id, d.round`;

/** Nobody else changes or counts this recipient's debts until the transaction ends. */
export const lockRecipient = (tx: Sql, recipientId: string): Promise<unknown> =>
  tx.row("select from recipients where id = $1 for no key update", [recipientId]);

/** Every debt of a recipient in this currency, paid ones included, oldest first. */
export const debtsOfRecipient = (sql: Sql, recipientId: string, currency: string): Promise<Debt[]> =>
  sql.rows<Debt>(debtsWhere("g.recipient_id = $1 and d.currency = $2"), [recipientId, currency]);

/** Every debt that came from a grant, of all its rounds. */
export const debtsOfGrant = (sql: Sql, grantId: string): Promise<Debt[]> =>
  sql.rows<Debt>(debtsWhere("d.grant_id = $1"), [grantId]);

/** What is owed in the whole workspace, oldest first. */
export const openDebts = async (sql: Sql): Promise<Debt[]> =>
  (await sql.rows<Debt>(debtsWhere("d.forgiven_minor < d.amount_minor"))).filter((debt) => debt.open_minor > 0);

/**
 * What the recipient has through this grant, in its cost's currency: orders that stand, and debts that it paid, without what
 * is owed from it. The whole cost while the grant is issued, nothing once it was taken back or clawed back.
 */
export const heldThrough = async (sql: Sql, grantId: string): Promise<number> =>
  (await sql.row<{ held: number }>("select held_through($1) as held", [grantId]))?.held ?? 0;

export const debtAccount = (recipientId: string): Account => `debt:${recipientId}`;

/** The recipient owes this from now on, beside what they may owe from the grant already. Their row is locked by the caller. */
export const owe = async (tx: Sql, grant: GrantView, amount: Money, at: Date): Promise<void> => {
  const row = await tx.row<{ amount_minor: number }>(
    `insert into debts (grant_id, round, amount_minor, currency, since) values ($1, $2, $3, $4, $5)
     on conflict (grant_id, round) do update set amount_minor = debts.amount_minor + excluded.amount_minor, since = excluded.since
     returning amount_minor`,
    [grant.id, grant.round, amount.minor, amount.currency, at],
  );
  // the sum grows each time, which tells one clawback of a round from the next
  const key = `${grant.id}/clawback/${grant.round}/${row?.amount_minor}`;
  const from = debtAccount(grant.recipient.id);
  await post(tx, [{ key, grantId: grant.id, what: "clawback", from, to: "clawed_back", amount }]);
};

/** What is open of these debts is owed no more. Each is locked through its recipient's row by the caller. */
export const forgive = async (tx: Sql, debts: readonly Debt[]): Promise<void> => {
  const open = debts.filter((debt) => debt.open_minor > 0);
  if (open.length === 0) return;
  await tx.run(
    `update debts d set forgiven_minor = d.forgiven_minor + t.open
     from unnest($1::uuid[], $2::smallint[], $3::bigint[]) as t (grant_id, round, open)
     where d.grant_id = t.grant_id and d.round = t.round`,
    [open.map((each) => each.grant_id), open.map((each) => each.round), open.map((each) => each.open_minor)],
  );
  await post(
    tx,
    open.map((debt) => ({
      // what was forgiven before tells one forgiving from the next
      key: `${debt.grant_id}/forgive/${debt.round}/${debt.forgiven_minor}`,
      grantId: debt.grant_id,
      what: "forgive",
      from: "clawed_back",
      to: debtAccount(debt.recipient_id),
      amount: { minor: debt.open_minor, currency: debt.currency },
    })),
  );
};

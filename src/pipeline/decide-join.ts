/** One person who was known as two: their grants and their points come together. */
import type { Sql } from "../db/sql.ts";
import { post } from "../ledger/ledger.ts";
import { POINTS } from "../money.ts";
import { giveUp, type SamePerson } from "../people/same-person.ts";
import { debtAccount } from "./debts.ts";

/** Every point that `from` was given or gave is booked over to `to`, grant by grant; nothing is paid anew. */
export const joinPeople = async (tx: Sql, joins: readonly SamePerson[]): Promise<void> => {
  for (const join of joins) {
    const { from, to } = join;
    // whoever spends points holds this row
    await tx.rows("select from recipients where id = any ($1) order by id for no key update", [[from, to]]);
    const given = await tx.rows<{ id: string | null; minor: number }>(
      `select p.grant_id as id, sum(e.amount_minor)::bigint as minor
       from ledger_accounts a join ledger_entries e on e.account_id = a.id join ledger_postings p on p.id = e.posting_id
       where a.code = $1 and a.currency = $2 group by p.grant_id having sum(e.amount_minor) <> 0`,
      [`points:${from}`, POINTS],
    );
    await post(
      tx,
      given.map(({ id, minor }) => ({
        key: `${id ?? "spent"}/join/${from}/${to}`,
        grantId: id,
        what: "join",
        // what was spent stands below zero, and goes the other way
        from: `points:${minor > 0 ? from : to}`,
        to: `points:${minor > 0 ? to : from}`,
        amount: { minor: Math.abs(minor), currency: POINTS },
      })),
    );
    await moveDebts(tx, join);
    await tx.run("update grants set recipient_id = $2 where recipient_id = $1", [from, to]);
    await tx.run("update redemptions set recipient_id = $2 where recipient_id = $1", [from, to]);
    await tx.run("update disputes set recipient_id = $2 where recipient_id = $1", [from, to]);
    await tx.run("update reward_tasks set recipient_id = $2 where recipient_id = $1", [from, to]);
    await tx.run("update outgoing set recipient_id = $2 where recipient_id = $1", [from, to]);
    await giveUp(tx, join);
  }
};

/** What `from` owes is owed by `to`. */
const moveDebts = async (tx: Sql, { from, to }: SamePerson) => {
  const owed = await tx.rows<{ id: string; round: number; minor: number; currency: string }>(
    `select d.grant_id as id, d.round, d.currency, d.amount_minor - d.forgiven_minor - coalesce((
       select sum(n.amount_minor) from nettings n where n.debt_grant_id = d.grant_id and n.debt_round = d.round and n.posted), 0)::bigint as minor
     from debts d join grants g on g.id = d.grant_id where g.recipient_id = $1`,
    [from],
  );
  await post(
    tx,
    owed.map(({ id, round, minor, currency }) => ({
      key: `${id}/join/debt/${round}/${from}/${to}`,
      grantId: id,
      what: "join",
      from: debtAccount(to),
      to: debtAccount(from),
      amount: { minor, currency },
    })),
  );
};

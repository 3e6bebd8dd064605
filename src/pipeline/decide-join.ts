/** One person who was known as two: their grants and their points come together. */
import type { Sql } from "../db/sql.ts";
import { post } from "../ledger/ledger.ts";
import { POINTS } from "../money.ts";
import { giveUp, type SamePerson } from "../people/same-person.ts";

/** Every point that `from` was given is booked over to `to`, grant by grant; nothing is paid anew. */
export const joinPeople = async (tx: Sql, joins: readonly SamePerson[]): Promise<void> => {
  for (const join of joins) {
    const { from, to } = join;
    const given = await tx.rows<{ id: string; minor: number }>(
      `select p.grant_id as id, sum(e.amount_minor)::bigint as minor
       from ledger_accounts a join ledger_entries e on e.account_id = a.id join ledger_postings p on p.id = e.posting_id
       where a.code = $1 and a.currency = $2 group by p.grant_id having sum(e.amount_minor) > 0`,
      [`points:${from}`, POINTS],
    );
    await post(
      tx,
      given.map(({ id, minor }) => ({
        key: `${id}/join/${from}/${to}`,
        grantId: id,
        what: "join",
        from: `points:${from}`,
        to: `points:${to}`,
        amount: { minor, currency: POINTS },
      })),
    );
    await tx.run("update grants set recipient_id = $2 where recipient_id = $1", [from, to]);
    await tx.run("update disputes set recipient_id = $2 where recipient_id = $1", [from, to]);
    await giveUp(tx, join);
  }
};

/** Gives back what grants took up and do not need any more. */
import type { Sql } from "../db/sql.ts";
import { type Account, post } from "../ledger/ledger.ts";

interface Reserved {
  id: string;
  minor: number;
  currency: string;
  budget: string | null;
  /** Postings of the grant so far: a number that no release of it had. */
  postings: number;
}

/** Releases what is still reserved for these grants, and frees the limits that they took. After they were moved to their end. */
export const freeGrants = async (tx: Sql, grantIds: readonly string[]): Promise<void> => {
  if (grantIds.length === 0) return;
  const reserved = await tx.rows<Reserved>(
    `select g.id, sum(e.amount_minor)::bigint as minor, a.currency, g.budget,
       (select count(*) from ledger_postings c where c.grant_id = g.id)::int as postings
     from grants g join ledger_postings p on p.grant_id = g.id join ledger_entries e on e.posting_id = p.id
     join ledger_accounts a on a.id = e.account_id
     where g.id = any ($1) and a.code = 'reserved' group by g.id, a.currency having sum(e.amount_minor) > 0`,
    [grantIds],
  );
  await post(
    tx,
    reserved.map(({ id, minor, currency, budget, postings }) => ({
      key: `${id}/release/freed/${postings}`,
      grantId: id,
      what: "release",
      from: "reserved",
      to: (budget === null ? "funding" : `budget:${budget}`) as Account,
      amount: { minor, currency },
    })),
  );
  await tx.run(
    `with freed as (delete from limit_uses where grant_id = any ($1) returning key, count, amount_minor),
       sums as (select key, sum(count)::int as count, sum(amount_minor)::bigint as amount_minor from freed group by key)
     update limit_totals t set count = t.count - s.count, amount_minor = t.amount_minor - s.amount_minor
     from sums s where t.key = s.key`,
    [grantIds],
  );
};

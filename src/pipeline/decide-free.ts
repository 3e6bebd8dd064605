/** Gives back what grants took up and will not use: their reservation, and their place in limits. */
import type { Sql } from "../db/sql.ts";
import { type Account, type Posting, post } from "../ledger/ledger.ts";
import { judgeAgain } from "./decide-again.ts";
import { samePersons } from "./decide-persons.ts";
import { returnPoints } from "./return-points.ts";

/**
 * For grants that were cancelled, declined, refused, expired or taken back. What is still reserved goes back to the
 * budget or to funding, their limits are freed, and the records of those who waited for the room are due to be judged
 * again. Called after the move, in its transaction; calling it again changes nothing.
 */
export const freeGrants = async (tx: Sql, grantIds: readonly string[]): Promise<void> => {
  if (grantIds.length === 0) return;
  const released = await stillReserved(tx, grantIds);
  await post(tx, released);
  await returnPoints(tx, grantIds);
  const limits = await freeLimits(tx, grantIds);
  await judgeAgain(tx, [...grantIds, ...limits, ...released.map(({ to }) => to)]);
};

const stillReserved = async (tx: Sql, grantIds: readonly string[]): Promise<Posting[]> => {
  const rows = await tx.rows<{ id: string; budget: string | null; minor: number; currency: string; n: number }>(
    `select g.id, g.budget, a.currency, sum(e.amount_minor)::bigint as minor,
       (select count(*) from ledger_postings c where c.grant_id = g.id)::int as n
     from grants g join ledger_postings p on p.grant_id = g.id join ledger_entries e on e.posting_id = p.id
     join ledger_accounts a on a.id = e.account_id and a.code = 'reserved'
     where g.id = any ($1) group by g.id, a.currency having sum(e.amount_minor) > 0 order by g.id, a.currency`,
    [grantIds],
  );
  return rows.map(({ id, budget, minor, currency, n }) => ({
    key: `${id}/release/${n}`,
    grantId: id,
    what: "release",
    from: "reserved",
    to: sourceOf(budget),
    amount: { minor, currency },
  }));
};

/** The account that a grant is paid from. */
export const sourceOf = (budget: string | null): Account => (budget === null ? "funding" : `budget:${budget}`);

const freeLimits = async (tx: Sql, grantIds: readonly string[]): Promise<string[]> => {
  const rows = await tx.rows<{ key: string }>(
    `with gone as (
       delete from limit_uses where grant_id = any ($1) returning key, count, amount_minor
     ), less as (
       select key, sum(count)::int as count, sum(amount_minor)::bigint as amount_minor from gone group by key
     )
     update limit_totals t set count = t.count - less.count, amount_minor = t.amount_minor - less.amount_minor
     from less where t.key = less.key returning t.key`,
    [grantIds],
  );
  return rows.length === 0
    ? []
    : withOtherKeys(
        tx,
        grantIds,
        rows.map((row) => row.key),
      );
};

/** What is freed of one key of a person is room for who waits under another. */
const withOtherKeys = async (tx: Sql, grantIds: readonly string[], freed: readonly string[]): Promise<string[]> => {
  const rows = await tx.rows<{ key: string }>(
    `select g.recipient_key as key from grants g where g.id = any ($1)
     union
     select m.connection || '/user/' || (m.situation #>> '{owner,id}') from grants g join milestones m on m.id = g.milestone_id
     where g.id = any ($1) and m.situation #>> '{owner,id}' is not null`,
    [grantIds],
  );
  const keys = rows.map((row) => row.key);
  const persons = await samePersons(tx, keys);
  const others = keys.flatMap((key) =>
    persons
      .keysOf(key)
      .flatMap((other) =>
        freed
          .filter((each) => `${each}/`.includes(`/${key}/`))
          .map((each) => `${each}/`.replace(`/${key}/`, () => `/${other}/`).slice(0, -1)),
      ),
  );
  return [...new Set([...freed, ...others])];
};

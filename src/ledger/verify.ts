/** Everything that must hold of the ledger, asked of the rows themselves. What is wrong is said in words. */
import type { Sql } from "../db/sql.ts";
import { formatMoney } from "../money.ts";
import { RESERVED, SUPPLIED } from "./account-kinds.ts";

export interface LedgerFault {
  /** Which promise is broken: `posting`, `account`, `budget`, `grant` or `limit`. */
  kind: "posting" | "account" | "budget" | "grant" | "limit";
  /** A posting's key, an account's code, a budget's, grant's or limit's id. */
  about: string;
  /** What was found and what was expected. */
  problem: string;
}

export interface Verified {
  /** How much was looked at. */
  postings: number;
  accounts: number;
  grants: number;
  limits: number;
  /** At most `MOST` of each kind. */
  faults: LedgerFault[];
}

const MOST = 100;

/**
 * Looks at the whole ledger. Run it in a transaction of `repeatable read`, so that it sees one moment: between two
 * statements a server that works beside it would look like a fault.
 */
export const verifyLedger = async (tx: Sql): Promise<Verified> => {
  const counts = await tx.row<Omit<Verified, "faults">>(
    `select (select count(*) from ledger_postings)::int as postings, (select count(*) from ledger_accounts)::int as accounts,
       (select count(*) from grants)::int as grants, (select count(*) from limit_totals)::int as limits`,
  );
  const faults: LedgerFault[] = [];
  // one after the other: they share the one connection of the transaction
  for (const look of [unbalancedPostings, wrongBalances, overspentBudgets, wrongGrants, wrongLimits, keptLimits])
    faults.push(...(await look(tx)));
  return { postings: 0, accounts: 0, grants: 0, limits: 0, ...counts, faults };
};

const unbalancedPostings = async (tx: Sql): Promise<LedgerFault[]> => {
  const rows = await tx.rows<{ key: string; currency: string; minor: number; entries: number }>(
    `select p.key, a.currency, sum(e.amount_minor)::bigint as minor, count(*)::int as entries
     from ledger_entries e join ledger_accounts a on a.id = e.account_id join ledger_postings p on p.id = e.posting_id
     group by p.id, a.currency having sum(e.amount_minor) <> 0 order by p.id limit ${MOST}`,
  );
  return rows.map(({ key, entries, ...sum }) => ({
    kind: "posting",
    about: key,
    problem: `found ${entries === 1 ? "one entry alone" : `${entries} entries`} with a sum of ${formatMoney(sum)}, expected 0`,
  }));
};

const wrongBalances = async (tx: Sql): Promise<LedgerFault[]> => {
  const rows = await tx.rows<{ code: string; currency: string; kept: number; minor: number }>(
    `select a.code, a.currency, a.balance_minor as kept, coalesce(sum(e.amount_minor), 0)::bigint as minor
     from ledger_accounts a left join ledger_entries e on e.account_id = a.id where a.code like 'budget:%'
     group by a.id having a.balance_minor <> coalesce(sum(e.amount_minor), 0) order by a.code limit ${MOST}`,
  );
  return rows.map(({ code, currency, kept, minor }) => ({
    kind: "account",
    about: code,
    problem: `found a balance of ${formatMoney({ minor: kept, currency })}, expected the sum of its entries, ${formatMoney({ minor, currency })}`,
  }));
};

const overspentBudgets = async (tx: Sql): Promise<LedgerFault[]> => {
  const rows = await tx.rows<{ code: string; currency: string; minor: number }>(
    `select a.code, a.currency, sum(e.amount_minor)::bigint as minor
     from ledger_accounts a join ledger_entries e on e.account_id = a.id where a.code like 'budget:%'
     group by a.id having sum(e.amount_minor) < 0 order by a.code limit ${MOST}`,
  );
  return rows.map(({ code, ...sum }) => ({
    kind: "budget",
    about: code.slice("budget:".length),
    problem: `found ${formatMoney(sum)} left in it, expected 0 or more`,
  }));
};

/** What of its cost must still be reserved, and what must have been supplied; null: either may be. */
const EXPECTED = `
  case when state in ('approved', 'ordering', 'unknown', 'awaiting_approval') or (state = 'held' and not unfunded) then cost_minor else 0 end as reserved_due,
  case when state in ('issued', 'redeemed') then cost_minor - netted_minor
    when state in ('clawed_back', 'expired') then null else 0 end as supplied_due`;

const wrongGrants = async (tx: Sql): Promise<LedgerFault[]> => {
  const rows = await tx.rows<{
    id: string;
    state: string;
    currency: string;
    reserved: number;
    supplied: number;
    reserved_due: number;
    supplied_due: number | null;
  }>(
    `with due as (
       select id, state, cost_currency, ${EXPECTED} from grants
     ), booked as (
       select p.grant_id, a.currency, coalesce(sum(e.amount_minor) filter (where ${RESERVED}), 0) as reserved,
         coalesce(sum(e.amount_minor) filter (where ${SUPPLIED}), 0) as supplied
       from ledger_postings p join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
       where p.grant_id is not null group by p.grant_id, a.currency
     ), seen as (
       -- a grant may have been reserved in another currency before it was corrected: nothing may be left of that
       select d.id, d.state, coalesce(b.currency, d.cost_currency) as currency, coalesce(b.reserved, 0) as reserved, coalesce(b.supplied, 0) as supplied,
         case when coalesce(b.currency, d.cost_currency) = d.cost_currency then d.reserved_due else 0 end as reserved_due,
         case when coalesce(b.currency, d.cost_currency) = d.cost_currency then d.supplied_due else 0 end as supplied_due
       from due d left join booked b on b.grant_id = d.id
       union all
       select d.id, d.state, d.cost_currency, 0, 0, d.reserved_due, d.supplied_due from due d
       where exists (select from booked b where b.grant_id = d.id)
         and not exists (select from booked b where b.grant_id = d.id and b.currency = d.cost_currency)
     )
     select id, state, currency, reserved::bigint as reserved, supplied::bigint as supplied, reserved_due, supplied_due from seen
     where reserved <> reserved_due or supplied <> supplied_due order by id limit ${MOST}`,
  );
  return rows.flatMap(({ id, state, currency, reserved, supplied, reserved_due, supplied_due }) => {
    const say = (what: string, found: number, expected: number): LedgerFault => ({
      kind: "grant",
      about: id,
      problem: `it is ${state}: found ${formatMoney({ minor: found, currency })} ${what} for it, expected ${formatMoney({ minor: expected, currency })}`,
    });
    return [
      ...(reserved === reserved_due ? [] : [say("reserved", reserved, reserved_due)]),
      ...(supplied_due === null || supplied === supplied_due ? [] : [say("supplied", supplied, supplied_due)]),
    ];
  });
};

interface LimitRow {
  key: string;
  count: number;
  amount: number;
  used_count: number;
  used_amount: number;
}

const wrongLimits = async (tx: Sql): Promise<LedgerFault[]> => {
  const rows = await tx.rows<LimitRow>(
    `with used as (
       select key, sum(count)::bigint as count, sum(amount_minor)::bigint as amount from limit_uses group by key
     )
     select key, coalesce(t.count, 0) as count, coalesce(t.amount_minor, 0) as amount, coalesce(u.count, 0) as used_count, coalesce(u.amount, 0) as used_amount
     from limit_totals t full join used u using (key)
     where (coalesce(t.count, 0), coalesce(t.amount_minor, 0)) <> (coalesce(u.count, 0), coalesce(u.amount, 0))
     order by key limit ${MOST}`,
  );
  return rows.map(({ key, count, amount, used_count, used_amount }) => ({
    kind: "limit",
    about: key,
    problem: `found ${count} grants and ${amount} minor units counted, expected the sum of its uses, ${used_count} and ${used_amount}`,
  }));
};

/** A grant that came to nothing must not keep others from theirs. */
const keptLimits = async (tx: Sql): Promise<LedgerFault[]> => {
  const rows = await tx.rows<{ id: string; state: string; key: string }>(
    `select g.id, g.state, u.key from limit_uses u join grants g on g.id = u.grant_id
     where g.state in ('cancelled', 'declined', 'failed', 'shadow') order by g.id, u.key limit ${MOST}`,
  );
  return rows.map(({ id, state, key }) => ({
    kind: "limit",
    about: key,
    problem: `found a use by grant ${id}, expected none: it is ${state}`,
  }));
};

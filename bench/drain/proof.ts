/** That a backlog was really decided: a fast wrong answer fails the bench. */
import type { Database } from "../../src/db/sql.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { isRewarded } from "../ground/deal-lives.ts";

export interface Expected {
  events: number;
  deals: number;
  grants: number;
}

/** What whole lives of deals come to. `first`: number of the first of them. */
export const expectedOf = ({ first, deals, events }: { first: number; deals: number; events: number }): Expected => ({
  events,
  deals,
  grants: Array.from({ length: deals }, (_, index) => first + index).filter(isRewarded).length,
});

/** Throws where events, records, grants, what they reserve, or the ledger are not as they must be. */
export const proofOf = async (database: Database, expected: Expected): Promise<void> => {
  const found = await database.row<Expected & { undecided: number; wins: number; reserved: number }>(
    `select (select count(*) from events where state = 'decided')::int as events,
       (select count(*) from events where state <> 'decided')::int as undecided,
       (select count(*) from records where kind = 'deal' and fields ->> 'status' in ('won', 'lost'))::int as deals,
       (select count(*) from grants where state <> 'cancelled')::int as grants,
       (select count(distinct m.subject_id) from grants g join milestones m on m.id = g.milestone_id
         where m.type = 'deal.won' and not m.withdrawn)::int as wins,
       (select coalesce(-sum(e.amount_minor), 0) from ledger_entries e join ledger_accounts a on a.id = e.account_id
         join ledger_postings p on p.id = e.posting_id where a.code = 'budget:all' and p.what = 'reserve')::int as reserved`,
  );
  const wanted = { ...expected, undecided: 0, wins: expected.grants, reserved: expected.grants * 5_000 };
  for (const [what, count] of Object.entries(wanted)) {
    const seen = found?.[what as keyof typeof wanted];
    if (seen !== count) throw new Error(`${what}: found ${seen}, expected ${count}`);
  }
  const { faults } = await verifyLedger(database);
  if (faults[0]) throw new Error(`the ledger is not in order: ${faults[0].about} ${faults[0].problem}`);
};

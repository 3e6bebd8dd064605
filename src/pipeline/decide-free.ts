/** Gives back what a grant had reserved, once it ended without being ordered. */
import type { Sql } from "../db/sql.ts";
import { post } from "../ledger/ledger.ts";

/** Called after the grants were moved to their end state, in the same transaction. The same call twice releases once. */
export const freeGrants = async (tx: Sql, grantIds: readonly string[]): Promise<void> => {
  const rows = await tx.rows<{ id: string; minor: number; currency: string; moves: number }>(
    `select g.id, g.cost_minor as minor, g.cost_currency as currency,
       (select count(*) from grant_moves v where v.grant_id = g.id)::int as moves
     from grants g where g.id = any ($1)`,
    [grantIds],
  );
  await post(
    tx,
    rows.map(({ id, minor, currency, moves }) => ({
      key: `${id}/release/${moves}`,
      grantId: id,
      what: "release",
      from: "reserved",
      to: "funding",
      amount: { minor, currency },
    })),
  );
};

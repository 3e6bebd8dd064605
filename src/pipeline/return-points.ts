import type { Sql } from "../db/sql.ts";
import { post } from "../ledger/ledger.ts";
import { POINTS } from "../money.ts";

/** Grants that were taken for points, and of which nothing came: the points are their recipients' again, and one more is there to take. */
export const returnPoints = async (tx: Sql, grantIds: readonly string[]): Promise<void> => {
  const rows = await tx.rows<{ grant_id: string; recipient_id: string; offer_id: string; cost_minor: number }>(
    `update redemptions set returned = true where grant_id = any ($1) and not returned
     returning grant_id, recipient_id, offer_id, cost_minor`,
    [grantIds],
  );
  if (rows.length === 0) return;
  await post(
    tx,
    rows.map(({ grant_id, recipient_id, cost_minor: minor }) => ({
      key: `${grant_id}/return`,
      grantId: null,
      what: "return",
      from: "points_spent",
      to: `points:${recipient_id}`,
      amount: { minor, currency: POINTS },
    })),
  );
  await tx.run(
    `update offer_takes t set taken = t.taken - back.n from (
       select id, count(*)::int as n from unnest($1::text[]) as u (id) group by id) back
     where t.offer_id = back.id`,
    [rows.map(({ offer_id }) => offer_id)],
  );
};

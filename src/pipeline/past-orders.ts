import type { Sql } from "../db/sql.ts";

/**
 * The present order of a grant becomes a past one, so that another can take its place. `takenBackAt` null: the recipient keeps
 * what it supplied. Does nothing where there is no order.
 */
export const movePastOrder = (tx: Sql, grantId: string, takenBackAt: Date | null): Promise<number> =>
  tx.run(
    `with gone as (delete from orders where grant_id = $1 returning *)
     insert into orders_past (grant_id, round, provider, request, reference, content, cost_minor, placed_at, settled_at, claimed_at, taken_back_at)
     select o.grant_id, g.round, o.provider, o.request, o.reference, o.content, o.cost_minor, o.placed_at, o.settled_at, g.claimed_at, $2
     from gone o join grants g on g.id = o.grant_id`,
    [grantId, takenBackAt],
  );

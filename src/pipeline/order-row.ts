import type { Sql } from "../db/sql.ts";
import type { OrderRequest } from "../rewards/provider.ts";

/** The order of the present round of a grant. */
export interface PresentOrder {
  provider: string;
  request: OrderRequest;
  /** Its place among the `via` of its reward. */
  route: number;
  /** Why this provider and no earlier one; null where it is the first. */
  chosen: string | null;
  frozen_at: Date;
  reference: string | null;
  placed_at: Date | null;
  settled_at: Date | null;
  /** How often it was sent and nobody heard what became of it; and when it was sent last. */
  unknown_orders: number;
  last_ordered_at: Date | null;
}

/** Undefined where nothing is frozen. */
export const orderOf = (sql: Sql, grantId: string): Promise<PresentOrder | undefined> =>
  sql.row<PresentOrder>(
    `select o.provider, o.request, o.route, o.chosen, o.frozen_at, o.reference, o.placed_at, o.settled_at,
       count(a.id) filter (where a.outcome = 'unknown')::int as unknown_orders,
       max(coalesce(a.finished_at, a.started_at)) as last_ordered_at
     from orders o left join attempts a on a.grant_id = o.grant_id and a.what = 'order' and a.target = o.provider
       and a.started_at >= o.frozen_at
     where o.grant_id = $1 group by o.grant_id`,
    [grantId],
  );

import type { Sql } from "../db/sql.ts";

/**
 * Orders of people who asked to be forgotten: without who it was for, and without what was supplied, which nobody can open
 * any more. One under way keeps its request until it is settled: another request under the same key would be another order.
 */
export const forgetOrders = async (tx: Sql, recipientIds: readonly string[]): Promise<void> => {
  for (const table of ["orders", "orders_past"])
    await tx.run(
      `update ${table} o set content = null,
         request = jsonb_set(o.request, '{recipient}', coalesce(o.request -> 'recipient', '{}') || '{"name": null, "email": null}')
       from grants g where g.id = o.grant_id and g.recipient_id = any ($1) and g.state not in ('approved', 'ordering', 'unknown')`,
      [recipientIds],
    );
};

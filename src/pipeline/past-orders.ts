import type { Sql } from "../db/sql.ts";

/**
 * Why an order that supplied nothing was given up: its provider refused it, does not know it (`absent`), or was never sent it
 * because its key had grown too old (`expired`) or the provider was paused.
 */
export type GivenUp = "permanent" | "configuration" | "funds" | "absent" | "expired" | "paused";

/**
 * The present order of a grant becomes a past one, so that another can take its place. `takenBackAt` null: the recipient keeps
 * what it supplied. Does nothing where there is no order.
 */
export const movePastOrder = (
  tx: Sql,
  grantId: string,
  takenBackAt: Date | null,
  refused: { how: GivenUp; detail: string } | null = null,
): Promise<number> =>
  tx.run(
    `with gone as (delete from orders where grant_id = $1 returning *)
     insert into orders_past (grant_id, round, provider, request, reference, content, cost_minor, placed_at, settled_at,
       claimed_at, taken_back_at, route, chosen, frozen_at, refused, refused_detail, given_up_at)
     select o.grant_id, g.round, o.provider, o.request, o.reference, o.content, o.cost_minor, o.placed_at, o.settled_at,
       g.claimed_at, $2::timestamptz, o.route, o.chosen, o.frozen_at, $3::text, $4::text,
       case when $3::text is null then null else $2::timestamptz end
     from gone o join grants g on g.id = o.grant_id`,
    [grantId, takenBackAt, refused?.how ?? null, refused?.detail.slice(0, 2_000) ?? null],
  );

/**
 * Gives up an order that is known to stand nowhere: the next one is frozen anew, with a key of its own, and may go to another
 * provider. What it would have paid of a debt is open again.
 */
export const giveUpOrder = async (tx: Sql, grantId: string, how: GivenUp, detail: string, at: Date): Promise<void> => {
  await movePastOrder(tx, grantId, at, { how, detail });
  await tx.run("delete from nettings where grant_id = $1 and not posted", [grantId]);
  await tx.run("update grants set netted_minor = 0 where id = $1", [grantId]);
};

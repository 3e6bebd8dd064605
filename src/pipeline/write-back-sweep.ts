import type { Corridor } from "./corridor.ts";

/** Calls to one CRM at once. Its own limits are kept by the connector, which waits. */
const AT_ONCE = 2;
const PATIENCE_MS = 3_000;

/**
 * Rings for what is to be written now: nobody else does, for the rows are written by the database itself. Of one record the
 * earliest, so that a note that says more comes after one that says less. Gives how many.
 */
export const sweepWriteBacks = async ({ database, doorbell, now }: Corridor): Promise<number> => {
  const at = now();
  const rows = await database.rows<{ id: string }>(
    `update write_backs set rung_at = $1 where id in (
       select due.id from write_back_connections c
       cross join lateral (
         select w.id from write_backs w
         where w.connection = c.connection and w.state in ('waiting', 'sending', 'unknown') and w.not_before <= $1
           and (w.rung_at is null or w.rung_at <= $2)
           and not exists (select from write_backs e where e.connection = w.connection and e.subject_kind = w.subject_kind
             and e.subject_id = w.subject_id and e.what = w.what and e.id < w.id and e.what = 'note'
             and e.state in ('waiting', 'sending', 'unknown'))
         order by w.id limit $3) due
       where c.in_force)
     returning id::text`,
    [at, new Date(at.getTime() - PATIENCE_MS), AT_ONCE * 25],
  );
  await doorbell.ring(
    "write",
    rows.map(({ id }) => id),
  );
  return rows.length;
};

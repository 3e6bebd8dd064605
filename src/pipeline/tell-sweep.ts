import type { Corridor } from "./corridor.ts";

/** Calls to one endpoint at once: one that hangs must not keep every worker. */
const AT_ONCE = 4;
/** One that was rung for is not rung for again within this. */
const PATIENCE_MS = 3_000;
/** What was delivered is kept so long, for the log and for replays. */
const KEPT_MS = 30 * 24 * 3_600_000;
const BATCH = 500;

/**
 * Rings for what these endpoints are to be told now: as many as each may take at once, of each thread the earliest, and of a
 * paused endpoint one, when it is time to look for it. Gives how many.
 */
export const ringForDue = async (
  { database, doorbell, now }: Pick<Corridor, "database" | "doorbell" | "now">,
  endpoints: readonly string[],
): Promise<number> => {
  const at = now();
  const rows = await database.rows<{ id: string }>(
    `update outgoing set rung_at = $1 where id in (
       select due.id from webhook_endpoints e
       cross join lateral (
         select count(*) as calls from outgoing b where b.endpoint = e.id
           and ((b.state = 'sending' and b.not_before > $1) or (b.state = 'waiting' and b.not_before <= $1 and b.rung_at > $2))) busy
       cross join lateral (
         select o.id from outgoing o
         where o.endpoint = e.id and o.state in ('waiting', 'sending') and o.not_before <= $1 and (o.rung_at is null or o.rung_at <= $2)
           and not exists (select from outgoing f where f.endpoint = o.endpoint and f.thread = o.thread and f.id < o.id
             and f.state in ('waiting', 'sending'))
         order by o.id limit greatest(0, case when e.paused_at is null then $4 else 1 end - busy.calls)) due
       where e.id = any ($3) and e.in_force and e.disabled_at is null and e.not_before <= $1 and (e.probe_at is null or e.probe_at <= $1))
     returning id::text`,
    [at, new Date(at.getTime() - PATIENCE_MS), endpoints, AT_ONCE],
  );
  await doorbell.ring(
    "tell",
    rows.map(({ id }) => id),
  );
  return rows.length;
};

/** Rings for every endpoint: nobody else does at first, for the rows are written by the database itself. */
export const sweepOutgoing = async (corridor: Corridor): Promise<number> => {
  const { database, endpoints, now } = corridor;
  if (endpoints.size === 0) return 0;
  await database.run(
    `delete from outgoing where id in (
       select id from outgoing where state = 'delivered' and settled_at < $1 order by settled_at limit $2 for update skip locked)`,
    [new Date(now().getTime() - KEPT_MS), BATCH],
  );
  return ringForDue(corridor, [...endpoints.keys()]);
};

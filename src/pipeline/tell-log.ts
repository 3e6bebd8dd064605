/** What was told to whom, told again, and a try on request: for the command line and the API. */
import { randomUUID } from "node:crypto";
import type { Corridor } from "./corridor.ts";
import { tell } from "./tell.ts";

export interface OutgoingEntry {
  id: number;
  /** As the receiver sees it: `webhook-id`. */
  webhookId: string;
  endpoint: string;
  type: string;
  grant: string | null;
  at: Date;
  state: "waiting" | "sending" | "delivered" | "failed" | "skipped";
  tries: number;
  /** When it is tried again; null where it is not, or at once. */
  nextTry: Date | null;
  settledAt: Date | null;
  reason: string | null;
}

export interface LogAsked {
  endpoint?: string | undefined;
  /** Only what was given up. */
  failed?: boolean | undefined;
  limit: number;
  /** Only those before this id. */
  before?: number | undefined;
}

/** Newest first. */
export const outgoingLog = (
  { database, now }: Pick<Corridor, "database" | "now">,
  { endpoint, failed = false, limit, before }: LogAsked,
): Promise<OutgoingEntry[]> =>
  database.rows<OutgoingEntry>(
    `select id, 'msg_' || event_id as "webhookId", endpoint, type, grant_id as grant, created_at as at, state, tries,
       case when state = 'waiting' and not_before > $5 then not_before end as "nextTry", settled_at as "settledAt", reason
     from outgoing where ($1::text is null or endpoint = $1) and (not $2 or state = 'failed') and ($3::bigint is null or id < $3)
     order by id desc limit $4`,
    [endpoint ?? null, failed, before ?? null, limit, now()],
  );

export type ReplayAsked = { ids: readonly number[] } | { since: Date; endpoint?: string | undefined; failed?: boolean };

/** Tells again what was settled, with the same `webhook-id`. Gives how many; what waits anyway is not among them. */
export const replayOutgoing = ({ database, now }: Corridor, asked: ReplayAsked): Promise<number> => {
  const again = `update outgoing o set state = 'waiting', tries = 0, not_before = $1, rung_at = null, settled_at = null,
    reason = 'asked for again' from webhook_endpoints e
    where e.id = o.endpoint and e.in_force and e.disabled_at is null and o.state in ('delivered', 'failed', 'skipped')`;
  return "ids" in asked
    ? database.run(`${again} and o.id = any ($2)`, [now(), [...asked.ids]])
    : database.run(
        `${again} and o.created_at >= $2 and ($3::text is null or o.endpoint = $3) and (not $4 or o.state in ('failed', 'skipped'))`,
        [now(), asked.since, asked.endpoint ?? null, asked.failed ?? false],
      );
};

export type Tried = { ok: true; status: number } | { ok: false; why: string };

/** Sends `endpoint.test` now, also to an endpoint that is paused. One that works is not paused any more. */
export const testEndpoint = async (corridor: Corridor, endpoint: string): Promise<Tried> => {
  const { database, now } = corridor;
  const at = now();
  const body = JSON.stringify({ type: "endpoint.test", timestamp: at.toISOString(), data: { endpoint } });
  const row = await database.row<{ id: number }>(
    `insert into outgoing (event_id, endpoint, type, thread, body, created_at, rung_at)
     select $1, id, 'endpoint.test', $2, $3, $4, $4 from webhook_endpoints where id = $5 and in_force and disabled_at is null
     returning id`,
    [randomUUID(), `test:${randomUUID()}`, body, at, endpoint],
  );
  if (!row) return { ok: false, why: "it is disabled, or no server has started with it yet" };
  await tell(corridor, String(row.id), { anyway: true });
  const tried = await database.row<{ status: number | null; detail: string | null }>(
    "select status, detail from outgoing_attempts where outgoing_id = $1 order by id desc limit 1",
    [row.id],
  );
  // a test that failed is over: it is not to arrive some day
  await database.run("update outgoing set state = 'failed', settled_at = $2 where id = $1 and state = 'waiting'", [
    row.id,
    now(),
  ]);
  return tried?.detail === null && tried.status !== null
    ? { ok: true, status: tried.status }
    : { ok: false, why: tried?.detail ?? "no answer yet" };
};

/**
 * What happened here, told to an endpoint: one call for each row of `outgoing`, at least once and with the same
 * `webhook-id`. Of what is about one grant an endpoint gets the earlier first, until one is given up.
 */
import { Webhook } from "standardwebhooks";
import type { Endpoint } from "../config-webhooks.ts";
import type { Sql } from "../db/sql.ts";
import { callOutside } from "../public-address.ts";
import type { Corridor } from "./corridor.ts";
import { MOST_TRIES, nextTry, type Told, toldBy } from "./tell-outcome.ts";
import { ringForDue } from "./tell-sweep.ts";

const TIMEOUT_MS = 15_000;
/** After this a call without outcome belongs to a process that died, and is repeated. */
const LEASE_MS = 60_000;
const PROBE_EVERY_MS = 3_600_000;
/** So many failures in a row, over so long: it is down, and not only unlucky. */
const FAILURES = 5;
const FAILING_MS = 3_600_000;

interface Row {
  id: number;
  event_id: string;
  endpoint: string;
  body: string;
  tries: number;
}
interface Ready {
  row: Row;
  endpoint: Endpoint;
  attempt: number;
  /** Only to see whether a paused endpoint is back: it does not count as a try. */
  probe: boolean;
}

/** Makes one call. Does nothing for a row that was settled, must wait, or is not next. `now` too for a paused endpoint where `anyway`. */
export const tell = async (corridor: Corridor, rowId: string, { anyway = false } = {}): Promise<void> => {
  const ready = await corridor.database.transaction((tx) => begin(corridor, tx, Number(rowId), anyway));
  if (!ready) return;
  const { row, endpoint } = ready;
  const at = corridor.now();
  const id = `msg_${row.event_id}`;
  const answer = await callOutside(endpoint.url, {
    headers: {
      "content-type": "application/json",
      "user-agent": "Accolade",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": endpoint.secrets.map((secret) => new Webhook(secret).sign(id, at, row.body)).join(" "),
    },
    body: row.body,
    timeoutMs: TIMEOUT_MS,
    allowPrivate: endpoint.allowPrivate,
  });
  await settle(corridor, ready, toldBy(answer, corridor.now()));
  await ringForDue(corridor, [endpoint.id]).catch(() => {});
};

const begin = async (corridor: Corridor, tx: Sql, id: number, anyway: boolean): Promise<Ready | undefined> => {
  const now = corridor.now();
  const known = await tx.row<{ endpoint: string }>("select endpoint from outgoing where id = $1", [id]);
  const endpoint = known && corridor.endpoints.get(known.endpoint);
  if (!endpoint) return undefined;
  // calls of one endpoint are begun one after the other, so that their order can be seen
  const standing = await tx.row<{ not_before: Date; paused_at: Date | null; probe_at: Date | null }>(
    "select not_before, paused_at, probe_at from webhook_endpoints where id = $1 and in_force and disabled_at is null for no key update",
    [endpoint.id],
  );
  const row =
    standing &&
    (await tx.row<Row & { blocked: boolean }>(
      `select o.id, o.event_id, o.endpoint, o.body, o.tries,
         exists (select from outgoing e where e.endpoint = o.endpoint and e.thread = o.thread and e.id < o.id
           and e.state in ('waiting', 'sending')) as blocked
       from outgoing o where o.id = $1 and o.state in ('waiting', 'sending') and o.not_before <= $2 for update`,
      [id, now],
    ));
  if (!standing || !row || row.blocked) return undefined;
  const quiet = standing.probe_at ?? standing.not_before;
  if (!anyway && quiet > now) {
    await tx.run("update outgoing set not_before = $2 where id = $1", [id, quiet]);
    return undefined;
  }
  if (standing.paused_at)
    await tx.run("update webhook_endpoints set probe_at = $2 where id = $1", [endpoint.id, later(now, PROBE_EVERY_MS)]);
  await tx.run("update outgoing set state = 'sending', not_before = $2 where id = $1", [id, later(now, LEASE_MS)]);
  const attempt = await tx.row<{ id: number }>(
    "insert into outgoing_attempts (outgoing_id, started_at) values ($1, $2) returning id",
    [id, now],
  );
  if (!attempt) throw new Error("the attempt was not stored");
  return { row, endpoint, attempt: attempt.id, probe: standing.paused_at !== null };
};

const later = (now: Date, ms: number) => new Date(now.getTime() + ms);

const settle = async (corridor: Corridor, { row, endpoint, attempt, probe }: Ready, told: Told) => {
  const now = corridor.now();
  const detail = told.told === "delivered" ? null : told.detail;
  const after = await corridor.database.transaction(async (tx) => {
    await tx.run("select from webhook_endpoints where id = $1 for no key update", [endpoint.id]);
    await tx.run("update outgoing_attempts set finished_at = $2, status = $3, detail = $4 where id = $1", [
      attempt,
      now,
      told.status,
      detail,
    ]);
    const set = (state: string, tries: number, notBefore: Date, reason: string | null) =>
      tx.run(
        `update outgoing set state = $2, tries = $3, not_before = $4, reason = $5,
           settled_at = case when $2 = 'waiting' then null else $6::timestamptz end
         where id = $1 and state = 'sending'`,
        [row.id, state, tries, notBefore, reason, now],
      );
    if (told.told === "delivered") {
      await set("delivered", row.tries + 1, now, null);
      return (await works(tx, endpoint.id, now)) ? "back" : "delivered";
    }
    if (told.told === "gone") {
      await set("skipped", row.tries + 1, now, told.detail);
      await disable(tx, endpoint.id, now);
      return "gone";
    }
    const tries = probe ? row.tries : row.tries + 1;
    const pause = probe ? PROBE_EVERY_MS : nextTry(tries, told.quietMs, Math.random());
    if (pause === null) await set("failed", tries, now, told.detail);
    else await set("waiting", tries, later(now, pause), told.detail);
    const paused = await fails(tx, endpoint.id, now, told.quietMs);
    return paused ? "paused" : pause === null ? "failed" : "again";
  });
  report(corridor, endpoint.id, row, after, detail);
};

const report = ({ log, telemetry }: Corridor, endpoint: string, row: Row, after: string, detail: string | null) => {
  telemetry.attempt(`webhook:${endpoint}`, detail === null ? "accepted" : "failed");
  const line = { endpoint, outgoing: row.id, ...(detail === null ? {} : { detail }) };
  if (after === "delivered") log.debug("told", line);
  else if (after === "back") log.step("endpoint is back", line);
  else if (after === "again") log.seldom(`tell ${endpoint}`, "not told yet", line);
  else {
    telemetry.warning(`webhook_${after}`);
    log.warn(alerts[after] ?? after, { ...line, todo: todos[after] ?? "accolade webhooks log --failed" });
  }
};
const alerts: Readonly<Record<string, string>> = {
  gone: "endpoint is gone",
  paused: "endpoint paused",
  failed: "not told",
};
const todos: Readonly<Record<string, string>> = {
  gone: "it answered 410 and is told nothing more: take it out of webhooks:, or `accolade webhooks enable`",
  paused: "it is looked for once an hour, and everything waits for it: see `accolade webhooks list`",
  failed: `${MOST_TRIES} tries failed: mend it, then \`accolade webhooks replay\``,
};

/** True where it had been paused: then everything that waited for it goes on at once. */
const works = async (tx: Sql, endpoint: string, now: Date): Promise<boolean> => {
  const was = await tx.row<{ paused: boolean }>(
    `update webhook_endpoints w set failures = 0, failing_since = null, paused_at = null, probe_at = null, not_before = '-infinity'
     from (select id, paused_at is not null as paused from webhook_endpoints where id = $1) b where w.id = b.id returning b.paused`,
    [endpoint],
  );
  if (!was?.paused) return false;
  await tx.run("update outgoing set not_before = $2 where endpoint = $1 and state = 'waiting' and not_before > $2", [
    endpoint,
    now,
  ]);
  return true;
};

/** True where it is paused by this: told of once. */
const fails = async (tx: Sql, endpoint: string, now: Date, quietMs: number): Promise<boolean> => {
  await tx.run(
    `update webhook_endpoints set failures = failures + 1, failing_since = coalesce(failing_since, $2),
       not_before = greatest(not_before, $3) where id = $1`,
    [endpoint, now, later(now, quietMs)],
  );
  const paused = await tx.run(
    `update webhook_endpoints set paused_at = $2, probe_at = $3
     where id = $1 and paused_at is null and failures >= $4 and failing_since <= $5`,
    [endpoint, now, later(now, PROBE_EVERY_MS), FAILURES, later(now, -FAILING_MS)],
  );
  return paused > 0;
};

const disable = async (tx: Sql, endpoint: string, now: Date) => {
  await tx.run("update webhook_endpoints set disabled_at = $2 where id = $1", [endpoint, now]);
  await tx.run(
    `update outgoing set state = 'skipped', settled_at = $2, reason = 'the endpoint answered 410: it wants nothing more'
     where endpoint = $1 and state = 'waiting'`,
    [endpoint, now],
  );
};

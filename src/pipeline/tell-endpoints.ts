import { createHash } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";

/** An endpoint as an admin sees it. */
export interface EndpointStanding {
  id: string;
  events: string[];
  personal: boolean;
  state: "working" | "failing" | "paused" | "disabled";
  /** Since when it is as `state` says; null while it works. */
  since: Date | null;
  waiting: number;
  failed: number;
  lastDeliveredAt: Date | null;
  /** What the last call that failed was answered, while it fails. */
  lastFailure: string | null;
}

/** What accolade.yaml says of endpoints is in force from now on: events that happen later are written for them. */
export const syncEndpoints = async (corridor: Corridor): Promise<void> => {
  const endpoints = [...corridor.endpoints.values()];
  await corridor.database.transaction(async (tx) => {
    await tx.run(
      `insert into webhook_endpoints as w (id, events, personal, url_digest, in_force)
       select id, array(select jsonb_array_elements_text(events)), personal, digest, true
       from unnest($1::text[], $2::jsonb[], $3::boolean[], $4::text[]) as t (id, events, personal, digest)
       on conflict (id) do update set events = excluded.events, personal = excluded.personal, in_force = true`,
      [
        endpoints.map(({ id }) => id),
        endpoints.map(({ events }) => JSON.stringify(events)),
        endpoints.map(({ personal }) => personal),
        endpoints.map(({ url }) => digestOf(url)),
      ],
    );
    await tx.run("update webhook_endpoints set in_force = false where in_force and id <> all ($1)", [
      endpoints.map(({ id }) => id),
    ]);
    for (const { id, url } of endpoints) {
      const moved = await tx.run("update webhook_endpoints set url_digest = $2 where id = $1 and url_digest <> $2", [
        id,
        digestOf(url),
      ]);
      if (moved > 0) await startAnew(tx, id, corridor.now());
    }
  });
};

const digestOf = (url: string) => createHash("sha256").update(url).digest("hex");

/** Lets a disabled or paused endpoint begin anew. False where there is none of this id. */
export const enableEndpoint = ({ database, endpoints, now }: Corridor, id: string): Promise<boolean> =>
  endpoints.has(id) ? database.transaction((tx) => startAnew(tx, id, now())) : Promise.resolve(false);

const startAnew = async (tx: Sql, id: string, now: Date): Promise<boolean> => {
  const found = await tx.run(
    `update webhook_endpoints set failures = 0, failing_since = null, paused_at = null, probe_at = null, disabled_at = null,
       not_before = '-infinity' where id = $1`,
    [id],
  );
  await tx.run("update outgoing set not_before = $2 where endpoint = $1 and state = 'waiting' and not_before > $2", [
    id,
    now,
  ]);
  return found > 0;
};

/** The endpoints in force, by id. */
export const listEndpoints = async ({ database }: Pick<Corridor, "database">): Promise<EndpointStanding[]> => {
  const rows = await database.rows<
    Omit<EndpointStanding, "state" | "since"> & {
      failing_since: Date | null;
      paused_at: Date | null;
      disabled_at: Date | null;
    }
  >(
    `select w.id, w.events, w.personal, w.failing_since, w.paused_at, w.disabled_at,
       (select count(*) from outgoing o where o.endpoint = w.id and o.state in ('waiting', 'sending'))::int as waiting,
       (select count(*) from outgoing o where o.endpoint = w.id and o.state = 'failed')::int as failed,
       (select max(settled_at) from outgoing o where o.endpoint = w.id and o.state = 'delivered') as "lastDeliveredAt",
       case when w.failures > 0 or w.disabled_at is not null then (select a.detail from outgoing_attempts a
         join outgoing o on o.id = a.outgoing_id where o.endpoint = w.id and a.detail is not null order by a.id desc limit 1) end as "lastFailure"
     from webhook_endpoints w where w.in_force order by w.id`,
  );
  return rows.map(({ failing_since, paused_at, disabled_at, ...rest }) => {
    const state = disabled_at ? "disabled" : paused_at ? "paused" : failing_since ? "failing" : "working";
    return { ...rest, state, since: disabled_at ?? paused_at ?? failing_since };
  });
};

/**
 * First half of step 2. A delivery → its events, each once per (connection, key). What the connector could not understand
 * becomes a parked event with its reason; the rest of the delivery goes on.
 */
import { isAway } from "../db/away.ts";
import type { Sql } from "../db/sql.ts";
import { type EventRow, eventsOf, type InboxRow } from "./complete-events.ts";
import type { Corridor } from "./corridor.ts";
import type { ToldEvent } from "./decide-gather.ts";
import { oneByOne } from "./one-by-one.ts";

/** Deliveries that were unpacked, and are not kept yet. */
export interface Arrived {
  deliveries: readonly InboxRow[];
  events: readonly EventRow[];
}

export const NOTHING_ARRIVED: Arrived = { deliveries: [], events: [] };

const MOST_DELIVERIES = 400;
/** Of the deliveries as they are stored: beyond it no further one is read. */
const MOST_BYTES = 65_536;
const MOST_EVENTS = 1_000;

/**
 * Unpacks deliveries that wait, and leaves their events to be decided. Returns how many there were. One that the database
 * will never take does not hold up the others: it is parked with its reason.
 */
export const unpackWaiting = async (corridor: Corridor): Promise<number> => {
  try {
    return await unpackSome(corridor);
  } catch (error) {
    if (isAway(error)) throw error;
    corridor.log.error("unpack failed", { error });
  }
  return oneByOne(
    corridor,
    "select id from inbox where state = 'received' order by id limit $1",
    (id) => unpackSome(corridor, id),
    "update inbox set state = 'parked', reason = $2 where id = $1",
  );
};

const unpackSome = async (corridor: Corridor, only: number | null = null): Promise<number> => {
  const arrived = await corridor.database.transaction(async (tx) => {
    const taken = await takeArrived(corridor, tx, only);
    await keepArrived(corridor, tx, taken, "ready");
    return taken;
  });
  tellParked(corridor, arrived);
  return arrived.deliveries.length;
};

/** Locks deliveries that wait, the oldest that nobody else has, and unpacks as many as are worth one transaction; `only` one. */
export const takeArrived = async (corridor: Corridor, tx: Sql, only: number | null = null): Promise<Arrived> => {
  const rows = await tx.rows<InboxRow>(
    `with waiting as materialized (
       select id, octet_length(body) as bytes from inbox
       where state = 'received' and ($2::bigint is null or id = $2) order by id limit $1 for update skip locked
     ), taken as (
       select id from (select id, sum(bytes) over (order by id) - bytes as before from waiting) w where before < $3
     )
     select id, connection, format, body, received_at from inbox join taken using (id) order by id`,
    [MOST_DELIVERIES, only, MOST_BYTES],
  );
  const deliveries: InboxRow[] = [];
  const events: EventRow[] = [];
  for (const row of rows) {
    if (events.length >= MOST_EVENTS) break;
    deliveries.push(row);
    events.push(...(await eventsOf(corridor, row)));
  }
  return { deliveries, events };
};

/**
 * Keeps the events that are new, and marks the deliveries. `as`: what becomes of those that can be decided. Returns those, if
 * the caller decides them in this very transaction.
 */
export const keepArrived = async (
  { connections }: Corridor,
  tx: Sql,
  { deliveries, events }: Arrived,
  as: "ready" | "decided",
): Promise<ToldEvent[]> => {
  if (deliveries.length === 0) return [];
  const fresh = await insertEvents(tx, events, as);
  const strangers = deliveries.filter((row) => !connections.has(row.connection));
  const known = deliveries.filter((row) => connections.has(row.connection));
  await tx.run("update inbox set state = 'done', reason = null where id = any ($1)", [known.map((row) => row.id)]);
  if (strangers.length > 0)
    await tx.run("update inbox set state = 'parked', reason = $2 where id = any ($1)", [
      strangers.map((row) => row.id),
      "accolade.yaml no longer has this connection: put it back, then `accolade replay --parked`",
    ]);
  return as === "ready" ? [] : fresh;
};

/** After the commit: what could not be understood. */
export const tellParked = ({ telemetry, log }: Corridor, { events }: Arrived): void => {
  for (const event of events)
    if (event.state === "parked") {
      telemetry.parked(event.connection);
      log.warn("parked", { connection: event.connection, inbox: event.inboxId, reason: event.reason });
    }
};

/** Inserts the events that are new. Returns those that can be decided. */
const insertEvents = async (tx: Sql, events: readonly EventRow[], as: "ready" | "decided"): Promise<ToldEvent[]> => {
  const decided = (each: EventRow) => as === "decided" && each.state === "ready";
  const rows = await tx.rows<{ id: number; connection: string; key: string }>(
    `insert into events (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, facts, actor, origin, state, reason)
     select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
       $9::jsonb[], $10::text[], $11::text[], $12::text[], $13::text[])
     on conflict (connection, key) do nothing returning id, connection, key`,
    [
      events.map((each) => each.connection),
      events.map((each) => each.key),
      events.map((each) => each.inboxId),
      events.map((each) => each.type),
      events.map((each) => each.kind),
      events.map((each) => each.id),
      events.map((each) => each.occurredAt),
      events.map((each) => each.receivedAt),
      events.map((each) => (decided(each) ? "[]" : JSON.stringify(each.facts))),
      events.map((each) => each.actor),
      events.map((each) => each.origin),
      events.map((each) => (decided(each) ? "decided" : each.state)),
      events.map((each) => each.reason),
    ],
  );
  const fresh = new Map(rows.map(({ id, connection, key }) => [`${connection} ${key}`, id]));
  const told: ToldEvent[] = [];
  const repeated: EventRow[] = [];
  for (const each of events) {
    const id = fresh.get(`${each.connection} ${each.key}`);
    // of two in one batch with the same key, the first is the row
    fresh.delete(`${each.connection} ${each.key}`);
    if (id === undefined) repeated.push(each);
    else if (each.state === "ready")
      told.push({ id, connection: each.connection, facts: each.facts, receivedAt: each.receivedAt });
  }
  const unread = new Set(events.filter(({ state }) => state === "parked").map(({ inboxId }) => inboxId));
  const heard = repeated.filter(({ inboxId }) => !unread.has(inboxId));
  if (heard.length > 0) await forgetRepeated(tx, heard);
  return told;
};

/** A delivery that says again what somebody asked to have forgotten: nothing of it is decided, so nothing else empties it. */
const forgetRepeated = (tx: Sql, repeated: readonly EventRow[]) =>
  tx.run(
    `update inbox set body = '' where id in (
       select t.inbox_id from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as t (connection, kind, id, inbox_id)
       join records r on r.connection = t.connection and r.kind = t.kind and r.id = t.id and r.erased)`,
    [
      repeated.map((each) => each.connection),
      repeated.map((each) => each.kind),
      repeated.map((each) => each.id),
      repeated.map((each) => each.inboxId),
    ],
  );

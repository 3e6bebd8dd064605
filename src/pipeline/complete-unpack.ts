/**
 * First half of step 2. A delivery → its events, each once per (connection, key). What the connector could not understand
 * becomes a parked event with its reason; the rest of the delivery goes on.
 */
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import type { Unpacked } from "../../connectors/connector.ts";
import { isAway } from "../db/away.ts";
import type { Sql } from "../db/sql.ts";
import { CrmEvent } from "../events.ts";
import { storable, storableJson } from "../storable.ts";
import type { Corridor } from "./corridor.ts";
import { oneByOne } from "./one-by-one.ts";

interface InboxRow {
  id: number;
  connection: string;
  format: string;
  body: Buffer;
  received_at: Date;
}

interface EventRow {
  connection: string;
  key: string;
  inboxId: number;
  type: string;
  kind: string;
  id: string;
  occurredAt: string;
  receivedAt: Date;
  facts: string;
  actor: string | null;
  origin: string | null;
  state: "reading" | "ready" | "parked";
  reason: string | null;
}

const inflate = promisify(inflateRaw);
const BATCH = 200;

/**
 * Unpacks the deliveries that wait, oldest first. Returns how many there were. One that the database will never take does
 * not hold up the others: it is parked with its reason.
 */
export const unpackWaiting = async (corridor: Corridor): Promise<number> => {
  try {
    return await unpackBatch(corridor, BATCH);
  } catch (error) {
    if (isAway(error)) throw error;
    corridor.log.error("unpack failed", { error });
  }
  return oneByOne(
    corridor,
    "select id from inbox where state = 'received' order by id limit $1",
    (id) => unpackBatch(corridor, 1, id),
    "update inbox set state = 'parked', reason = $2 where id = $1",
  );
};

const unpackBatch = async (corridor: Corridor, most: number, only: number | null = null): Promise<number> => {
  const { database, telemetry, log } = corridor;
  const parked: EventRow[] = [];
  const unpacked = await database.transaction(async (tx) => {
    parked.length = 0;
    const rows = await tx.rows<InboxRow>(
      `select id, connection, format, body, received_at from inbox
       where state = 'received' and ($2::bigint is null or id = $2) order by id limit $1 for update skip locked`,
      [most, only],
    );
    if (rows.length === 0) return 0;
    const strangers = rows.filter((row) => !corridor.connections.has(row.connection));
    const events = (await Promise.all(rows.map((row) => eventsOf(corridor, row)))).flat();
    parked.push(...events.filter((event) => event.state === "parked"));
    await insertEvents(tx, events);
    await tx.run("update inbox set state = 'done', reason = null where id = any ($1)", [rows.map((row) => row.id)]);
    await tx.run("update inbox set state = 'parked', reason = $2 where id = any ($1)", [
      strangers.map((row) => row.id),
      "accolade.yaml no longer has this connection: put it back, then `accolade replay --parked`",
    ]);
    return rows.length;
  });
  for (const event of parked) {
    telemetry.parked(event.connection);
    log.warn("parked", { connection: event.connection, inbox: event.inboxId, reason: event.reason });
  }
  return unpacked;
};

/** Keeps the events that are new. */
const insertEvents = async (tx: Sql, events: readonly EventRow[]) => {
  const fresh = await tx.rows<{ connection: string; key: string }>(
    `insert into events (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, facts, actor, origin, state, reason)
     select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
       $9::jsonb[], $10::text[], $11::text[], $12::text[], $13::text[])
     on conflict (connection, key) do nothing returning connection, key`,
    [
      events.map((each) => each.connection),
      events.map((each) => each.key),
      events.map((each) => each.inboxId),
      events.map((each) => each.type),
      events.map((each) => each.kind),
      events.map((each) => each.id),
      events.map((each) => each.occurredAt),
      events.map((each) => each.receivedAt),
      events.map((each) => each.facts),
      events.map((each) => each.actor),
      events.map((each) => each.origin),
      events.map((each) => each.state),
      events.map((each) => each.reason),
    ],
  );
  if (fresh.length === events.length) return;
  const isFresh = new Set(fresh.map(({ connection, key }) => `${connection} ${key}`));
  const unread = new Set(events.filter(({ state }) => state === "parked").map(({ inboxId }) => inboxId));
  await forgetRepeated(
    tx,
    events.filter((each) => !isFresh.has(`${each.connection} ${each.key}`) && !unread.has(each.inboxId)),
  );
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

const eventsOf = async ({ connections }: Corridor, row: InboxRow): Promise<EventRow[]> => {
  const open = connections.get(row.connection);
  // emptied for somebody who was erased: it was unpacked before
  if (!open || row.body.length === 0) return [];
  const body = (await inflate(row.body)) as Buffer;
  const delivery = { connection: row.connection, format: row.format, body, receivedAt: row.received_at };
  return open.unpack(delivery).map((part) => eventRow(row, part));
};

const eventRow = (row: InboxRow, part: Unpacked): EventRow => {
  const common = { connection: row.connection, inboxId: row.id, receivedAt: row.received_at };
  const checked = "event" in part ? CrmEvent.safeParse(part.event) : undefined;
  if (checked?.success) {
    const event = checked.data;
    return {
      ...common,
      key: storable(event.key),
      type: storable(event.type),
      kind: event.subject.kind,
      id: storable(event.subject.id),
      occurredAt: event.occurredAt,
      facts: storableJson(event.facts),
      actor: storableOrNull(event.actor),
      origin: storableOrNull(event.origin),
      state: event.needsRead ? "reading" : "ready",
      reason: null,
    };
  }
  const issue = checked?.error.issues[0];
  const bad =
    "bad" in part
      ? part.bad
      : {
          key: part.event.key,
          place: issue?.path.join(".") ?? "event",
          found: "something else",
          expected: issue?.message ?? "an event",
        };
  return {
    ...common,
    key: storable(`bad:${row.id}:${bad.key}`.slice(0, 500)),
    type: "not understood",
    kind: "none",
    id: "",
    occurredAt: row.received_at.toISOString(),
    facts: "[]",
    actor: null,
    origin: null,
    state: "parked",
    reason: storable(`${bad.place}: found ${bad.found}, expected ${bad.expected}`),
  };
};

const storableOrNull = (text: string | undefined): string | null => (text === undefined ? null : storable(text));

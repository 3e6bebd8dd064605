/**
 * What became of a reward, written into the CRM: a note, or the fields of the record as they are now. One call for each row of
 * `write_backs`. A note whose outcome is not known is looked for by its marker before it is written once more.
 */
import type { NoteFound, NoteRequest, WriteOutcome, WriteRequest, Writer } from "../../connectors/write-back.ts";
import type { Sql } from "../db/sql.ts";
import { beginAttempt, endAttempt } from "./attempts.ts";
import { tokenVault } from "./complete-tokens.ts";
import type { Corridor } from "./corridor.ts";
import { pausedFor } from "./pause.ts";
import { pauseAfter } from "./pause-after.ts";
import { noteOf } from "./write-back-note.ts";
import { valuesOf } from "./write-back-values.ts";

/** After this a call without outcome belongs to a process that died; what a CRM took by then can be seen there. */
const LEASE_MS = 180_000;
/** How long after an unknown outcome the CRM is asked: a note that it was still writing is there by then. */
const LOOK_AFTER_MS = 60_000;

interface Row {
  id: number;
  marker: string;
  connection: string;
  subject_kind: string;
  subject_id: string;
  grant_id: string;
  what: "note" | "fields";
  happened: "issued" | "reversed" | "restored";
  happened_at: Date;
  state: string;
  tries: number;
  request: NoteRequest | null;
}
interface Ready {
  row: Row;
  request: WriteRequest;
  attempt: number;
  /** It may be there already: looked for first. */
  look: boolean;
}

export interface WriteBack {
  /** The connections that write back, in force from now on: what happens later is written. */
  begin(): Promise<void>;
  /** Writes one row. Does nothing for one that is written, or must wait. */
  write(rowId: string): Promise<void>;
}

/** Opens the writers of the connections that ask for it. */
export const openWriteBack = (corridor: Corridor): WriteBack => {
  const writers = new Map<string, Writer>();
  for (const [id, connection] of corridor.connections) {
    const tokens = tokenVault(corridor, id);
    const writer = connection.writer({ connection: id, tokens, now: corridor.now });
    if (writer && (writer.note || writer.fields)) writers.set(id, writer);
  }
  return {
    begin: () => corridor.database.transaction((tx) => syncConnections(tx, writers)),
    write: (rowId) => writeRow(corridor, writers, Number(rowId)),
  };
};

const syncConnections = async (tx: Sql, writers: ReadonlyMap<string, Writer>): Promise<void> => {
  const ids = [...writers.keys()];
  await tx.run(
    `insert into write_back_connections (connection, note, fields, in_force)
     select *, true from unnest($1::text[], $2::boolean[], $3::boolean[])
     on conflict (connection) do update set note = excluded.note, fields = excluded.fields, in_force = true`,
    [ids, [...writers.values()].map(({ note }) => note), [...writers.values()].map(({ fields }) => fields)],
  );
  await tx.run("update write_back_connections set in_force = false where in_force and connection <> all ($1)", [ids]);
};

const writeRow = async (corridor: Corridor, writers: ReadonlyMap<string, Writer>, id: number): Promise<void> => {
  const { database } = corridor;
  const known = await database.row<{ connection: string }>("select connection from write_backs where id = $1", [id]);
  const writer = known && writers.get(known.connection);
  if (!writer) return;
  const ready = await database.transaction((tx) => begin(corridor, tx, writer, id));
  if (!ready) return;
  const { row, request } = ready;
  if (!ready.look || request.what !== "note") return settle(corridor, ready, await writer.write(request));
  const found = await writer.findNote(request);
  if (found.found !== false) return settleFound(corridor, ready, found);
  const again = await database.transaction(async (tx) => {
    const at = corridor.now();
    const gone = { outcome: "accepted", detail: "no note has this marker" } as const;
    await endAttempt(tx, ready.attempt, gone, at);
    await tx.run("update write_backs set not_before = $2 where id = $1", [row.id, new Date(at.getTime() + LEASE_MS)]);
    return beginAttempt(tx, { grantId: row.grant_id, target: `crm:${row.connection}`, what: "note", at });
  });
  await settle(corridor, { ...ready, attempt: again }, await writer.write(request));
};

const begin = async (corridor: Corridor, tx: Sql, writer: Writer, id: number): Promise<Ready | undefined> => {
  const now = corridor.now();
  const row = await tx.row<Row & { overtaken: boolean; behind: boolean }>(
    `select w.id, w.marker, w.connection, w.subject_kind, w.subject_id, w.grant_id, w.what, w.happened, w.happened_at, w.state,
       w.tries, w.request,
       w.what = 'fields' and exists (select from write_backs l where l.connection = w.connection and l.subject_kind = w.subject_kind
         and l.subject_id = w.subject_id and l.what = 'fields' and l.id > w.id) as overtaken,
       exists (select from write_backs e where e.connection = w.connection and e.subject_kind = w.subject_kind
         and e.subject_id = w.subject_id and e.what = w.what and e.id < w.id and e.state = 'sending') as behind
     from write_backs w where w.id = $1 and w.state in ('waiting', 'sending', 'unknown') and w.not_before <= $2 for update`,
    [id, now],
  );
  // the older values must not arrive after the newer ones
  if (!row || row.behind) return undefined;
  if (row.overtaken) {
    await tx.run(
      "update write_backs set state = 'skipped', settled_at = $2, reason = 'a later one writes the same fields' where id = $1",
      [id, now],
    );
    return undefined;
  }
  const paused = await pausedFor(tx, "all");
  if (paused) {
    await tx.run("update write_backs set not_before = $2, reason = $3 where id = $1", [
      id,
      new Date(now.getTime() + LOOK_AFTER_MS),
      paused.words,
    ]);
    return undefined;
  }
  const request = await requestOf(corridor, tx, row);
  const look = row.what === "note" && !writer.repeatable && row.state !== "waiting";
  await tx.run(
    "update write_backs set state = 'sending', tries = tries + 1, not_before = $2, request = coalesce(request, $3) where id = $1",
    [id, new Date(now.getTime() + LEASE_MS), request.what === "note" ? JSON.stringify(request) : null],
  );
  const what = look ? "find" : row.what;
  const attempt = await beginAttempt(tx, { grantId: row.grant_id, target: `crm:${row.connection}`, what, at: now });
  return { row, request, attempt, look };
};

/** A note says what it said at the first attempt; fields say what is so now. */
const requestOf = async (corridor: Corridor, tx: Sql, row: Row): Promise<WriteRequest> => {
  const subject = { kind: row.subject_kind, id: row.subject_id } as WriteRequest["subject"];
  if (row.what === "fields") return { what: "fields", subject, values: await valuesOf(corridor, tx, row) };
  if (row.request) return { ...row.request, at: new Date(row.request.at) };
  const words = await noteOf(corridor, tx, row.grant_id, row.happened);
  return { what: "note", subject, marker: `accolade:${row.marker}`, ...words, at: row.happened_at };
};

const settleFound = (corridor: Corridor, ready: Ready, found: Exclude<NoteFound, { found: false }>): Promise<void> =>
  settle(
    corridor,
    ready,
    found.found === true
      ? { outcome: "accepted", reference: found.reference }
      : { outcome: "unknown", detail: found.detail },
  );

const settle = async (corridor: Corridor, { row, attempt }: Ready, outcome: WriteOutcome): Promise<void> => {
  const now = corridor.now();
  const { state, waitMs } = after(outcome, row.tries);
  await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, outcome, now);
    await tx.run(
      `update write_backs set state = $2, not_before = $3, reason = $4, reference = $5,
         settled_at = case when $2 in ('written', 'failed') then $6::timestamptz end
       where id = $1 and state = 'sending'`,
      [
        row.id,
        state,
        new Date(now.getTime() + waitMs),
        outcome.outcome === "accepted" ? null : outcome.detail,
        outcome.outcome === "accepted" ? outcome.reference : null,
        now,
      ],
    );
  });
  corridor.telemetry.attempt(`crm:${row.connection}`, outcome.outcome);
  const line = { grant: row.grant_id, connection: row.connection, what: row.what, outcome: outcome.outcome };
  if (outcome.outcome === "accepted") return corridor.log.step("written to the CRM", line);
  if (outcome.outcome === "rejected") corridor.telemetry.warning(`${row.connection}_write_back`);
  corridor.log.seldom(`write ${row.connection}`, "not written to the CRM", { ...line, detail: outcome.detail });
};

/** What an admin can mend is tried again for as long as it takes, at last once an hour: the money does not wait for it. */
const after = (outcome: WriteOutcome, tries: number): { state: string; waitMs: number } => {
  if (outcome.outcome === "accepted") return { state: "written", waitMs: 0 };
  if (outcome.outcome === "unknown") return { state: "unknown", waitMs: Math.max(LOOK_AFTER_MS, pauseAfter(tries)) };
  if (outcome.outcome === "retryLater")
    return { state: "waiting", waitMs: Math.max(outcome.afterMs, pauseAfter(Math.min(tries, 4))) };
  return outcome.kind === "configuration"
    ? { state: "waiting", waitMs: pauseAfter(tries) }
    : { state: "failed", waitMs: 0 };
};

/**
 * Second half of step 2. Some events are only hints: their records are read from the CRM, in batches and inside its
 * limits. What can go on goes on; the rest waits with a growing pause and its reason.
 */
import type { Reader, ReadFailure, ReadResult } from "../../connectors/connector.ts";
import type { Fact, RecordKind, Subject } from "../events.ts";
import { storableJson } from "../storable.ts";
import type { Corridor } from "./corridor.ts";
import { pauseAfter } from "./pause-after.ts";

interface Hint {
  id: number;
  subject_kind: RecordKind;
  subject_id: string;
  facts: Fact[];
  received_at: Date;
  tries: number;
}

/** While a read is under way nobody else starts it; a process that dies leaves it to others after this time. */
const LEASE_MS = 90_000;
/** A record that the CRM does not show is asked for this often, over some hours, before a person must look. */
const MOST_TRIES_FOR_MISSING = 10;
const PAUSE_WHERE_AN_ADMIN_MUST_ACT_MS = 60_000;

/** Reads one batch for one connection. Returns how many events left the wait; 0 where nothing is due or the CRM is away. */
export const readWaiting = async (corridor: Corridor, connection: string, reader: Reader): Promise<number> => {
  const { database, now, log } = corridor;
  const hints = await claim(corridor, connection, reader.batch);
  if (hints.length === 0) return 0;
  const bySubject = Map.groupBy(hints, (hint) => `${hint.subject_kind}/${hint.subject_id}`);
  const subjects: Subject[] = [...bySubject.values()].flatMap(([first]) =>
    first ? [{ kind: first.subject_kind, id: first.subject_id }] : [],
  );
  const started = performance.now();
  const answer = await reader.read(subjects, now()).catch((error: unknown): ReadFailure => {
    log.error("read failed", { connection, error });
    return {
      failed: "unavailable",
      detail: "reading the CRM failed in a way that Accolade does not know; the log has the error",
    };
  });
  corridor.telemetry.stepTook("read", performance.now() - started);
  if (!Array.isArray(answer)) {
    await pauseAll(corridor, connection, hints, answer);
    return 0;
  }
  const results = new Map(answer.map((result) => [`${result.subject.kind}/${result.subject.id}`, result]));
  const ready: { id: number; facts: Fact[] }[] = [];
  const missing: { id: number; tries: number; reason: string }[] = [];
  for (const [key, [first, ...others]] of bySubject) {
    const result: ReadResult = results.get(key) ?? {
      subject: subjects[0] as Subject,
      missing: "the CRM left it out of its answer",
    };
    if (!first) continue;
    if ("facts" in result) {
      // what was read is told once; the other hints of the same record have nothing to add
      ready.push({ id: first.id, facts: [...first.facts, ...result.facts] });
      for (const hint of others) ready.push({ id: hint.id, facts: hint.facts });
    } else
      for (const hint of [first, ...others]) missing.push({ id: hint.id, tries: hint.tries, reason: result.missing });
  }
  await database.transaction(async (tx) => {
    await tx.run(
      `update events e set state = 'ready', facts = t.facts, reason = null, tries = 0
       from unnest($1::bigint[], $2::jsonb[]) as t (id, facts) where e.id = t.id and e.state = 'reading'`,
      [ready.map((each) => each.id), ready.map((each) => storableJson(each.facts))],
    );
    await tx.run(
      `update events e set tries = e.tries + 1, not_before = t.not_before, reason = t.reason, state = t.state
       from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[]) as t (id, not_before, reason, state) where e.id = t.id`,
      [
        missing.map((each) => each.id),
        missing.map((each) => new Date(now().getTime() + pauseAfter(each.tries))),
        missing.map((each) => each.reason),
        missing.map((each) => (each.tries + 1 >= MOST_TRIES_FOR_MISSING ? "parked" : "reading")),
      ],
    );
  });
  log.step("completed", {
    connection,
    events: ready.length,
    missing: missing.length,
    ms: Math.round(performance.now() - started),
  });
  return ready.length;
};

const claim = ({ database, now }: Corridor, connection: string, batch: number) =>
  database.rows<Hint>(
    `with next as (
       select id, subject_kind, subject_id from events
       where connection = $1 and state = 'reading' and not_before <= $2 order by not_before, id limit 1000
     ), kind as (
       select subject_kind from next limit 1
     ), subjects as (
       select distinct subject_kind, subject_id from (select * from next where subject_kind = (select subject_kind from kind)) n limit $3
     )
     update events e set not_before = $4
     where e.id in (
       select w.id from events w join subjects s using (subject_kind, subject_id)
       where w.connection = $1 and w.state = 'reading' and w.not_before <= $2 order by w.id for update of w skip locked)
     returning e.id, e.subject_kind, e.subject_id, e.facts, e.received_at, e.tries`,
    [connection, now(), batch, new Date(now().getTime() + LEASE_MS)],
  );

const pauseAll = async (
  { database, now, log, telemetry }: Corridor,
  connection: string,
  hints: Hint[],
  failure: ReadFailure,
) => {
  const adminMustAct = failure.failed === "unauthorised" || failure.failed === "forbidden";
  const tries = Math.max(...hints.map((hint) => hint.tries));
  const pause = failure.afterMs ?? (adminMustAct ? PAUSE_WHERE_AN_ADMIN_MUST_ACT_MS : pauseAfter(Math.min(tries, 6)));
  // the whole connection pauses: the next batch would meet the same answer
  await database.run(
    `update events set not_before = $3, reason = $4, tries = tries + (id = any ($2))::int
     where connection = $1 and state = 'reading' and (id = any ($2) or not_before <= $3)`,
    [connection, hints.map((hint) => hint.id), new Date(now().getTime() + pause), failure.detail],
  );
  telemetry.warning(`read_${failure.failed}`);
  log.seldom(`read ${connection} ${failure.failed}`, "waiting for the CRM", {
    connection,
    failed: failure.failed,
    detail: failure.detail,
    pauseMs: pause,
  });
};

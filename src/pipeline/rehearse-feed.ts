/** Lets a stage live through the past: events come in as they did, are decided, and what is due is given at once. */
import type { Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import { decideBatch } from "./decide.ts";
import type { Stage } from "./rehearse.ts";
import type { PastEvent } from "./rehearse-history.ts";
import { fundWaiting } from "./release.ts";

/** What is told of a record within this time is decided together, as a server that is a little behind does. */
const TOGETHER_MS = 10_000;
/** Larger batches cost less for each event, until what is looked up no longer fits in one plan. */
const MOST_AT_ONCE = 4_000;

/** Decides these events on a stage that was entered. The same events in the same order give the same rows. */
export const feed = async (stage: Stage, tx: Sql, events: readonly PastEvent[]): Promise<void> => {
  const { corridor } = stage;
  for (const wave of wavesOf(events)) {
    await endHolds(
      tx,
      wave.map(({ connection, subject, receivedAt }) => ({ connection, ...subject, at: receivedAt })),
    );
    let after = (await insertReady(tx, wave)) - 1;
    // nobody else analyses tables that only this transaction sees; while events wait, so that the planner expects some
    if (grewEnough(stage.events, stage.events + wave.length)) await analyze(stage, tx);
    stage.events += wave.length;
    for (;;) {
      const { events: decided, granted } = await decideBatch(corridor, tx, { most: MOST_AT_ONCE, after, sums: false });
      if (decided === 0) break;
      // the server orders within seconds: a reward that is no longer due later was given all the same
      await tx.run("update grants set state = 'issued' where id = any ($1) and state = 'approved'", [granted]);
      const next = await tx.row<{ id: number }>(
        "select id from events where state = 'ready' and id > $1 order by id limit 1",
        [after],
      );
      if (next) after = next.id - 1;
    }
  }
  while ((await fundWaiting(tx)) > 0);
};

/** Time passes on a stage that was entered: holds that ended by `at` are released, and budgets pay those who waited. */
export const passTime = async (tx: Sql, at: Date): Promise<void> => {
  while ((await fundWaiting(tx)) > 0);
  await tx.run(`update grants set ${released} where state = 'held' and not unfunded and release_at <= $1`, [at]);
};

const released = "state = case when approval_by is null then 'issued' else 'awaiting_approval' end";

/** What the holds of a record had come to before there was news of it: the release is driven by the clock, not by events. */
const endHolds = async (
  tx: Sql,
  news: readonly { connection: string; kind: string; id: string; at: string }[],
): Promise<void> => {
  await tx.run(
    `update grants g set ${released}
     from milestones m, unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as t (connection, kind, id, at)
     where g.milestone_id = m.id and m.connection = t.connection and m.subject_kind = t.kind and m.subject_id = t.id
       and g.state = 'held' and not g.unfunded and g.release_at < t.at`,
    [
      news.map(({ connection }) => connection),
      news.map(({ kind }) => kind),
      news.map(({ id }) => id),
      news.map(({ at }) => at),
    ],
  );
};

/** At 200 events, and whenever there are three times as many as the last time. */
const grewEnough = (before: number, now: number) =>
  now >= 200 &&
  (before < 200 || Math.floor(Math.log(now / 200) / Math.log(3)) > Math.floor(Math.log(before / 200) / Math.log(3)));

const analyze = async ({ schema }: Stage, tx: Sql) => {
  const tables = await tx.rows<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = $1",
    [schema],
  );
  await tx.run(`analyze ${tables.map(({ name }) => name).join(", ")}`);
};

/**
 * Parts a page where something may take back what an earlier moment of the same record gave: decided together they would
 * hide it (a deal that was won and lost again was won, and rewarded). Few parts, each as large as can be, since what only
 * adds to a record may be decided with what went before.
 */
const wavesOf = (events: readonly PastEvent[]): PastEvent[][] => {
  const waves: PastEvent[][] = [];
  const last = new Map<string, { wave: number; at: number }>();
  for (const delivery of Map.groupBy(events, (event) => event.delivery).values()) {
    const at = Date.parse(delivery[0]?.receivedAt ?? "");
    const told = delivery.flatMap(({ connection, facts }) =>
      facts.map((fact) => ({ record: `${connection}/${fact.kind}/${fact.id}`, takesBack: takesBack(fact) })),
    );
    let wave = 0;
    for (const { record, takesBack } of told) {
      const before = last.get(record);
      if (before) wave = Math.max(wave, takesBack && at - before.at > TOGETHER_MS ? before.wave + 1 : before.wave);
    }
    for (const { record } of told) last.set(record, { wave, at });
    const found = waves[wave];
    if (found) found.push(...delivery);
    else waves.push([...delivery]);
  }
  return waves;
};

const takingBack = new Set(["owner", "amount", "currency", "merged_into", "erased", "happened:payment.refunded"]);

/** Whether a reward that was due may be due no longer because of this. */
const takesBack = ({ field, value }: Fact): boolean =>
  takingBack.has(field) ||
  (field === "status" && value !== "won") ||
  ((field === "exists" || field === "subscribed" || field.startsWith("contact:")) && value !== true);

/** Returns the first id. */
const insertReady = async (tx: Sql, events: readonly PastEvent[]): Promise<number> => {
  const deliveries = [...Map.groupBy(events, (event) => event.delivery).values()];
  const rows = await tx.rows<{ id: number }>(
    `insert into inbox (connection, format, body, received_at, state)
     select connection, 'rehearsal', '', received_at, 'done' from unnest($1::text[], $2::timestamptz[])
       with ordinality as t (connection, received_at, n) order by n returning id`,
    [deliveries.map((each) => each[0]?.connection), deliveries.map((each) => each[0]?.receivedAt)],
  );
  const inbox = new Map(deliveries.map((each, index) => [each[0]?.delivery, rows[index]?.id]));
  const inserted = await tx.rows<{ id: number }>(
    `insert into events (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, facts, state)
     select connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, facts, 'ready'
     from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::jsonb[])
       with ordinality as t (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, facts, n)
     order by n on conflict (connection, key) do nothing returning id`,
    [
      events.map((event) => event.connection),
      events.map((event) => event.key),
      events.map((event) => inbox.get(event.delivery)),
      events.map((event) => event.type),
      events.map((event) => event.subject.kind),
      events.map((event) => event.subject.id),
      events.map((event) => event.occurredAt),
      events.map((event) => event.receivedAt),
      events.map((event) => JSON.stringify(event.facts)),
    ],
  );
  return Math.min(...inserted.map((row) => row.id), Number.MAX_SAFE_INTEGER);
};

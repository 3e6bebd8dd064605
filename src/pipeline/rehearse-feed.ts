/** Lets a stage live through the past: events come in as they did, are decided, and what is due is given at once. */
import type { Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import { gather, type News, type ToldEvent } from "./decide-gather.ts";
import { decideTold } from "./decide-told.ts";
import type { Stage } from "./rehearse.ts";
import type { PastEvent } from "./rehearse-history.ts";
import { fundWaiting } from "./release.ts";
import { together } from "./together.ts";

/** What is told of a record within this time is decided together, as a server that is a little behind does. */
const TOGETHER_MS = 10_000;
/** Larger batches cost less for each event, and more memory. */
const MOST_AT_ONCE = 4_000;

/**
 * Decides these events on stages that share what they are told, the first being the one that the others stand beside. The same
 * events in the same order give the same rows.
 */
export const feed = async (stages: readonly [Stage, ...Stage[]], events: readonly PastEvent[]): Promise<void> => {
  for (const wave of wavesOf(events)) {
    const news = wave.map(({ connection, subject, receivedAt }) => ({ connection, ...subject, at: receivedAt }));
    await together(stages, ({ tx }) => endHolds(tx, news));
    await decideInTurn(stages, batchesOf(wave));
    while (await decide(stages, nothingTold));
  }
  await together(stages, async ({ tx }) => {
    while ((await fundWaiting(tx)) > 0);
  });
};

/** Events as rows, and what they tell of, gathered. */
interface Told {
  events: readonly ToldEvent[];
  news?: News;
}

const nothingTold: Told = { events: [] };

/** While the books decide about a batch, what the next one tells is kept and read: PostgreSQL need not wait for them. */
const decideInTurn = async (
  stages: readonly [Stage, ...Stage[]],
  batches: readonly (readonly PastEvent[])[],
): Promise<void> => {
  const [first] = stages;
  const tell = async (batch: readonly PastEvent[]): Promise<Told> => {
    const events = await insertDecided(first.tx, batch);
    return { events, news: await gather(first.tx, events, []) };
  };
  let ahead: Promise<Told> | undefined;
  for (const [index, batch] of batches.entries()) {
    const next = batches[index + 1];
    const told = await (ahead ?? insertDecided(first.tx, batch).then((events): Told => ({ events })));
    ahead = undefined;
    await decide(stages, told, (news) => {
      // what a person told before they were forgotten must not be read again
      if (!next || news.changed.some(({ fields }) => fields.has("erased"))) return;
      ahead = tell(next);
      // whoever awaits it hears of what went wrong, unless the books failed first
      ahead.catch(() => {});
    });
  }
};

/** Whether there was anything to decide. */
const decide = async (
  stages: readonly [Stage, ...Stage[]],
  { events, news }: Told,
  meanwhile?: (news: News) => void,
): Promise<boolean> => {
  const [first] = stages;
  const decided = await decideTold(stages, events, { again: true, sums: false, ahead: news, meanwhile });
  await together(stages, async ({ tx }, index) => {
    // the server orders within seconds: a reward that is no longer due later was given all the same
    const granted = decided[index]?.granted ?? [];
    if (granted.length > 0)
      await tx.run("update grants set state = 'issued' where id = any ($1) and state = 'approved'", [granted]);
  });
  // nobody else analyses tables that only this transaction sees
  if (grewEnough(first.events, first.events + events.length)) await analyze(stages);
  first.events += events.length;
  return decided.some(({ events: count }) => count > 0);
};

/** What arrived together stays together. */
const batchesOf = (wave: readonly PastEvent[]): PastEvent[][] => {
  const batches: PastEvent[][] = [];
  for (const delivery of Map.groupBy(wave, (event) => event.delivery).values()) {
    const open = batches.at(-1);
    if (open && open.length < MOST_AT_ONCE) open.push(...delivery);
    else batches.push([...delivery]);
  }
  return batches;
};

/** Time passes on a stage: holds that ended by `at` are released, and budgets pay those who waited. */
export const passTime = async ({ tx }: Stage, at: Date): Promise<void> => {
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

const analyze = async (stages: readonly [Stage, ...Stage[]]) => {
  const { tx } = stages[0];
  const tables = await tx.rows<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any ($1)",
    [stages.map(({ schema }) => schema)],
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

/**
 * Writes them as decided already: their facts go to deciding as they are, rather than through a row and back. They are of no
 * delivery in `inbox`. Those that are known are left out.
 */
const insertDecided = async (tx: Sql, events: readonly PastEvent[]): Promise<ToldEvent[]> => {
  if (events.length === 0) return [];
  const inserted = await tx.rows<{ id: number; n: number }>(
    `with told as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
         with ordinality as t (connection, key, type, subject_kind, subject_id, occurred_at, received_at, n)
     ), kept as (
       insert into events (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, state)
       select connection, key, 0, type, subject_kind, subject_id, occurred_at, received_at, 'decided' from told order by n
       on conflict (connection, key) do nothing returning id, connection, key
     )
     select kept.id, min(told.n)::int as n from kept join told using (connection, key) group by kept.id order by n`,
    [
      events.map((event) => event.connection),
      events.map((event) => event.key),
      events.map((event) => event.type),
      events.map((event) => event.subject.kind),
      events.map((event) => event.subject.id),
      events.map((event) => event.occurredAt),
      events.map((event) => event.receivedAt),
    ],
  );
  return inserted.flatMap(({ id, n }) => {
    const event = events[n - 1];
    return event
      ? [{ id, connection: event.connection, facts: event.facts, receivedAt: new Date(event.receivedAt) }]
      : [];
  });
};

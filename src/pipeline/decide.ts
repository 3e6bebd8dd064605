/**
 * Step 3. Claims many events and, in one transaction: keeps their facts, folds the records they touch, reads off the
 * milestones, asks the rules, writes grants and their postings, and marks the events decided. No network and no wall
 * clock in here: the same events give the same grants.
 */
import { isAway } from "../db/away.ts";
import type { Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import type { UndoneReason } from "../ledger/undone.ts";
import {
  dealsOf,
  forgetLateEvents,
  insertFacts,
  keyText,
  loadHistories,
  mergedWith,
  type RecordKey,
  saveRecords,
} from "../records/fact-rows.ts";
import type { RecordHistory } from "../records/timeline.ts";
import type { Corridor } from "./corridor.ts";
import { customersAround } from "./customer-view.ts";
import { dueAgain } from "./decide-again.ts";
import { applyBrake } from "./decide-brake.ts";
import { type DueGrant, dueGrants } from "./decide-due.ts";
import { forgetErased } from "./decide-erase.ts";
import { writeGrants } from "./decide-grants.ts";
import { judgeFamily, milestoneKey, type StoredMilestone } from "./decide-judge.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { judgeMetrics, updateMetrics } from "./decide-metrics.ts";
import { writeMilestones } from "./decide-milestones.ts";
import { peopleAround, refreshPeople } from "./decide-people.ts";
import { metricsDue } from "./metrics-due.ts";
import { oneByOne } from "./one-by-one.ts";

interface EventRow {
  id: number;
  connection: string;
  facts: Fact[];
  received_at: Date;
}

export interface Decided {
  events: number;
  /** Grants that are to be ordered now. */
  granted: string[];
}

const BATCH = 300;
const MOST_IN_A_DELIVERY = 1_000;

/** Decides what is ready, oldest first. An event that fails whatever is done does not hold up the others: it is parked. */
export const decideWaiting = async (corridor: Corridor): Promise<Decided> => {
  try {
    return await decideOnce(corridor, BATCH);
  } catch (error) {
    if (isAway(error)) throw error;
    corridor.log.error("decide failed", { error });
  }
  const granted: string[] = [];
  const events = await oneByOne(
    corridor,
    "select id from events where state = 'ready' order by id limit $1",
    async (id) => granted.push(...(await decideOnce(corridor, 1, id)).granted),
    "update events set state = 'parked', reason = $2 where id = $1",
  );
  return { events, granted };
};

const decideOnce = async (corridor: Corridor, most: number, only: number | null = null): Promise<Decided> => {
  const started = performance.now();
  const decided = await corridor.database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    return decideBatch(corridor, tx, { most, only });
  });
  if (decided.events > 0) {
    const ms = performance.now() - started;
    corridor.telemetry.stepTook("decide", ms);
    corridor.log.step("decided", { events: decided.events, grants: decided.granted.length, ms: Math.round(ms) });
    await logGrants(corridor, decided.granted);
  }
  return decided;
};

/** One line for each grant, with the number of the event that `rules explain` takes. */
const logGrants = async ({ database, log }: Corridor, granted: readonly string[]) => {
  if (granted.length === 0) return;
  const rows = await database.rows<{
    grant: string;
    rule: string;
    milestone: string;
    connection: string;
    event: number;
  }>(
    `select g.id as "grant", g.rule_id as rule, m.type as milestone, m.connection, m.event_id as event
     from grants g join milestones m on m.id = g.milestone_id where g.id = any ($1) order by m.event_id, g.rule_id`,
    [granted],
  );
  for (const row of rows) log.step("granted", row);
};

/** Which of the events that are ready: at most `most` and the rest of their deliveries; `only` one; those with ids above `after`. */
interface Batch {
  most: number;
  only?: number | null;
  after?: number;
  /** Whether metrics that no rule in force listens to are summed up as well. Of a rehearsal nobody will ask for them. */
  sums?: boolean;
}

/** Decides one batch in the caller's transaction. The caller holds the deciding lock, or works on rows that nobody else sees. */
export const decideBatch = async (
  corridor: Corridor,
  tx: Sql,
  { most, only = null, after = 0, sums = true }: Batch,
): Promise<Decided> => {
  // a delivery is decided as a whole: half of what one save changed must not be rewarded before the other half is seen
  const events = await tx.rows<EventRow>(
    `with first as (
       select id, inbox_id from events where state = 'ready' and id > $4 and ($3::bigint is null or id = $3) order by id limit $1)
     select id, connection, facts, received_at from events
     where state = 'ready' and id > $4 and ($3::bigint is null or id = $3)
       and id <= (select max(id) from first) + $2 and inbox_id in (select inbox_id from first)
     order by id for update skip locked`,
    [most, MOST_IN_A_DELIVERY, only, after],
  );
  const again = only === null ? await dueAgain(tx) : { records: [], metrics: [] };
  const metricsChanged = only === null ? await metricsDue(tx) : [];
  const taken = events.length + again.records.length + again.metrics.length + metricsChanged.length;
  if (taken === 0) return { events: 0, granted: [] };

  const fresh = await insertFacts(
    tx,
    events.flatMap(({ id, connection, facts }) => facts.map((fact) => ({ ...fact, connection, eventId: id }))),
  );
  const freshByRecord = Map.groupBy(fresh, keyText);
  const touched = [...freshByRecord.values()].flatMap(([fact]) =>
    fact ? [{ connection: fact.connection, kind: fact.kind, id: fact.id }] : [],
  );
  const members = await mergedWith(tx, [...touched, ...(await dealsOf(tx, touched)), ...again.records]);
  const histories = await loadHistories(tx, members);
  await withNeighbours(tx, histories);
  const changed = touched.flatMap((key) => histories.get(keyText(key)) ?? []);
  await saveRecords(tx, changed);
  await refreshPeople(tx, changed);

  const decidedAt = events.length > 0 ? newest(events.map((event) => event.received_at)) : await lastReceived(tx);
  const metricMilestones = await updateMetrics(corridor, tx, {
    changed,
    due: metricsChanged,
    again: again.metrics,
    decidedAt,
    sums,
  });
  const customers = await customersAround(tx, histories.values(), corridor.workspace);
  const people = await peopleAround(tx, histories, { withTeams: givesToTeams(corridor) });
  const stored = await loadMilestones(tx, members);
  const workspace = await tx.row<{ id: string }>("select id from workspace");
  const judged = [];
  const due: DueGrant[] = [];
  const undone = new Map<string, UndoneReason>();
  const place = { workspaceId: workspace?.id ?? "", timeZone: corridor.workspace.timeZone };
  for (const family of families(members, histories)) {
    const verdict = await judgeFamily(corridor, tx, family, {
      histories,
      people,
      customers,
      stored,
      fresh: freshByRecord,
    });
    judged.push(...verdict.judged);
    const found = dueGrants(place, verdict.judged, verdict.merges);
    due.push(...found.grants);
    for (const [id, why] of found.undone) undone.set(id, why);
  }
  const ofMetrics = judgeMetrics(corridor, metricMilestones);
  for (const family of ofMetrics) {
    judged.push(...family.judged);
    due.push(...dueGrants(place, family.judged, family.merges).grants);
  }
  const milestoneIds = await writeMilestones(tx, judged, stored, freshByRecord);
  const granted = await writeGrants(corridor, tx, {
    members,
    milestones: [...new Set([...[...stored.values()].map(({ id }) => id), ...milestoneIds.values()])],
    metricMilestones: ofMetrics.flatMap((family) => family.judged.flatMap((each) => milestoneIds.get(each) ?? [])),
    due,
    undone,
    milestoneIds,
    people,
    decidedAt,
  });
  await forgetErased(corridor, tx, changed, decidedAt);
  const ids = events.map((event) => event.id);
  await forgetLateEvents(tx, ids);
  await tx.run("update events set state = 'decided', reason = null, facts = '[]' where id = any ($1)", [ids]);
  await applyBrake(corridor, tx, decidedAt);
  return { events: taken, granted };
};

const givesToTeams = ({ rules }: Corridor) =>
  rules.current().matcher.book.rules.some((rule) => rule.parts.some((part) => part.to === "team"));

const newest = (times: readonly Date[]) => new Date(Math.max(...times.map((time) => time.getTime())));

/** What is judged again without news is judged as of the last news that there was. */
const lastReceived = async (tx: Sql): Promise<Date> =>
  (await tx.row<{ received_at: Date }>("select received_at from events order by id desc limit 1"))?.received_at ??
  new Date(0);

const pointsAt = (field: string): RecordKey["kind"] | undefined => {
  if (field === "owner" || field === "manager" || field.startsWith("contributor:")) return "user";
  return field === "company" || field === "contact" || field === "campaign" ? field : undefined;
};

/** The records that deals and contacts point at: their values are part of a situation. */
const withNeighbours = async (tx: Sql, histories: Map<string, RecordHistory>) => {
  const wanted = new Map<string, RecordKey>();
  const want = (key: RecordKey) => {
    if (!histories.has(keyText(key))) wanted.set(keyText(key), key);
  };
  for (const { connection, fields } of histories.values())
    for (const [field, steps] of fields) {
      if (field.startsWith("contact:")) want({ connection, kind: "contact", id: field.slice("contact:".length) });
      const kind = pointsAt(field);
      if (kind)
        for (const { value } of steps)
          if (typeof value === "string" && value !== "") want({ connection, kind, id: value });
    }
  for (const [key, history] of await loadHistories(tx, [...wanted.values()])) histories.set(key, history);
  // owners have managers, who are users too: one more step, and no further
  const managers = new Map<string, RecordKey>();
  for (const { connection, kind, fields } of histories.values())
    for (const { value } of kind === "user" ? (fields.get("manager") ?? []) : [])
      if (typeof value === "string" && !histories.has(`${connection}/user/${value}`))
        managers.set(`${connection}/user/${value}`, { connection, kind: "user", id: value });
  for (const [key, history] of await loadHistories(tx, [...managers.values()])) histories.set(key, history);
};

/** Records that were merged into one another belong together; everything else is a family of its own. */
const families = (members: readonly RecordKey[], histories: ReadonlyMap<string, RecordHistory>): RecordHistory[][] => {
  const leader = new Map<string, string>();
  const find = (key: string): string => {
    const next = leader.get(key);
    return next === undefined || next === key ? key : find(next);
  };
  for (const member of members) {
    const key = keyText(member);
    for (const { value } of histories.get(key)?.fields.get("merged_into") ?? [])
      leader.set(find(key), find(keyText({ ...member, id: String(value) })));
  }
  const groups = Map.groupBy(
    members.flatMap((member) => histories.get(keyText(member)) ?? []),
    (history) => find(keyText(history)),
  );
  return [...groups.values()];
};

const loadMilestones = async (tx: Sql, members: readonly RecordKey[]): Promise<Map<string, StoredMilestone>> => {
  const rows = await tx.rows<StoredMilestone>(
    `select m.id, m.connection, m.subject_kind, m.subject_id, m.type, m.discriminator, m.rule_version, m.situation, m.withdrawn, m.event_id,
       to_char(m.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from milestones m
     join unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
       on m.connection = t.connection and m.subject_kind = t.kind and m.subject_id = t.id`,
    [members.map((key) => key.connection), members.map((key) => key.kind), members.map((key) => key.id)],
  );
  return new Map(rows.map((row) => [milestoneKey(row, row.subject_kind, row.subject_id), row]));
};

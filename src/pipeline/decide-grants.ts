/**
 * Brings the grants of the decided records in line with what is due: makes, revives, corrects, cancels, or says what stops
 * them. A grant that was ordered is past this step: it is only marked as no longer due, and what follows is for `settle`.
 */
import type { Sql } from "../db/sql.ts";
import { type Move, moveGrants } from "../ledger/grant-states.ts";
import { type Posting, post } from "../ledger/ledger.ts";
import { reason } from "../ledger/move-reasons.ts";
import type { RecordKey } from "../records/fact-rows.ts";
import type { Corridor } from "./corridor.ts";
import type { DueGrant, Judged } from "./decide-due.ts";
import { beginningOf } from "./decide-first-state.ts";
import { freeGrants, sourceOf } from "./decide-free.ts";
import { hangOn, hangsOnMetric, measuredStanding, type Windows } from "./decide-measured.ts";
import { isShared } from "./decide-once.ts";
import type { People } from "./decide-people.ts";
import { personsBehind, slotsOf } from "./decide-persons.ts";
import { openRoom } from "./decide-room.ts";
import { type Stop, writeStops } from "./decide-stops.ts";
import { loadGrants, movable, ordered, type StoredGrant } from "./decide-stored.ts";
import { amendGrants, type Begun, dropUnplacedOrders, insertGrants, markUndone } from "./decide-write.ts";

export interface Verdict {
  members: readonly RecordKey[];
  /** Rows of all milestones of the members, also of those that turned out not to have been. */
  milestones: readonly number[];
  /** The metric milestones that were judged: of a metric only these windows are looked at. */
  windows: Windows;
  due: readonly DueGrant[];
  /** By grant id: why it is no longer due. */
  undone: ReadonlyMap<string, string>;
  milestoneIds: ReadonlyMap<Judged, number>;
  people: People;
  /** When the newest of the deciding events was received. */
  decidedAt: Date;
}

/** Returns the grants that are to be ordered now. */
export const writeGrants = async (corridor: Corridor, tx: Sql, verdict: Verdict): Promise<string[]> => {
  const { milestoneIds, people, decidedAt } = verdict;
  const milestones = [...verdict.milestones, ...verdict.windows.own.keys(), ...verdict.windows.replaced.keys()];
  const due = inOrder(verdict.due);
  const stored = await loadGrants(
    tx,
    milestones,
    due.map((grant) => grant.id),
  );
  const plan = planOf(verdict, due, stored);

  const moves: Move[] = plan.gone.map(({ row, why }) => cancelMove(row, why));
  await moveGrants(tx, moves);
  await freeGrants(tx, [...plan.gone.map(({ row }) => row.id), ...plan.again.map(({ row }) => row.id)]);
  await markUndone(tx, plan.marks, decidedAt);

  const entering = [...plan.fresh, ...plan.again.map(({ grant }) => grant)];
  const persons = await personsBehind(tx, people, entering, corridor.workspace);
  const slots = await slotsOf(tx, persons, entering);
  const room = await openRoom(corridor, tx, entering, persons);
  const stopped = [...plan.stopped];
  const given = new Set<string>();
  const made: Begun[] = [];
  const back: { row: StoredGrant; begun: Begun }[] = [];
  const unroomed: StoredGrant[] = [];
  for (const { grant, row } of candidates(plan, due)) {
    const stands = row !== undefined && row.state !== "cancelled";
    const holder = given.has(grant.id) ? grant.id : stands ? undefined : slots.holder(grant);
    if (holder !== undefined) {
      stopped.push({ grant, stop: takenStop(grant, holder) });
      continue;
    }
    const taken = room.take(grant, {
      now: stands && row.state !== "held",
      stands,
      grows: row?.currency !== grant.value.currency || grant.value.minor > row.value_minor,
    });
    if ("reason" in taken) {
      stopped.push({ grant, stop: taken });
      if (stands) unroomed.push(row);
      continue;
    }
    given.add(grant.id);
    slots.hold(grant);
    const begun = { grant, ...beginningOf(corridor, grant, taken, decidedAt) };
    if (row) back.push({ row, begun });
    else made.push(begun);
  }

  const inserted = await insertGrants(tx, { milestoneIds, decidedAt }, made);
  const born = made.filter(({ grant }) => inserted.has(grant.id));
  const later: Move[] = [
    ...unroomed.map((row) => cancelMove(row, "correction")),
    ...born.map(({ grant, state, why }) => ({ grantId: grant.id, from: null, to: state, actor: "decide", why })),
    ...back.map(({ row, begun }) => comeBack(row, begun)),
  ];
  await moveGrants(tx, later);
  await dropUnplacedOrders(
    tx,
    [...plan.gone.map(({ row }) => row), ...unroomed].map((row) => row.id),
  );
  await amendGrants(
    tx,
    back.map(({ row, begun }) => ({ ...begun, anew: row.state === "cancelled", again: row.issued_before })),
    { milestoneIds, decidedAt },
  );
  await room.write(tx);
  await post(tx, [
    ...born.flatMap((begun) => reservation(begun, 0)),
    ...back.flatMap(({ row, begun }) => reservation(begun, row.moves)),
  ]);
  await writeStops(tx, milestones, stopped, milestoneIds, decidedAt);
  const { unwanted } = plan;
  const standing = await measuredStanding(corridor, tx, { unwanted, stopped, windows: verdict.windows, milestoneIds });
  await markUndone(tx, standing.marks, decidedAt);
  await hangOn(tx, [...plan.moved, ...standing.moved]);

  const all = [...moves, ...later];
  for (const { to } of all) corridor.telemetry.grant(to);
  return [...born, ...back.map(({ begun }) => begun)].flatMap(({ grant, state }) =>
    state === "approved" ? [grant.id] : [],
  );
};

/** Limits and budgets go to whoever happened first; of one moment, in the order of the rule book. */
const inOrder = (due: readonly DueGrant[]): DueGrant[] =>
  due
    .map((grant, position) => ({ grant, position }))
    .sort((a, b) => {
      const [left, right] = [a.grant.seen.milestone.occurredAt, b.grant.seen.milestone.occurredAt];
      return left < right ? -1 : left > right ? 1 : a.position - b.position;
    })
    .map(({ grant }) => grant);

interface Plan {
  fresh: DueGrant[];
  /** Cancelled ones that are due again, and ones whose value or milestone changed: they take their room anew. */
  again: { row: StoredGrant; grant: DueGrant }[];
  gone: { row: StoredGrant; why: string }[];
  stopped: { grant: DueGrant; stop: Stop }[];
  /** Of ordered grants: why they are no longer due, or null where they are due again. */
  marks: { id: string; why: string | null }[];
  /** Ordered for a metric, and not among what is due. */
  unwanted: StoredGrant[];
  /** Ordered for a metric, and due for another window by now. */
  moved: { id: string; milestone: number }[];
}

const planOf = (verdict: Verdict, due: readonly DueGrant[], stored: ReadonlyMap<string, StoredGrant>): Plan => {
  const plan: Plan = { fresh: [], again: [], gone: [], stopped: [], marks: [], unwanted: [], moved: [] };
  const wanted = new Set<string>();
  const own = new Set(verdict.members.map((key) => `${key.connection}/${key.kind}/${key.id}`));
  const { own: judged, replaced } = verdict.windows;
  const isOwn = (row: StoredGrant) =>
    row.subject_kind === "metric"
      ? judged.has(row.milestone_id) || replaced.has(row.milestone_id)
      : own.has(`${row.connection}/${row.subject_kind}/${row.subject_id}`);
  // ordered for a milestone that turned out not to have been, or for somebody else: it counts as the reward
  const past = Map.groupBy(
    [...stored.values()].filter((row) => (ordered.has(row.state) || row.taken) && row.once_key.startsWith("record/")),
    (row) => ruleAndRecord(row.rule_id, row.subject_id),
  );
  const wantedParts = new Set(due.map((grant) => partKey(grant.ruleId, grant.onceKey, grant.part)));
  const stands = new Set<string>();

  for (const grant of due) {
    const row = stored.get(grant.id);
    if (row?.taken) {
      wanted.add(grant.id);
      if (!isOwn(row)) plan.stopped.push({ grant, stop: takenStop(grant) });
      continue;
    }
    const living = row !== undefined && row.state !== "cancelled";
    // of a batch, whoever comes second is only a candidate for as long as the first finds no room
    if (living && (wanted.has(grant.id) || !isOwn(row))) {
      plan.stopped.push({ grant, stop: takenStop(grant) });
      continue;
    }
    wanted.add(grant.id);
    if (!living) {
      const paid = [...grant.family]
        .flatMap((id) => past.get(ruleAndRecord(grant.ruleId, id)) ?? [])
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .find((other) => other.id !== grant.id && standsFor(other, grant));
      if (paid) stands.add(paid.id);
      else if (row) plan.again.push({ row, grant });
      else plan.fresh.push(grant);
    } else if (movable.has(row.state) && !row.frozen && differs(row, grant, verdict.milestoneIds)) {
      plan.again.push({ row, grant });
    } else {
      if (row.undone_why !== null) plan.marks.push({ id: row.id, why: null });
      const milestone = verdict.milestoneIds.get(grant.judged);
      if (hangsOnMetric(row) && milestone !== undefined && milestone !== row.milestone_id)
        plan.moved.push({ id: row.id, milestone });
    }
  }
  for (const row of stored.values()) {
    // what a person gave or took back does not hang on the conditions
    if (wanted.has(row.id) || !isOwn(row) || row.given || row.taken) continue;
    const why = verdict.undone.get(row.id) ?? reasonFor(row, wantedParts);
    if (movable.has(row.state)) plan.gone.push({ row, why });
    else if (hangsOnMetric(row)) plan.unwanted.push(row);
    // without clawback, a goal that was reached and rewarded stays reached, whatever the metric does afterwards
    else if ((ordered.has(row.state) || row.state === "failed") && row.subject_kind !== "metric") {
      const mark = stands.has(row.id) ? null : why;
      if (mark !== row.undone_why) plan.marks.push({ id: row.id, why: mark });
    }
  }
  return plan;
};

const ruleAndRecord = (rule: string, record: string) => JSON.stringify([rule, record]);
const partKey = (rule: string, onceKey: string, part: number) => JSON.stringify([rule, onceKey, part]);

/**
 * Whether what the rule ordered for this record, or one that is one with it by now, is the reward that is due now, under another
 * key: merged records, or a held one whose owner was corrected too late.
 */
const standsFor = (row: StoredGrant, grant: DueGrant): boolean =>
  row.recipient_key === grant.recipientKey || (grant.releaseAt !== null && row.part === grant.part);

const reasonFor = (row: StoredGrant, wantedParts: ReadonlySet<string>): string => {
  if (row.subject_kind === "metric") return "metric.changed";
  return wantedParts.has(partKey(row.rule_id, row.once_key, row.part)) ? "deal.owner_changed" : "correction";
};

/** `holder`: the grant that was given, of another key of the same person perhaps. */
const takenStop = ({ id, rule, onceKey }: DueGrant, holder = id): Stop => ({
  reason: "once",
  waitsFor: holder,
  detail: { once: isShared(rule) ? onceKey : rule.once.per, grant: holder },
});

/** In the order of the due list, so that freed room goes to whoever comes first. */
const candidates = (plan: Plan, due: readonly DueGrant[]) => {
  const rows = new Map(plan.again.map(({ row, grant }) => [grant, row]));
  const fresh = new Set(plan.fresh);
  return due.flatMap((grant) => (rows.has(grant) || fresh.has(grant) ? [{ grant, row: rows.get(grant) }] : []));
};

const differs = (row: StoredGrant, grant: DueGrant, milestoneIds: ReadonlyMap<Judged, number>) =>
  row.value_minor !== grant.value.minor ||
  row.currency !== grant.value.currency ||
  row.reward_id !== grant.reward.id ||
  row.milestone_id !== milestoneIds.get(grant.judged);

const cancelMove = (row: StoredGrant, why: string): Move => ({
  grantId: row.id,
  from: row.state,
  to: "cancelled",
  actor: "decide",
  why: reason("undone", { undone: why }),
});

/** A grant that is corrected stays where it is in its life; one that was cancelled begins again. */
const comeBack = (row: StoredGrant, { state, why }: Begun): Move =>
  row.state === "cancelled"
    ? { grantId: row.id, from: "cancelled", to: state, actor: "decide", why: { ...why, again: true } }
    : {
        grantId: row.id,
        from: null,
        to: row.state,
        actor: "decide",
        why: reason("corrected"),
      };

/** What a grant reserves as it begins. `moves`: how often it moved before. */
export const reservation = ({ grant, state, taken }: Begun, moves: number): Posting[] =>
  state === "shadow" || taken.unfunded
    ? []
    : [
        {
          key: `${grant.id}/reserve/${moves}`,
          grantId: grant.id,
          what: "reserve",
          from: sourceOf(taken.budget),
          to: "reserved",
          amount: taken.cost,
        },
      ];

/**
 * Ordered rewards of metrics: whether they are still due. One is, while its rule holds for its window as that is known by now,
 * by the version that gave it; or while another window is due under the same key and waits because of it. What is said here rests on
 * rows that do not depend on the order in which facts arrived.
 */
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";
import type { DueGrant, Judged } from "./decide-due.ts";
import type { Stop } from "./decide-stops.ts";
import { ordered, type StoredGrant } from "./decide-stored.ts";

/** A metric that was judged: its row, and rows of other ids of the same owner that it took the place of. */
export interface Windows {
  own: ReadonlyMap<number, Judged>;
  replaced: ReadonlyMap<number, Judged>;
}

/** Whether a metric that changes takes back what was ordered: where the rule says `clawback: true`; what has failed must not be tried again. */
export const hangsOnMetric = (row: StoredGrant): boolean =>
  row.subject_kind === "metric" && !row.rolling && (row.state === "failed" || (ordered.has(row.state) && row.clawback));

interface Standing {
  marks: { id: string; why: string | null }[];
  /** Grants that hang on another window from now on. */
  moved: { id: string; milestone: number }[];
}

/** `unwanted`: rows of these windows that nothing in the batch is due for. `stopped`: what was due and was not given. */
export const measuredStanding = async (
  corridor: Corridor,
  tx: Sql,
  {
    unwanted,
    stopped,
    windows,
    milestoneIds,
  }: {
    unwanted: readonly StoredGrant[];
    stopped: readonly { grant: DueGrant; stop: Stop }[];
    windows: Windows;
    milestoneIds: ReadonlyMap<Judged, number>;
  },
): Promise<Standing> => {
  const standing: Standing = { marks: [], moved: [] };
  const waiting = new Map<string, number>();
  for (const { grant, stop } of stopped) {
    const milestone = milestoneIds.get(grant.judged);
    if (milestone === undefined || stop.reason !== "once" || grant.judged.milestone.subject.kind !== "metric") continue;
    if (!waiting.has(stop.waitsFor)) waiting.set(stop.waitsFor, milestone);
  }
  const fallen: StoredGrant[] = [];
  for (const row of unwanted) if (!(await holds(corridor, tx, row, windows))) fallen.push(row);
  const judgedNow = [...windows.own.keys(), ...windows.replaced.keys()];
  const elsewhere = await waitingElsewhere(tx, fallen, judgedNow);
  for (const row of unwanted) {
    const heir = waiting.get(row.id) ?? elsewhere.get(row.id);
    const falls = fallen.includes(row);
    if (falls && heir !== undefined) standing.moved.push({ id: row.id, milestone: heir });
    const why = falls && heir === undefined ? "metric.changed" : null;
    if (why !== row.undone_why) standing.marks.push({ id: row.id, why });
  }
  // somebody waits for one that is marked, and gives it a reason to be due again
  const known = new Set(unwanted.map(({ id }) => id));
  for (const { id } of await markedAmong(
    tx,
    [...waiting.keys()].filter((each) => !known.has(each)),
  )) {
    standing.marks.push({ id, why: null });
    standing.moved.push({ id, milestone: waiting.get(id) ?? 0 });
  }
  return standing;
};

/** By the version that gave it: what a rule says later is not held against what it gave. */
const holds = async (corridor: Corridor, tx: Sql, row: StoredGrant, { own, replaced }: Windows): Promise<boolean> => {
  const judged = own.get(row.milestone_id) ?? replaced.get(row.milestone_id);
  if (!judged) return true;
  const { matcher } = await corridor.rules.version(row.rule_version, tx);
  return matcher
    .match(judged.situation)
    .some(({ rule, parts }) => rule.id === row.rule_id && parts.some(({ index }) => index === row.part));
};

/** Another window, not judged now, that is due under the key of each, the oldest. */
const waitingElsewhere = async (
  tx: Sql,
  rows: readonly StoredGrant[],
  judged: readonly number[],
): Promise<Map<string, number>> => {
  if (rows.length === 0) return new Map();
  const found = await tx.rows<{ id: string; milestone: number }>(
    `select distinct on (s.waits_for) s.waits_for as id, s.milestone_id as milestone
     from stops s join milestones m on m.id = s.milestone_id
     where s.waits_for = any ($1) and s.reason = 'once' and m.subject_kind = 'metric' and not m.withdrawn
       and s.milestone_id <> all ($2)
     order by s.waits_for, m.occurred_at, m.id`,
    [rows.map(({ id }) => id), judged],
  );
  return new Map(found.map(({ id, milestone }) => [id, milestone]));
};

const markedAmong = (tx: Sql, ids: readonly string[]): Promise<{ id: string }[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : tx.rows(
        `select g.id from grants g join milestones m on m.id = g.milestone_id
         where g.id = any ($1::uuid[]) and g.undone_at is not null and g.taken_by is null and m.subject_kind = 'metric'
           and g.state <> 'cancelled' order by g.id for no key update of g`,
        [ids],
      );

/** What a grant hangs on is not what it waits for. */
export const hangOn = async (tx: Sql, moved: Standing["moved"]): Promise<void> => {
  if (moved.length === 0) return;
  const values = [moved.map(({ id }) => id), moved.map(({ milestone }) => milestone)];
  await tx.run(
    `update grants g set milestone_id = t.milestone
     from unnest($1::uuid[], $2::bigint[]) as t (id, milestone) where g.id = t.id`,
    values,
  );
  await tx.run(
    `delete from stops s using unnest($1::uuid[], $2::bigint[]) as t (id, milestone)
     where s.grant_id = t.id and s.milestone_id = t.milestone`,
    values,
  );
};

/** What is to be judged again although nothing new was told of it: room became free, or money came in. */
import type { Sql } from "../db/sql.ts";
import type { RecordKey } from "../records/fact-rows.ts";

const MOST = 200;

export interface DueAgain {
  records: RecordKey[];
  /** By the subject of their milestones, in all windows. */
  metrics: MetricKey[];
}

export interface MetricKey {
  connection: string;
  id: string;
}

/** Takes some of them off the list. What is judged in vain is put there again by whoever frees room. */
export const dueAgain = async (tx: Sql): Promise<DueAgain> => {
  const rows = await tx.rows<RecordKey | (MetricKey & { kind: "metric" })>(
    `delete from due_again where (connection, kind, id) in (
       select connection, kind, id from due_again order by connection, kind, id limit $1 for update skip locked)
     returning connection, kind, id`,
    [MOST],
  );
  return {
    records: rows.flatMap((row) => (row.kind === "metric" ? [] : [row])),
    metrics: rows.flatMap((row) => (row.kind === "metric" ? [row] : [])),
  };
};

/** Of those who wait for room, how many are looked at again when some of it becomes free: the oldest. */
const MOST_AGAIN = 200;

/** The records of those who wait for one of these: grant ids, limit keys, budget accounts, as `stops.waits_for` has them. */
export const judgeAgain = (tx: Sql, keys: readonly string[]): Promise<number> =>
  tx.run(
    `insert into due_again (connection, kind, id)
     select distinct m.connection, m.subject_kind, m.subject_id
     from unnest($1::text[]) as k (key)
     cross join lateral (
       select milestone_id from stops s where s.waits_for = k.key order by s.at, s.grant_id limit $2) s
     join milestones m on m.id = s.milestone_id
     on conflict do nothing`,
    [keys, MOST_AGAIN],
  );

/** The record whose milestone a grant hangs on. */
export const judgeRecordAgain = (tx: Sql, grantId: string): Promise<number> =>
  tx.run(
    `insert into due_again (connection, kind, id)
     select m.connection, m.subject_kind, m.subject_id from grants g join milestones m on m.id = g.milestone_id where g.id = $1
     on conflict do nothing`,
    [grantId],
  );

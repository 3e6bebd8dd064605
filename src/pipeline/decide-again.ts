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

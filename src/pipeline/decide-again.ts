/** Records that are to be judged again although nothing new was told of them: room became free, or money came in. */
import type { Sql } from "../db/sql.ts";
import type { RecordKey } from "../records/fact-rows.ts";

const MOST = 200;

/** Takes some of them off the list. What is judged in vain is put there again by whoever frees room. */
export const dueAgain = (tx: Sql): Promise<RecordKey[]> =>
  tx.rows<RecordKey>(
    `delete from due_again where (connection, kind, id) in (
       select connection, kind, id from due_again order by connection, kind, id limit $1 for update skip locked)
     returning connection, kind, id`,
    [MOST],
  );

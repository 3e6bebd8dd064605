/** Of whom a metric is: those of whom anything that it is counted from was ever counted. */
import type { Sql } from "../db/sql.ts";
import type { Of } from "../metrics/index.ts";

export interface Subject {
  /** Of an owner or company theirs; else "". */
  connection: string;
  id: string;
}

/**
 * The next `most` after `after`, in order, of whom there is something before the day `until`. Passes from one to the next by
 * the index, whatever is kept of each; fewer than `most`: these are the last.
 */
export const turnSubjects = async (
  sql: Sql,
  of: Of,
  series: readonly string[],
  until: string,
  after: Subject,
  most: number,
): Promise<Subject[]> => {
  const values = [after.connection, after.id, most];
  if (of === "company")
    return sql.rows<Subject>(
      `select connection, id from (
         select connection, id from records where kind = 'company'
         union select connection, value #>> '{}' from facts where field = 'company') c
       where id <> '' and (connection, id) > ($1, $2) order by connection, id limit $3`,
      values,
    );
  return sql.rows<Subject>(
    `with recursive s as (
       (select connection, id from metric_cells where of = $4 and (connection, id) > ($1, $2) order by connection, id limit 1)
       union all
       select n.* from s cross join lateral (
         select connection, id from metric_cells c where c.of = $4 and (c.connection, c.id) > (s.connection, s.id)
         order by connection, id limit 1) n
     )
     select s.connection, s.id from s where exists (
       select from metric_cells c where c.of = $4 and c.connection = s.connection and c.id = s.id
         and c.series = any ($5) and c.grain = 'day' and c.day < $6 and c.n <> 0)
     limit $3`,
    [...values, of, series, until],
  );
};

/** Metrics that changed without an event, by a cost: the next deciding asks the rules about them. */
import { z } from "zod";
import type { Sql } from "../db/sql.ts";
import type { Cells } from "../metrics/index.ts";

const MOST = 5_000;

// what names a cell is divided by a character that PostgreSQL cannot keep
const kept = (cell: string) => JSON.stringify(cell.split("\u0000"));
const cellKept = (row: string) => z.array(z.string()).parse(JSON.parse(row)).join("\u0000");

/** Puts these sums on the list. */
export const judgeSoon = (tx: Sql, changed: Cells): Promise<number> =>
  tx.run("insert into metrics_due (cell) select unnest($1::text[]) on conflict do nothing", [
    [...changed.keys()].map(kept),
  ]);

/** Takes some of them off the list. Only the caller that holds the deciding lock asks. */
export const metricsDue = async (tx: Sql): Promise<string[]> => {
  const rows = await tx.rows<{ cell: string }>(
    "delete from metrics_due where cell in (select cell from metrics_due order by cell limit $1) returning cell",
    [MOST],
  );
  return rows.map(({ cell }) => cellKept(cell));
};

/**
 * The cells of companies. They are not kept: a workspace has many companies, each with a handful of records, so what those
 * add is summed when somebody asks.
 */
import type { Sql } from "../db/sql.ts";
import { addTo, type Cells, type Contributions } from "../metrics/index.ts";
import { mergedWith, type RecordKey } from "../records/fact-rows.ts";

/** By connection and the id of the company that remains after merges. */
export const companyCells = async (
  sql: Sql,
  companies: readonly { connection: string; id: string }[],
): Promise<(connection: string, companyId: string) => Cells> => {
  const cells: Cells = new Map();
  if (companies.length > 0) {
    const members = await mergedWith(
      sql,
      companies.map(({ connection, id }): RecordKey => ({ connection, kind: "company", id })),
    );
    const rows = await sql.rows<{ contributions: Contributions }>(
      `with members as (select * from unnest($1::text[], $2::text[]) as t (connection, id)), records as (
         select connection, unnest(array['company', 'customer/company']) as kind, id from members
         union
         select f.connection, f.kind, f.record_id from members m
         join facts f on f.connection = m.connection and f.kind = any ($3) and f.field = 'company' and f.value #>> '{}' = m.id
       )
       select contributions from metric_contributions join records using (connection, kind, id)`,
      [members.map(({ connection }) => connection), members.map(({ id }) => id), ["deal", "contact", "lead", "ticket"]],
    );
    for (const { contributions } of rows) addTo(cells, contributions, 1);
  }
  return () => cells;
};

/** Contributions and cells as rows. Every function works on sets: one statement for a whole batch. */
import type { Sql } from "../db/sql.ts";
import { type Cell, type Cells, type Contributions, cellOf } from "./contribution.ts";

/** `kind` of a record, or `customer/company`, `customer/contact`, `cost`. */
export interface ContributionKey {
  connection: string;
  kind: string;
  id: string;
}

const columns = (keys: readonly ContributionKey[]) => [
  keys.map((key) => key.connection),
  keys.map((key) => key.kind),
  keys.map((key) => key.id),
];

/** What is stored of these, each with its key; none where a record adds nothing. */
export const loadContributions = (
  sql: Sql,
  keys: readonly ContributionKey[],
): Promise<(ContributionKey & { contributions: Contributions })[]> =>
  sql.rows(
    `select connection, kind, id, contributions from metric_contributions
     join unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id) using (connection, kind, id)`,
    columns(keys),
  );

const canonical = ({ subjects, rows, basis }: Contributions) => JSON.stringify([subjects, rows, basis ?? null]);

export const sameContributions = (a: Contributions, b: Contributions): boolean => canonical(a) === canonical(b);

/** Replaces what is stored of these. One that adds nothing and says nothing leaves no row. */
export const saveContributions = async (
  tx: Sql,
  changed: readonly (ContributionKey & { contributions: Contributions })[],
): Promise<void> => {
  const empty = ({ contributions: { rows, basis } }: (typeof changed)[number]) => rows.length === 0 && !basis;
  const [gone, kept] = [changed.filter(empty), changed.filter((each) => !empty(each))];
  if (gone.length > 0)
    await tx.run(
      `delete from metric_contributions c using unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
       where c.connection = t.connection and c.kind = t.kind and c.id = t.id`,
      columns(gone),
    );
  if (kept.length > 0)
    await tx.run(
      `insert into metric_contributions (connection, kind, id, contributions)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])
       on conflict (connection, kind, id) do update set contributions = excluded.contributions`,
      [...columns(kept), kept.map(({ contributions }) => JSON.stringify(contributions))],
    );
};

/** Adds differences to the cells, by day and by month. Companies have no cells: see `answer`. */
export const changeCells = async (tx: Sql, differences: Cells): Promise<void> => {
  const days: CellRow[] = [];
  const months = new Map<string, CellRow>();
  for (const [text, n] of differences) {
    const cell = cellOf(text);
    if (cell.of === "company" || n === 0) continue;
    days.push({ grain: "day", cell, n });
    const month = { ...cell, day: monthOf(cell.day), day2: monthOf(cell.day2) };
    const key = Object.values(month).join("\u0000");
    const row = months.get(key);
    if (row) row.n += n;
    else months.set(key, { grain: "month", cell: month, n });
  }
  const all = [...days, ...[...months.values()].filter(({ n }) => n !== 0)];
  for (let start = 0; start < all.length; start += BATCH) await upsert(tx, all.slice(start, start + BATCH));
};

interface CellRow {
  grain: "day" | "month";
  cell: Cell;
  n: number;
}

const BATCH = 20_000;
const monthOf = (day: string) => `${day.slice(0, 7)}-01`;

const upsert = (tx: Sql, rows: readonly CellRow[]) =>
  tx.run(
    `insert into metric_cells (of, connection, id, series, grain, day, day2, key, n)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::text[], $9::bigint[])
     on conflict (of, connection, id, series, grain, day, day2, key) do update set n = metric_cells.n + excluded.n`,
    [
      rows.map(({ cell }) => cell.of),
      rows.map(({ cell }) => cell.connection),
      rows.map(({ cell }) => cell.id),
      rows.map(({ cell }) => cell.series),
      rows.map(({ grain }) => grain),
      rows.map(({ cell }) => cell.day),
      rows.map(({ cell }) => cell.day2),
      rows.map(({ cell }) => cell.key),
      rows.map(({ n }) => n),
    ],
  );

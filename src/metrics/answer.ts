/** Works out metrics from their sums: one statement for any number of questions. */
import type { Sql } from "../db/sql.ts";
import { type DayRange, type Window, windowBefore } from "../windows.ts";
import { type Cells, cellOf, type Of } from "./contribution.ts";
import { type DaySlice, slicesOf } from "./day-slices.ts";
import type { Metric, Read, Result, Sums } from "./metric.ts";

export interface Question {
  metric: Metric;
  of: Of;
  connection: string;
  id: string;
  /** Other ids of the same owner: what is counted of them is counted along. */
  also?: readonly { connection: string; id: string }[];
  /** Every option of the metric. */
  options: Readonly<Record<string, string>>;
  window: Window;
  range: DayRange;
  /** See `Asked`. */
  today: string;
}

interface Wanted {
  question: number;
  name: string;
  read: Read;
  slices: DaySlice[];
}

/**
 * The answers in the order of the questions. `cellsOf` gives the cells of a company, which are not kept: they are the sum
 * of what its own records add.
 */
export const answer = async (
  sql: Sql,
  questions: readonly Question[],
  minorPerMajor: number,
  cellsOf: (connection: string, companyId: string) => Cells,
): Promise<Result[]> => {
  const wanted = questions.flatMap((question, index) => wantedBy(question, index));
  const sums = await readSums(sql, questions, wanted);
  for (const [n, { question, read, slices }] of wanted.entries()) {
    const asked = questions[question];
    if (asked?.of === "company") sums.set(n, sumOf(cellsOf(asked.connection, asked.id), asked, read, slices));
  }
  const byQuestion = Map.groupBy(wanted.entries(), ([, { question }]) => question);
  return questions.map((question, index) => {
    const own = new Map([...(byQuestion.get(index) ?? [])].map(([n, { name }]) => [name, sums.get(n)]));
    return question.metric.value(sumsFrom(own), { ...question, minorPerMajor });
  });
};

const NO_KEYS: ReadonlyMap<string, number> = new Map();

const sumsFrom = (own: ReadonlyMap<string, ReadonlyMap<string, number> | undefined>): Sums => ({
  of: (name) => [...(own.get(name) ?? NO_KEYS).values()].reduce((sum, n) => sum + n, 0),
  keys: (name) => own.get(name) ?? NO_KEYS,
});

const wantedBy = ({ metric, options, window, range }: Question, question: number): Wanted[] =>
  Object.entries(metric.reads(options)).map(([name, read]) => ({
    question,
    name,
    read,
    slices: slicesOf(read, range, windowBefore(range, window)),
  }));

const readSums = async (sql: Sql, questions: readonly Question[], wanted: readonly Wanted[]) => {
  const rows = wanted.flatMap(({ question, read, slices }, n) => {
    const asked = questions[question];
    if (!asked || asked.of === "company") return [];
    return [asked, ...(asked.also ?? [])].flatMap(({ connection, id }) =>
      slices.map((slice) => ({ n, of: asked.of, connection, id, series: read.series, slice })),
    );
  });
  const found =
    rows.length === 0
      ? []
      : await sql.rows<{ n: number; key: string; sum: number }>(
          // lateral: each slice is one range of the primary key, whatever the planner thinks of arrays
          `select t.n, c.key, sum(c.sum)::bigint as sum
           from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::date[], $9::date[], $10::date[])
             as t (n, of, connection, id, series, grain, first, until, first2, until2)
           cross join lateral (
             select c.key, sum(c.n) as sum from metric_cells c
             where c.of = t.of and c.connection = t.connection and c.id = t.id and c.series = t.series and c.grain = t.grain
               and c.day >= t.first and c.day < t.until and c.day2 >= t.first2 and c.day2 < t.until2
             group by c.key) c
           group by t.n, c.key`,
          [
            rows.map(({ n }) => n),
            rows.map(({ of }) => of),
            rows.map(({ connection }) => connection),
            rows.map(({ id }) => id),
            rows.map(({ series }) => series),
            rows.map(({ slice }) => slice.grain),
            rows.map(({ slice }) => slice.days.from),
            rows.map(({ slice }) => slice.days.until),
            rows.map(({ slice }) => slice.second?.from ?? "-infinity"),
            rows.map(({ slice }) => slice.second?.until ?? "infinity"),
          ],
        );
  const sums = new Map<number, Map<string, number>>();
  for (const { n, key, sum } of found) {
    const keys = sums.get(n) ?? new Map<string, number>();
    sums.set(n, keys.set(key, sum));
  }
  return sums;
};

/** The same from cells in memory; those are by day only, so the slices of months are days here. */
const sumOf = (cells: Cells, asked: Question, { series }: Read, slices: readonly DaySlice[]) => {
  const keys = new Map<string, number>();
  const within = (day: string, range: DayRange | null) => range === null || (day >= range.from && day < range.until);
  for (const [text, n] of cells) {
    const cell = cellOf(text);
    if (cell.series !== series || cell.of !== asked.of || cell.connection !== asked.connection || cell.id !== asked.id)
      continue;
    // slices do not overlap: a day lies in one of them at most
    if (slices.some(({ days, second }) => within(cell.day, days) && within(cell.day2, second)))
      keys.set(cell.key, (keys.get(cell.key) ?? 0) + n);
  }
  return keys;
};

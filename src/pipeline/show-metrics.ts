/** Metrics for people to look at: of everybody that anything was counted for. */
import type { Sql } from "../db/sql.ts";
import { allOptions, answer, type Metric, type Of } from "../metrics/index.ts";
import { minorPerMajor } from "../money.ts";
import { localDay, type Window, windowText } from "../windows.ts";
import { companyCells } from "./company-cells.ts";
import type { Corridor } from "./corridor.ts";
import { askedFor, changeOf, withPrevious } from "./metric-asked.ts";
import { asPersons } from "./metric-persons.ts";

export interface ShownMetric {
  of: Of;
  /** Empty where it is not of one connection. */
  connection: string;
  id: string;
  /** As the CRM or people.yaml names it; null where they do not. */
  name: string | null;
  /** Local calendar days, half-open. */
  from: string;
  until: string;
  value: number | null;
  previous: number | null;
  change: number | null;
  sample: number;
}

export interface ShowMetric {
  metric: Metric;
  of: Of;
  over: Window;
  /** A local calendar day in the window; rolling days and all time end with it. */
  day: string;
  options: Readonly<Record<string, string>>;
}

const MOST = 1_000;

/** By subject, the highest value first. At most a thousand: more is a report, not a look. */
export const showMetric = async (
  { database, workspace, now }: Pick<Corridor, "database" | "workspace" | "now">,
  { metric, of, over, day, options }: ShowMetric,
): Promise<ShownMetric[]> => {
  const today = localDay(now(), workspace.timeZone);
  const spec = { name: metric.name, of, over, options: allOptions(metric, options) };
  const series = [...new Set(Object.values(metric.reads(spec.options)).map((read) => read.series))];
  const subjects = await subjectsOf(database, of, series);
  const asked = await asPersons(
    database,
    subjects.map((subject) => askedFor(metric, spec, subject, day, today)),
  );
  const names = new Map(subjects.map(({ connection, id, name }) => [`${connection}/${id}`, name]));
  const questions = asked.flatMap(withPrevious);
  const cells = await companyCells(database, of === "company" ? subjects : []);
  const results = await answer(database, questions, minorPerMajor(workspace.currency), cells);
  const byQuestion = new Map(questions.map((question, index) => [question, results[index]]));
  const shown = asked.map(({ question, previous }): ShownMetric => {
    const value = byQuestion.get(question)?.value ?? null;
    const before = previous ? (byQuestion.get(previous)?.value ?? null) : null;
    return {
      of,
      connection: question.connection,
      id: question.id,
      name: [question, ...(question.also ?? [])]
        .map(({ connection, id }) => names.get(`${connection}/${id}`) ?? null)
        .reduce((first, name) => first ?? name, null),
      ...question.range,
      value,
      previous: before,
      change: changeOf(value, before),
      sample: byQuestion.get(question)?.sample ?? 0,
    };
  });
  return shown.sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY));
};

interface Named {
  connection: string;
  id: string;
  name: string | null;
}

const subjectsOf = (sql: Sql, of: Of, series: readonly string[]): Promise<Named[]> =>
  of === "company"
    ? sql.rows<Named>(
        `select c.connection, c.id, r.fields ->> 'name' as name
         from (select connection, id from records where kind = 'company' and coalesce(fields ->> 'merged_into', '') = ''
               union select connection, customer_id from purchases where customer_kind = 'company') c
         left join records r on r.connection = c.connection and r.kind = 'company' and r.id = c.id
         order by c.connection, c.id limit $1`,
        [MOST],
      )
    : sql.rows<Named>(
        `select c.connection, c.id, coalesce(p.name, r.fields ->> 'name',
           nullif(concat_ws(' ', r.fields ->> 'first_name', r.fields ->> 'last_name'), '')) as name
         from (select distinct connection, id from metric_cells where of = $1 and series = any ($2) and n <> 0) c
         left join records r on c.connection = r.connection and r.kind = 'user' and r.id = c.id
         left join recipient_ids i on i.connection = c.connection and i.kind = 'user' and i.crm_id = c.id
         left join recipients p on p.id = i.recipient_id
         order by c.connection, c.id limit $3`,
        [of, series, MOST],
      );

/** `quarter`, `30 days` with the days that it covers, for a heading. */
export const windowHeading = (over: Window, { from, until }: { from: string; until: string }): string =>
  over === "all" ? windowText(over) : `${windowText(over)} from ${from} until before ${until}`;

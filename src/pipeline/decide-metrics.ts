/**
 * Metrics in decide: brings them in line with the records that changed, and gives the milestones of those that rules listen
 * to. One milestone is a metric, a subject and a window; it is judged anew whenever what it is counted from changes.
 */
import type { Sql } from "../db/sql.ts";
import type { Rule } from "../engine/index.ts";
import { answer, type Cells, metricByName } from "../metrics/index.ts";
import { minorPerMajor } from "../money.ts";
import type { Milestone } from "../records/milestones.ts";
import type { RecordHistory } from "../records/timeline.ts";
import type { MetricView, Situation } from "../situation.ts";
import { localDay, plusDays, startOfDay, windowText } from "../windows.ts";
import { companyCells } from "./company-cells.ts";
import type { Corridor } from "./corridor.ts";
import { countMetrics } from "./count-metrics.ts";
import type { MetricKey } from "./decide-again.ts";
import type { Judged, Merges } from "./decide-due.ts";
import { heldMatch } from "./decide-judge.ts";
import type { Windows } from "./decide-measured.ts";
import {
  askedFor,
  changeOf,
  type MetricAsked,
  metricId,
  type RuleMetric,
  type StoppedWindow,
  stoppedIn,
  touched,
  withPrevious,
} from "./metric-asked.ts";
import { asPersons } from "./metric-persons.ts";
import { situationsAround } from "./metric-situation.ts";
import { judgedAtTheirEnd } from "./metric-turned.ts";
import type { MetricSettings } from "./metrics-context.ts";
import { noteTeams } from "./team-history.ts";

export interface MetricMilestone {
  milestone: Milestone;
  situation: Situation;
  /** What was measured; rules on anything else do not hear of it. */
  metric: RuleMetric;
  /** Rows that it takes the place of: of other ids of the same owner, from before they were known to be one person. */
  replaces: readonly number[];
}

/**
 * Brings the sums in line, and returns those that changed. `changed`: the records of which something new was told, whole;
 * their newest state is saved already. `due`: cells that changed without one. `decidedAt`: when the newest event of the batch was
 * received, the only "now" in here. `sums`: whether anybody may ask for metrics.
 */
export const sumMetrics = async (
  tx: Sql,
  settings: MetricSettings,
  {
    changed,
    due,
    decidedAt,
    sums,
  }: { changed: readonly RecordHistory[]; due: readonly string[]; decidedAt: Date; sums: boolean },
): Promise<Cells> => {
  await noteTeams(
    tx,
    decidedAt,
    changed.filter(({ kind }) => kind === "user"),
  );
  const cells = await countMetrics(tx, settings, changed, { sums });
  // of these only the place matters: the sums were changed when they were put on the list
  for (const cell of due) if (!cells.has(cell)) cells.set(cell, 0);
  return cells;
};

/**
 * The milestones of what rules in force listen to, as far as these sums touch it. `again`: metrics of which a reward was stopped,
 * and for which there may be room now. Costs what these sums and the rules in force ask for.
 */
export const metricMilestones = async (
  corridor: Pick<Corridor, "workspace" | "rules">,
  tx: Sql,
  { cells, again, decidedAt }: { cells: Cells; again: readonly MetricKey[]; decidedAt: Date },
): Promise<MetricMilestone[]> => {
  if (cells.size + again.length === 0 || !corridor.rules.current().matcher.listens("metric.changed")) return [];
  const { timeZone } = corridor.workspace;
  const listened = corridor.rules.current().matcher.book.rules.flatMap(({ metric }) => metric ?? []);
  const asked = await asPersons(tx, [
    ...touched(listened, cells, decidedAt, timeZone),
    ...(await judgedAtTheirEnd(tx, listened, cells, decidedAt, timeZone)),
    ...stoppedIn(listened, await stoppedWindows(tx, again), decidedAt, timeZone),
  ]);
  return measured(corridor, tx, asked, decidedAt);
};

/** A metric of these subjects, in the window that ended before the day `until`. */
export interface AtEnd {
  spec: RuleMetric;
  until: string;
  subjects: readonly { connection: string; id: string }[];
}

/** Each of these. Of whom nothing was measured in the window, and who was never judged in it, there is nothing to say. */
export const metricsAtEnd = async (
  corridor: Pick<Corridor, "workspace" | "rules">,
  tx: Sql,
  ends: readonly AtEnd[],
  decidedAt: Date,
): Promise<MetricMilestone[]> => {
  const { timeZone } = corridor.workspace;
  const today = localDay(decidedAt, timeZone);
  const asked = await asPersons(
    tx,
    ends.flatMap(({ spec, until, subjects }) => {
      const metric = metricByName(spec.name);
      return metric ? subjects.map((subject) => askedFor(metric, spec, subject, plusDays(until, -1), today)) : [];
    }),
  );
  const found = await measured(corridor, tx, asked, decidedAt);
  const empty = found.filter(({ situation }) => situation.metric?.sample === 0);
  const rows = await tx.rows<{ connection: string; id: string }>(
    `select m.connection, m.subject_id as id from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as t (connection, id, at, day)
     join milestones m on m.connection = t.connection and m.subject_kind = 'metric' and m.subject_id = t.id
       and m.type = 'metric.changed' and m.occurred_at = t.at and m.discriminator = t.day`,
    [
      empty.map(({ milestone }) => milestone.connection),
      empty.map(({ milestone }) => milestone.subject.id),
      empty.map(({ milestone }) => milestone.at),
      empty.map(({ milestone }) => milestone.discriminator),
    ],
  );
  const judged = new Set(rows.map(({ connection, id }) => JSON.stringify([connection, id])));
  const nothing = new Set(
    empty.filter(({ milestone: { connection, subject } }) => !judged.has(JSON.stringify([connection, subject.id]))),
  );
  return found.filter((each) => !nothing.has(each));
};

/** What was asked, answered, with what rules see around it. */
const measured = async (
  corridor: Pick<Corridor, "workspace" | "rules">,
  tx: Sql,
  asked: readonly MetricAsked[],
  decidedAt: Date,
): Promise<MetricMilestone[]> => {
  if (asked.length === 0) return [];
  const { timeZone, currency } = corridor.workspace;
  const questions = asked.flatMap((each) => withPrevious(each));
  const companies = questions.filter(({ of }) => of === "company");
  const results = await answer(tx, questions, minorPerMajor(currency), await companyCells(tx, companies));

  const answered = new Map(questions.map((question, index) => [question, results[index]]));
  const seen = questions.flatMap((question) => {
    const each = asked.find(({ question: own }) => own === question);
    if (!each) return [];
    const [value, previous] = [answered.get(question), each.previous && answered.get(each.previous)];
    return [{ each, view: viewOf(each, value?.value ?? null, previous?.value ?? null, value?.sample ?? 0) }];
  });
  const situationOf = await situationsAround(corridor, tx, asked);
  const replaced = await replacedBy(tx, asked, timeZone);
  return seen.map(({ each, view }) => {
    const milestone = milestoneOf(each, view, timeZone);
    const last = lastMoment(each, timeZone);
    const ended = last < decidedAt;
    const occurredAt = (ended ? last : decidedAt).toISOString();
    const seenIn = ended ? { ...view, ended } : view;
    const situation = situationOf(each, milestone, seenIn, occurredAt);
    return { milestone, metric: each.metric, situation, replaces: replaced.get(each) ?? [] };
  });
};

/** Asks the rules in force about each, those of one metric and subject together: they are a family of their own. */
export const judgeMetrics = (
  { rules, workspace }: Pick<Corridor, "rules" | "workspace">,
  milestones: readonly MetricMilestone[],
): { judged: Judged[]; merges: Merges }[] => {
  const families = Map.groupBy(milestones, ({ milestone: { connection, subject } }) => `${connection}/${subject.id}`);
  return [...families.values()].map((family) => ({
    judged: family.map(({ milestone, situation, metric }) => {
      const version = rules.current();
      const matches = version.matcher
        .match(situation)
        .filter(({ rule }) => listensTo(rule, metric))
        .map((match) => heldMatch(match, situation, version, workspace.timeZone, null));
      return { milestone, situation, version, matches, kept: false };
    }),
    merges: { same: (a, b) => a === b, away: () => false },
  }));
};

/** By their rows, what was judged of each window, also under ids that it took the place of. */
export const windowsOf = (
  measured: readonly MetricMilestone[],
  judged: readonly Judged[],
  milestoneIds: ReadonlyMap<Judged, number>,
): Windows => {
  const of = new Map(judged.map((each) => [each.milestone, each]));
  return {
    own: new Map(judged.map((each) => [milestoneIds.get(each) ?? 0, each])),
    replaced: new Map(
      measured.flatMap(({ milestone, replaces }) => {
        const each = of.get(milestone);
        return each ? replaces.map((id) => [id, each] as const) : [];
      }),
    ),
  };
};

const listensTo = (rule: Rule, metric: RuleMetric): boolean =>
  rule.metric !== null && metricId(rule.metric, "") === metricId(metric, "");

/** The windows of these metrics in which a reward was stopped. */
const stoppedWindows = (tx: Sql, metrics: readonly MetricKey[]): Promise<StoppedWindow[]> =>
  metrics.length === 0
    ? Promise.resolve([])
    : tx.rows<StoppedWindow>(
        `select distinct m.connection, m.subject_id as metric, m.situation -> 'metric' ->> 'id' as id, m.situation -> 'metric' ->> 'from' as "from"
         from milestones m join unnest($1::text[], $2::text[]) as t (connection, id) on m.connection = t.connection and m.subject_id = t.id
         where m.subject_kind = 'metric' and not m.withdrawn and exists (select from stops s where s.milestone_id = m.id)`,
        [metrics.map(({ connection }) => connection), metrics.map(({ id }) => id)],
      );

/** Withdraws what was judged in the same windows of other ids of the same owners, and says each time which that was. */
const replacedBy = async (tx: Sql, asked: readonly MetricAsked[], timeZone: string) => {
  const others = asked.flatMap((each) =>
    (each.question.also ?? []).map(({ connection, id }) => ({ each, connection, id: metricId(each.metric, id) })),
  );
  if (others.length === 0) return new Map<MetricAsked, number[]>();
  const rows = await tx.rows<{ id: number; n: number }>(
    `update milestones m set withdrawn = true
     from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) with ordinality as t (connection, id, at, day, n)
     where m.connection = t.connection and m.subject_kind = 'metric' and m.subject_id = t.id and m.type = 'metric.changed'
       and m.occurred_at = t.at and m.discriminator = t.day
     returning m.id, t.n::int as n`,
    [
      others.map(({ connection }) => connection),
      others.map(({ id }) => id),
      others.map(({ each }) => startOf(each, timeZone)),
      others.map(({ each }) => each.question.range.from),
    ],
  );
  const byAsked = Map.groupBy(rows, ({ n }) => others[n - 1]?.each);
  return new Map(asked.map((each) => [each, (byAsked.get(each) ?? []).map(({ id }) => id)]));
};

const viewOf = (
  { metric, question }: MetricAsked,
  value: number | null,
  previous: number | null,
  sample: number,
): MetricView => ({
  name: metric.name,
  of: metric.of,
  id: question.id,
  over: windowText(metric.over),
  ...question.range,
  options: metric.options,
  value,
  previous,
  change: changeOf(value, previous),
  sample,
});

/** Of all time the first day has no instant that every zone can write: the row is keyed by another fixed one. */
const EPOCH = new Date(0).toISOString();

const startOf = ({ metric, question }: Pick<MetricAsked, "metric" | "question">, timeZone: string): string =>
  metric.over === "all" ? EPOCH : startOfDay(question.range.from, timeZone);

const milestoneOf = ({ metric, question, connection }: MetricAsked, view: MetricView, timeZone: string): Milestone => ({
  type: "metric.changed",
  connection,
  subject: { kind: "metric", id: metricId(metric, question.id) },
  at: startOf({ metric, question }, timeZone),
  from: view.previous,
  to: view.value,
  field: null,
  discriminator: view.from,
  ordinal: 1,
});

/** The last moment of a window: of one that is over, it is judged as of then. */
const lastMoment = ({ question }: MetricAsked, timeZone: string): Date =>
  new Date(Date.parse(startOfDay(question.range.until, timeZone)) - 1);

/**
 * Turns: a window of a metric has ended, and some rule listens to it. Each is a row that is made once, whoever notices it and
 * however late, so that deciding needs no clock to know that time has passed.
 */
import type { Sql } from "../db/sql.ts";
import type { RuleBook } from "../engine/index.ts";
import { localDay, startOfDay, windowOfDay } from "../windows.ts";
import type { Corridor } from "./corridor.ts";
import { isCalendar, metricId, type RuleMetric } from "./metric-asked.ts";

type Around = Pick<Corridor, "workspace" | "rules">;

/** Another time zone may move an end to before what was looked at already. */
const LOOK_BACK_MS = 2 * 86_400_000;

/** The metrics whose windows end, by what names them in `window_turns`. Rolling days and all time end with every today. */
export const turningMetrics = (book: RuleBook): ReadonlyMap<string, RuleMetric> =>
  new Map(
    book.rules.flatMap(({ metric }) => (metric && isCalendar(metric.over) ? [[metricId(metric, ""), metric]] : [])),
  );

/** The next instant after `after` at which a window of these ends; null: none ever does. */
export const nextEnd = (metrics: Iterable<RuleMetric>, after: Date, timeZone: string): Date | null => {
  const ends = [...metrics].map(({ over }) =>
    Date.parse(startOfDay(windowOfDay(localDay(after, timeZone), over).until, timeZone)),
  );
  return ends.length === 0 ? null : new Date(Math.min(...ends));
};

/**
 * Makes a row of each window that ended until `now` and has none, where the rules that were in force at its end listened to
 * it: a rule that was loaded later asks for nothing earlier. Returns how many.
 */
export const noticeTurns = async ({ workspace, rules }: Around, tx: Sql, now: Date): Promise<number> => {
  const seen = await tx.row<{ until: Date | null }>(
    "select coalesce((select until from window_turns_seen), (select min(since) from rule_turns)) as until",
  );
  if (!seen?.until) return 0;
  const since = new Date(seen.until.getTime() - LOOK_BACK_MS);
  const inForce = await tx.rows<{ version: number; from: Date; until: Date | null }>(
    `select * from (select version, since as "from", lead(since) over (order by since, id) as until from rule_turns) t
     where until is null or until > $1 order by "from"`,
    [since],
  );
  const found: { metric: string; until: string; endedAt: Date }[] = [];
  for (const { version, from, until } of inForce) {
    const { matcher } = await rules.version(version, tx);
    const [start, last] = [latest(since, from), until && until < now ? until : now];
    for (const [metric, spec] of turningMetrics(matcher.book))
      for (let end = nextEnd([spec], start, workspace.timeZone); end && end <= last; ) {
        found.push({ metric, until: localDay(end, workspace.timeZone), endedAt: end });
        end = nextEnd([spec], end, workspace.timeZone);
      }
  }
  const made = await tx.run(
    `insert into window_turns (metric, until, ended_at, noticed_at)
     select metric, until, ended_at, $4 from unnest($1::text[], $2::date[], $3::timestamptz[]) as t (metric, until, ended_at)
     on conflict do nothing`,
    [found.map(({ metric }) => metric), found.map(({ until }) => until), found.map(({ endedAt }) => endedAt), now],
  );
  await tx.run(
    `insert into window_turns_seen (until) values ($1)
     on conflict (single) do update set until = greatest(window_turns_seen.until, excluded.until)`,
    [now],
  );
  return made;
};

const latest = (a: Date, b: Date) => (a > b ? a : b);

/**
 * Notices turns for as long as it is asked; nearly always it knows that there is none, and asks nobody. What was loaded or
 * ended since it last looked makes it look again.
 */
export const createTurnWatch = (corridor: Corridor): ((now: Date) => Promise<void>) => {
  let [until, version]: [number, number | null] = [0, null];
  return async (now) => {
    if (!corridor.rules.loaded()) return;
    const current = corridor.rules.current();
    if (current.id === version && now.getTime() < until) return;
    await corridor.database.transaction((tx) => noticeTurns(corridor, tx, now));
    const metrics = turningMetrics(current.matcher.book).values();
    until = nextEnd(metrics, now, corridor.workspace.timeZone)?.getTime() ?? Number.POSITIVE_INFINITY;
    version = current.id;
  };
};

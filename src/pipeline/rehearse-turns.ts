/** Time passes on stages as it did: windows of metrics end in between what happened, each at its own place. */
import { metricByName } from "../metrics/index.ts";
import { decideTurn, openTurns } from "./decide-turns.ts";
import { type RuleMetric, seriesOf } from "./metric-asked.ts";
import type { Stage } from "./rehearse.ts";
import { feed, passTime } from "./rehearse-feed.ts";
import type { PastEvent } from "./rehearse-history.ts";
import { together } from "./together.ts";
import { nextEnd, noticeTurns, turningMetrics } from "./window-turns.ts";

/**
 * Decides these events, in the order of when they were received, on stages that share what they are told, and the windows that
 * ended before each. On a stage only those end that its own book listens to.
 */
export const liveThrough = async (
  stages: readonly [Stage, ...Stage[]],
  events: readonly PastEvent[],
): Promise<void> => {
  let rest = events;
  for (let first = rest[0]; first; first = rest[0]) {
    const now = new Date(first.receivedAt);
    const ends = await together(stages, (stage) => passEnds(stage, now));
    const end = Math.min(...ends.map((each) => each?.getTime() ?? Number.POSITIVE_INFINITY));
    const after = rest.findIndex(({ receivedAt }) => Date.parse(receivedAt) >= end);
    await feed(stages, after === -1 ? rest : rest.slice(0, after));
    rest = after === -1 ? [] : rest.slice(after);
  }
};

/** Time passes until `at`, without news. */
export const liveUntil = async (stages: readonly [Stage, ...Stage[]], at: Date): Promise<void> => {
  await together(stages, async (stage) => {
    await passEnds(stage, at);
    await passTime(stage, at);
  });
};

/** Judges every window that ends until `at`, and gives the next end after that; null: none ever does. */
const passEnds = async (stage: Stage, at: Date): Promise<Date | null> => {
  const { corridor, tx } = stage;
  const { timeZone } = corridor.workspace;
  const metrics = turningMetrics(corridor.rules.current().matcher.book);
  if (metrics.size === 0) return null;
  for (;;) {
    // before anything was told (at `at` it is), there is nobody of whom anything could be said
    const seen = await tx.row<{ until: Date }>(
      `insert into window_turns_seen (until) select greatest(min(since), $1) from rule_turns
       on conflict (single) do update set until = window_turns_seen.until returning until`,
      [at],
    );
    const since = seen?.until ?? at;
    const next = nextEnd(metrics.values(), since, timeZone);
    if (!next || next > at) return next;
    const counted = await countedOf(stage, metrics);
    const end = nextEnd(counted.values(), since, timeZone);
    const reached = end && end <= at ? end : at;
    await noticeTurns(corridor, tx, reached);
    await tx.run("update window_turns set state = 'judged' where state = 'open' and metric <> all ($1)", [
      [...counted.keys()],
    ]);
    if (reached === end) await turn(stage, end);
  }
};

/** Asked of a short past only: of a long one something of everything was counted, and it takes long to see that nothing was. */
const SHORT_PAST = 2_000;

/** Those of which anything was counted yet: of the others a window ends without anything to say. */
const countedOf = async (
  { tx, events }: Stage,
  metrics: ReadonlyMap<string, RuleMetric>,
): Promise<ReadonlyMap<string, RuleMetric>> => {
  if (events > SHORT_PAST) return metrics;
  const asked = [...metrics].flatMap(([name, spec]) => {
    const metric = metricByName(spec.name);
    return metric ? seriesOf(metric, spec).map((series) => ({ name, of: spec.of, series })) : [];
  });
  const rows = await tx.rows<{ name: string }>(
    `select distinct t.name from unnest($1::text[], $2::text[], $3::text[]) as t (name, of, series)
     where t.of = 'company' or exists (select from metric_cells c where c.of = t.of and c.series = t.series)`,
    [asked.map(({ name }) => name), asked.map(({ of }) => of), asked.map(({ series }) => series)],
  );
  const counted = new Set(rows.map(({ name }) => name));
  return new Map([...metrics].filter(([name]) => counted.has(name)));
};

/** What ended at this moment, of which there is something to say. */
const turn = async (stage: Stage, end: Date): Promise<void> => {
  const { tx } = stage;
  for (let open = await openTurns(tx); isSome(open); open = await openTurns(tx)) {
    const { granted } = await decideTurn(stage, open);
    // ordered within seconds, as in `feed`
    if (granted.length > 0)
      await tx.run("update grants set state = 'issued' where id = any ($1) and state = 'approved'", [granted]);
  }
  await passTime(stage, end);
};

const isSome = <T>(list: readonly T[]): list is readonly [T, ...T[]] => list.length > 0;

/** What a rule book would have given over a stretch of the past, and how that differs from the rules in force. */
import type { Known } from "../engine/index.ts";
import type { Problem } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import { type Change, type Changes, changesBetween, differenceOf } from "./backtest-changes.ts";
import { type BacktestTotals, totalsOf } from "./backtest-totals.ts";
import type { Corridor } from "./corridor.ts";
import { type Rehearsal, rehearse, type Stage } from "./rehearse.ts";
import { countPast, type HistorySource, pastEvents } from "./rehearse-history.ts";
import { liveThrough, liveUntil } from "./rehearse-turns.ts";

export interface BacktestOptions {
  /** Milestones from `from` until before `until` count. What happened before is known, and rewarded nothing. */
  from: Date;
  until: Date;
  source: HistorySource;
  /** Whether to compare with the version in force. */
  compare: boolean;
  on: {
    /** About to decide this many events. */
    started(events: number): void;
    /** So many were decided by now. */
    decided(events: number): void;
    /** Each grant of either side, in the order of its milestone; awaited. Not called where nobody listens. */
    grant?(change: Change): Promise<void>;
  };
}

export interface BacktestReport extends BacktestTotals {
  from: Date;
  until: Date;
  source: HistorySource;
  /** Events that were decided. */
  events: number;
  /** `none`: nothing is in force; `same`: it is this very version; null: not asked for. */
  compared: Changes | "none" | "same" | null;
}

/** Changes nothing: everything happens in a rehearsal. Memory does not grow with the past. */
export const backtest = async (
  corridor: Corridor,
  known: Known,
  candidate: readonly SourceFile[],
  options: BacktestOptions,
): Promise<{ ok: true; report: BacktestReport } | { ok: false; problems: Problem[] }> => {
  const { from, until, source, compare, on } = options;
  const range = { from, until };
  const active = compare ? await inForce(corridor) : undefined;
  return rehearse(corridor, known, async (rehearsal) => {
    const staged = await rehearsal.stage(candidate, from, { nearMisses: false });
    if (!staged.ok) return staged;
    const { stage } = staged;
    const same = active !== undefined && active.hash === stage.corridor.rules.current().matcher.book.hash;
    const before =
      active && !same ? await rehearsal.stage(active.sources, from, { nearMisses: false, beside: stage }) : undefined;
    // the version in force may not load any more: a provider was taken away
    const other = before?.ok ? before.stage : undefined;

    on.started(await countPast(rehearsal, source, until));
    const events = await live(rehearsal, other ? [stage, other] : [stage], options);
    const totals = await totalsOf(stage, range);
    const difference = other && (await differenceOf(rehearsal, other, stage, range));
    if (on.grant)
      for await (const change of changesBetween(rehearsal, other, stage, range, "all")) await on.grant(change);
    const compared = !compare ? null : same ? ("same" as const) : (difference ?? ("none" as const));
    return { ok: true as const, report: { ...totals, from, until, source, events, compared } };
  });
};

/** The past, page by page. */
const live = async (
  rehearsal: Rehearsal,
  stages: readonly [Stage, ...Stage[]],
  { source, until, on }: BacktestOptions,
): Promise<number> => {
  let events = 0;
  for await (const page of pastEvents(rehearsal, source, until)) {
    await liveThrough(stages, page);
    events += page.length;
    on.decided(events);
  }
  await liveUntil(stages, until);
  return events;
};

const inForce = ({ database }: Corridor) =>
  database.row<{ hash: string; sources: SourceFile[] }>(
    "select v.hash, v.sources from active_rules a join rule_versions v on v.id = a.version",
  );

/** What a rule book would have given over a stretch of the past, and how that differs from the rules in force. */
import type { Known } from "../engine/index.ts";
import type { Problem } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import { type Change, type Changes, changesBetween, differenceOf } from "./backtest-changes.ts";
import { copyOutcomes, type Outcomes } from "./backtest-outcomes.ts";
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
    const staged = await rehearsal.stage(candidate, from);
    if (!staged.ok) return staged;
    const { stage } = staged;
    const same = active !== undefined && active.hash === stage.corridor.rules.current().matcher.book.hash;

    on.started(await countPast(rehearsal, source, until));
    const side = { rehearsal, stage };
    const report = async (events: number, other: Outcomes | undefined) => {
      const totals = await totalsOf(rehearsal, stage, range);
      const difference = other && (await differenceOf(rehearsal, other, stage, range));
      if (on.grant)
        for await (const change of changesBetween(rehearsal, other, stage, range, "all")) await on.grant(change);
      const compared = !compare ? null : same ? ("same" as const) : (difference ?? ("none" as const));
      return { ok: true as const, report: { ...totals, from, until, source, events, compared } };
    };
    if (!active || same) return report(await live([side], options), undefined);

    // a transaction of its own, so that PostgreSQL decides for both books at the same time
    const { events, other } = await rehearse(
      corridor,
      known,
      async (second) => {
        const before = await second.stage(active.sources, from);
        if (!before.ok) return { events: await live([side], options), other: undefined };
        const beside = { rehearsal: second, stage: before.stage };
        const events = await live([side, beside], options);
        return { events, other: await copyOutcomes(beside, side, range) };
      },
      rehearsal.snapshot,
    );
    return report(events, other);
  });
};

interface Side {
  rehearsal: Rehearsal;
  stage: Stage;
}

/** The past, page by page, on every side at once; read by the first, which waits for the slowest before the next page. */
const live = async (sides: readonly [Side, ...Side[]], { source, until, on }: BacktestOptions) => {
  let [events, fed] = [0, 0];
  for (const { rehearsal, stage } of sides) await rehearsal.enter(stage);
  for await (const page of pastEvents(sides[0].rehearsal, source, until)) {
    await together(sides, async ({ rehearsal, stage }) => {
      await liveThrough(stage, rehearsal.tx, page);
      fed += page.length / sides.length;
      on.decided(Math.round(fed));
    });
    events += page.length;
  }
  await together(sides, ({ rehearsal, stage }) => liveUntil(stage, rehearsal.tx, until));
  return events;
};

/** Waits for all also where one fails: a transaction is rolled back only when nobody works in it any more. */
const together = async (sides: readonly Side[], work: (side: Side) => Promise<void>) => {
  for (const done of await Promise.allSettled(sides.map(work))) if (done.status === "rejected") throw done.reason;
};

const inForce = ({ database }: Corridor) =>
  database.row<{ hash: string; sources: SourceFile[] }>(
    "select v.hash, v.sources from active_rules a join rule_versions v on v.id = a.version",
  );

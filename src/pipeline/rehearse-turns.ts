/** Time passes on a stage as it did: windows of metrics end in between what happened, each at its own place. */
import type { Sql } from "../db/sql.ts";
import { decideTurn, openTurn } from "./decide-turns.ts";
import type { Stage } from "./rehearse.ts";
import { feed, passTime } from "./rehearse-feed.ts";
import type { PastEvent } from "./rehearse-history.ts";
import { nextEnd, noticeTurns, turningMetrics } from "./window-turns.ts";

/** Decides these events, in the order of when they were received, on a stage that was entered, and the windows that ended before each. */
export const liveThrough = async (stage: Stage, tx: Sql, events: readonly PastEvent[]): Promise<void> => {
  let rest = events;
  for (const first = rest[0]; first; ) {
    const end = await nextTurn(stage, tx, new Date(first.receivedAt));
    const after = end === null ? -1 : rest.findIndex(({ receivedAt }) => Date.parse(receivedAt) >= end.getTime());
    const before = after === -1 ? rest : rest.slice(0, after);
    if (before.length > 0) await feed(stage, tx, before);
    if (end === null || after === -1) return;
    await turn(stage, tx, end);
    rest = rest.slice(after);
  }
};

/** Time passes until `at`, without news. */
export const liveUntil = async (stage: Stage, tx: Sql, at: Date): Promise<void> => {
  for (let end = await nextTurn(stage, tx, at); end && end <= at; end = await nextTurn(stage, tx, at))
    await turn(stage, tx, end);
  await passTime(tx, at);
};

/** When the next window ends. Before anything was told (`first` is), there is nobody of whom anything could be said. */
const nextTurn = async ({ corridor }: Stage, tx: Sql, first: Date): Promise<Date | null> => {
  const metrics = [...turningMetrics(corridor.rules.current().matcher.book).values()];
  if (metrics.length === 0) return null;
  const seen = await tx.row<{ until: Date }>(
    `insert into window_turns_seen (until) select greatest(min(since), $1) from rule_turns
     on conflict (single) do update set until = window_turns_seen.until returning until`,
    [first],
  );
  return nextEnd(metrics, seen?.until ?? first, corridor.workspace.timeZone);
};

const turn = async ({ corridor }: Stage, tx: Sql, end: Date): Promise<void> => {
  await noticeTurns(corridor, tx, end);
  for (let open = await openTurn(tx); open; open = await openTurn(tx)) {
    const { granted } = await decideTurn(corridor, tx, open);
    // ordered within seconds, as in `feed`
    await tx.run("update grants set state = 'issued' where id = any ($1) and state = 'approved'", [granted]);
  }
  await passTime(tx, end);
};

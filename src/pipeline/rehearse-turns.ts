/** Time passes on stages as it did: windows of metrics end in between what happened, each at its own place. */
import { decideTurn, openTurn } from "./decide-turns.ts";
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
  for (const first = rest[0]; first; ) {
    const ends = await together(stages, (stage) => nextTurn(stage, new Date(first.receivedAt)));
    const end = Math.min(...ends.map((each) => each?.getTime() ?? Number.POSITIVE_INFINITY));
    const after = rest.findIndex(({ receivedAt }) => Date.parse(receivedAt) >= end);
    const before = after === -1 ? rest : rest.slice(0, after);
    if (before.length > 0) await feed(stages, before);
    if (after === -1) return;
    await together(stages, async (stage, index) => {
      if (ends[index]?.getTime() === end) await turn(stage, new Date(end));
    });
    rest = rest.slice(after);
  }
};

/** Time passes until `at`, without news. */
export const liveUntil = async (stages: readonly [Stage, ...Stage[]], at: Date): Promise<void> => {
  await together(stages, async (stage) => {
    for (let end = await nextTurn(stage, at); end && end <= at; end = await nextTurn(stage, at)) await turn(stage, end);
    await passTime(stage, at);
  });
};

/** When the next window ends. Before anything was told (`first` is), there is nobody of whom anything could be said. */
const nextTurn = async ({ corridor, tx }: Stage, first: Date): Promise<Date | null> => {
  const metrics = [...turningMetrics(corridor.rules.current().matcher.book).values()];
  if (metrics.length === 0) return null;
  const seen = await tx.row<{ until: Date }>(
    `insert into window_turns_seen (until) select greatest(min(since), $1) from rule_turns
     on conflict (single) do update set until = window_turns_seen.until returning until`,
    [first],
  );
  return nextEnd(metrics, seen?.until ?? first, corridor.workspace.timeZone);
};

const turn = async (stage: Stage, end: Date): Promise<void> => {
  const { corridor, tx } = stage;
  await noticeTurns(corridor, tx, end);
  for (let open = await openTurn(tx); open; open = await openTurn(tx)) {
    const { granted } = await decideTurn(stage, open);
    // ordered within seconds, as in `feed`
    await tx.run("update grants set state = 'issued' where id = any ($1) and state = 'approved'", [granted]);
  }
  await passTime(stage, end);
};

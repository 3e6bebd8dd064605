/** Values over time: who owned a record when, and in which team they were. */
import type { FactValue } from "../events.ts";

export interface Point {
  /** ISO 8601, UTC. */
  at: string;
  /** Null: nobody, nothing. */
  value: string | null;
}

/** Oldest first, each different from the one before. The first value holds for the time before it, too. */
export type Timeline = readonly Point[];

export const constant = (value: string | null): Timeline => [{ at: "", value }];

/** Steps of a field as a timeline. `earlierMs`: what is told within one save after a moment belongs to it. */
export const timelineOf = (
  steps: readonly { at: string; value: FactValue }[] | undefined,
  earlierMs: number,
  name: (value: string) => string = (value) => value,
): Timeline =>
  (steps ?? [])
    .map(({ at, value }) => ({
      at: new Date(Date.parse(at) - earlierMs).toISOString(),
      value: typeof value === "string" && value !== "" ? name(value) : null,
    }))
    .filter((point, index, all) => index === 0 || all[index - 1]?.value !== point.value);

export const valueOn = (timeline: Timeline, at: string): string | null =>
  (timeline.findLast((point) => point.at <= at) ?? timeline[0])?.value ?? null;

/** For each value of `outer` the timeline that `inner` gives, cut together: the teams of the owners. */
export const through = (outer: Timeline, inner: (value: string) => Timeline): Timeline => {
  const points: Point[] = [];
  const push = (at: string, value: string | null) => {
    if (points.length === 0 || points.at(-1)?.value !== value) points.push({ at, value });
  };
  for (const [index, { at, value }] of outer.entries()) {
    const until = outer[index + 1]?.at;
    const timeline = value === null ? [] : inner(value);
    // the first value holds for all time before: so do the changes of its own inner timeline
    const from = index === 0 ? "" : at;
    push(from, valueOn(timeline, from));
    for (const point of timeline)
      if (point.at > from && (until === undefined || point.at < until)) push(point.at, point.value);
  }
  return points;
};

export interface Piece {
  value: string;
  from: string;
  /** Null: it goes on. */
  to: string | null;
  /** True: it ends because the span does, and not because the value changes. */
  last: boolean;
}

/** The span from `from` to `to` (included), cut where the value changes. Without a value there is no piece. */
export const piecesOf = (timeline: Timeline, from: string, to: string | null): Piece[] => {
  const starts = [
    { at: from, value: valueOn(timeline, from) },
    ...timeline.filter((point) => point.at > from && (to === null || point.at <= to)),
  ];
  return starts.flatMap(({ at, value }, index) => {
    const next = starts[index + 1];
    return value === null ? [] : [{ value, from: at, to: next?.at ?? to, last: next === undefined }];
  });
};

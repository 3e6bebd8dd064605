/** What truly happens in the three CRMs of a run: a quarter of deals and contacts, and the facts that it comes down to. */
import type { Config } from "../../src/config.ts";
import type { Fact } from "../../src/events.ts";
import type { Dialect, WireEvent } from "../../src/simulate/dialect.ts";
import { dialectsOf } from "../../src/simulate/dialects.ts";
import { createIds } from "../../src/simulate/ids.ts";
import { playQuarter } from "../../src/simulate/quarter.ts";
import type { Random } from "../../src/simulate/random.ts";
import { factsOf, type StoryRecord } from "../../src/simulate/story.ts";
import { REPS } from "./files.ts";

export interface Story {
  dialects: ReadonlyMap<string, Dialect>;
  /** The events of each save, in the order in which they are told. */
  saves: readonly (readonly WireEvent[])[];
  facts: ReadonlyMap<StoryRecord, readonly Fact[]>;
}

/** Two saves of one record are never closer than the time of one save: see `src/simulate/simulate.ts`. */
const LASTS_MS = 90_000;

export const tellStory = (config: Config, random: Random, run: string, events: number): Story => {
  const { dialects } = dialectsOf(config, createIds(run));
  const now = Date.now();
  const told = playQuarter({
    random,
    events,
    dialects,
    reps: REPS,
    currencies: [],
    begins: now - LASTS_MS - 5_000,
    lasts: LASTS_MS,
    now,
  });
  const facts = new Map<StoryRecord, Fact[]>();
  for (const { save } of told) {
    const known = facts.get(save.record) ?? [];
    facts.set(save.record, known);
    known.push(...factsOf(save, dialects.get(save.record.connection)?.spread ?? false));
  }
  return { dialects, saves: told.map(({ events: each }) => each), facts };
};

import { setTimeout } from "node:timers/promises";
import type { Database } from "../../src/db/sql.ts";

const LOOK_EVERY_MS = 25;

/** Resolves when nothing waits between the inbox and the grants. Throws where that takes longer than `withinMs`. */
export const drained = async (database: Database, withinMs: number): Promise<void> => {
  const until = performance.now() + withinMs;
  // the newest first: behind it lie all those that were dealt with, and have not been cleared away yet
  const asked = `select (select id from inbox where state = 'received' order by id desc limit 1) is null
    and (select id from events where state in ('reading', 'ready') order by id desc limit 1) is null as empty`;
  while (!(await database.row<{ empty: boolean }>(asked))?.empty) {
    if (performance.now() > until) throw new Error(`not worked off within ${withinMs / 1_000} s`);
    await setTimeout(LOOK_EVERY_MS);
  }
};

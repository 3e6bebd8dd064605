import type { Known } from "./known.ts";
import type { Budget, Calendar, Reward, Tier } from "./rule-book.ts";

/** Entries that rules may name: by id, null for one that has faults of its own. */
export interface Named<T> {
  byId: ReadonlyMap<string, T | null>;
  /** False where an id could not be read: an unknown name may then be that one. */
  complete: boolean;
}

/** What stands beside the rules, in any of the files. */
export interface Shelf {
  rewards: Named<Reward>;
  budgets: Named<Budget>;
  calendars: Named<Calendar>;
  tiers: Named<Tier>;
  known: Known;
}

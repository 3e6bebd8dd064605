import type { PlainEvent, PlainRule } from "./scenarios.ts";

/** One engine, as its own documentation would have it used. */
export interface Contender {
  name: string;
  version: string;
  /** How many events it is given at once. */
  together: number;
  /** Builds the engine with all rules, once. Nothing of it is counted as deciding. */
  prepare(rules: readonly PlainRule[]): Promise<Decider>;
}

export interface Decider {
  /** Gives events the form that the engine takes. Not counted either. */
  accept(events: readonly PlainEvent[]): Batch;
  close?(): void;
}

export interface Batch {
  /** Decides the events from `start` to before `end`: the ids of the matching rules of each, in any order. */
  decide(start: number, end: number): Promise<string[][]>;
}

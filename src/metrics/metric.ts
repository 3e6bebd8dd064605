import type { DayRange, Window } from "../windows.ts";
import type { Of } from "./contribution.ts";

/**
 * Which days of a series are summed: those of the `window`; those before its `start` or before its `end` (a stock); the
 * `previous` window's; or `pairs`, whose two days both lie in the window.
 */
export interface Read {
  series: string;
  over: "window" | "start" | "end" | "previous" | "pairs";
}

export interface Sums {
  /** The sum of what was read under this name, over all keys. */
  of(name: string): number;
  /** The same by key. */
  keys(name: string): ReadonlyMap<string, number>;
}

export interface Asked {
  options: Readonly<Record<string, string>>;
  window: Window;
  range: DayRange;
  /** The last day that has come, in the window or after it: time that has not passed is not counted. */
  today: string;
  /** Minor units of the workspace currency in a major one. */
  minorPerMajor: number;
}

export interface Result {
  /** In the metric's unit; null where there is nothing to divide by. */
  value: number | null;
  /** How many records it rests on. */
  sample: number;
}

/** The definition of one KPI: which sums it reads, and what follows from them. */
export interface Metric {
  name: string;
  title: { en: string; it: string };
  /** One line: how it is worked out. */
  about: string;
  unit: "ratio" | "days" | "minutes" | "money" | "money per month" | "points" | "per day" | "count";
  of: readonly Of[];
  /** By name: its values, the first of which is the default. `*` stands for any other text. */
  options: Readonly<Record<string, readonly string[]>>;
  reads(options: Readonly<Record<string, string>>): Readonly<Record<string, Read>>;
  value(sums: Sums, asked: Asked): Result;
}

/** `a ÷ b`; null where there is nothing to divide by. */
export const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);

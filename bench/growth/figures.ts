import type { Taker } from "../ground/deliveries.ts";
import type { Ground } from "../ground/postgres.ts";
import type { Cost } from "./cost.ts";

export interface Around {
  ground: Ground;
  taker: Taker;
}

export interface GrowthFigures {
  /** Of each run, by events of history; by rules; by processes. */
  histories: { events: number; costs: Cost[] }[];
  rules: { rules: number; costs: Cost[] }[];
  processes: { processes: number; costs: Cost[] }[];
}

/** How much of it each form measures. */
export const sizes = {
  whole: {
    warm: 1,
    rounds: 3,
    histories: [10_000, 100_000, 1_000_000],
    decided: 10_000,
    rules: [10, 1_000, 10_000],
    processes: [1, 2, 4],
    /** Events that are measured at a time. */
    measured: 2_000,
    backlog: 20_000,
  },
  short: {
    warm: 0,
    rounds: 1,
    histories: [400, 800],
    decided: 400,
    rules: [20],
    processes: [2],
    measured: 200,
    backlog: 1_000,
  },
};

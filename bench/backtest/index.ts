/**
 * How long a backtest of 100,000 events takes, compared with the version in force, and how much memory, beside shorter pasts:
 * on an embedded PostgreSQL of its own, with the history imported from a file as an admin would. On a machine that does other
 * things the processor time tells more than the clock.
 */
import { fork } from "node:child_process";
import path from "node:path";

/** What Node.js may keep, however long the past is: a backtest that needs more the longer it is ends here with an error. */
const HEAP_MB = 384;

export interface BacktestFigures {
  events: number;
  importSeconds: number;
  backtestSeconds: number;
  /** Processor time: of this process, and of PostgreSQL where the machine tells (Linux). */
  nodeSeconds: number;
  postgresSeconds: number | null;
  /** Of this process, at its highest: with what is garbage, and was not collected yet. */
  megabytes: number;
  /** What was still in use when all events were decided: where it grows with their number, memory is not bounded. */
  keptMegabytes: number;
}

/** `short`: only the shortest past. Prints its figures, and returns them. */
export const run = async (form: "whole" | "short" = "whole"): Promise<BacktestFigures[]> => {
  const all: BacktestFigures[] = [];
  for (const events of form === "whole" ? [10_000, 30_000, 100_000] : [10_000]) {
    const figures = await measured(events);
    const { backtestSeconds, nodeSeconds, postgresSeconds, megabytes, keptMegabytes, importSeconds } = figures;
    console.log(
      `backtest of ${figures.events} events against the rules in force: ${backtestSeconds.toFixed(1)} s (processor: ${nodeSeconds.toFixed(1)} s Node.js, ${postgresSeconds?.toFixed(1) ?? "?"} s PostgreSQL); memory ${Math.round(megabytes)} MB at its highest, ${Math.round(keptMegabytes)} MB in use when all were decided; import ${importSeconds.toFixed(1)} s`,
    );
    all.push(figures);
  }
  return all;
};

/** In a process of its own: memory that a shorter past took must not be counted again. */
const measured = (events: number): Promise<BacktestFigures> =>
  new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, "measure.ts"), [String(events)], {
      execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`],
    });
    child.on("message", (figures: BacktestFigures) => resolve(figures));
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the backtest of ${events} events ended with ${code}`)));
  });

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { knownTo, Refusal } from "../open-corridor.ts";
import { type BacktestReport, backtest } from "../pipeline/backtest.ts";
import type { Change } from "../pipeline/backtest-changes.ts";
import type { HistorySource } from "../pipeline/rehearse-history.ts";
import { periodAt, startOfDay, windowBefore } from "../windows.ts";
import { problemLine } from "../yaml/problem.ts";
import { readRuleFiles } from "../yaml/yaml-folder.ts";
import { backtestCsv } from "./backtest-csv.ts";
import { backtestText } from "./backtest-text.ts";
import { progressBar } from "./progress-bar.ts";
import { withCorridor } from "./with-corridor.ts";

interface Options {
  from?: string;
  until?: string;
  source: HistorySource;
  csv?: string;
  json?: true;
  compare: boolean;
}

/** `accolade rules backtest`: who would get what, at what cost, and what is different from the rules in force. */
export const backtestCommand = (): Command =>
  new Command("backtest")
    .description(
      "try rules on the past: who gets what, at what cost, what stops it, and what differs from the rules in force",
    )
    .argument("[folder]", "the rules to try; default: the rules folder")
    .option("--from <day>", "first day, such as 2026-07-01; default: the first day of last quarter", day)
    .option("--until <day>", "the day after the last; default: the first day of this quarter", day)
    .option(
      "--source <source>",
      "recorded (what the CRM told this server), imported (accolade import history), or all",
      source,
      "all",
    )
    .option("--csv <file>", "write every grant, with its change, to this file")
    .option("--json", "the whole report as JSON, with every change")
    .option("--no-compare", "do not compare with the rules in force; takes half the time")
    .action((folder: string | undefined, options: Options) =>
      withCorridor(async ({ corridor }, config) => {
        const { timeZone } = corridor.workspace;
        const quarter = periodAt(corridor.now(), "quarter", timeZone);
        const last = windowBefore(quarter, "quarter") ?? quarter;
        const from = new Date(startOfDay(options.from ?? last.from, timeZone));
        const until = new Date(
          startOfDay(options.until ?? (options.from ? tomorrow(corridor.now()) : last.until), timeZone),
        );
        if (from >= until)
          throw new Refusal([
            `--until: found ${options.until ?? until.toISOString()}, expected a day after --from ${options.from ?? last.from}`,
          ]);
        const rulesFolder = folder ?? config.rulesFolder;
        const sources = await readRuleFiles(rulesFolder).catch(() => []);
        if (sources.length === 0)
          throw new Refusal([`${rulesFolder}: found no YAML files, expected a folder with at least one file of rules`]);

        const bar = progressBar("events decided");
        const csv = options.csv === undefined ? undefined : openCsv(options.csv);
        const all: Change[] = [];
        const listens = csv !== undefined || options.json;
        const tried = await backtest(corridor, knownTo(config), sources, {
          from,
          until,
          source: options.source,
          compare: options.compare,
          on: {
            started: bar.start,
            decided: bar.at,
            ...(listens
              ? {
                  async grant(change: Change) {
                    await csv?.write(change);
                    if (options.json && change.change !== "same") all.push(change);
                  },
                }
              : {}),
          },
        }).finally(() => bar.stop());
        await csv?.close();
        if (!tried.ok) throw new Refusal([...tried.problems.map(problemLine), "The rules were not tried."]);
        if (options.json) console.log(JSON.stringify(withAll(tried.report, all), null, 2));
        else console.log(backtestText(tried.report, { timeZone, csv: options.csv }));
      }),
    );

/** In JSON every change is listed, not only the first ones. */
const withAll = (report: BacktestReport, changes: readonly Change[]) => {
  const { compared } = report;
  if (compared === null || typeof compared === "string") return report;
  const { first: _, ...rest } = compared;
  return { ...report, compared: { ...rest, changes } };
};

const openCsv = (file: string) => {
  const stream = createWriteStream(file);
  const failed = new Promise<never>((_, reject) => {
    stream.on("error", (error) => reject(new Refusal([`${file}: cannot be written: ${error.message}`])));
  });
  failed.catch(() => {});
  const write = async (text: string) => {
    if (!stream.write(text)) await Promise.race([once(stream, "drain"), failed]);
  };
  const head = write(backtestCsv.header);
  return {
    async write(change: Change) {
      await head;
      await write(backtestCsv.line(change));
    },
    async close() {
      await head;
      stream.end();
      await Promise.race([once(stream, "finish"), failed]);
    },
  };
};

const tomorrow = (now: Date) => new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10);

function day(text: string): string {
  const moment = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(text))
    throw new InvalidArgumentError("expected a day, such as 2026-07-01.");
  return text;
}

function source(text: string): HistorySource {
  if (text !== "recorded" && text !== "imported" && text !== "all")
    throw new InvalidArgumentError("expected recorded, imported or all.");
  return text;
}

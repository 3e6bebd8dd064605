import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { parse } from "yaml";
import { unpackEvent } from "../../connectors/webhook/unpack-event.ts";
import { columnsOf, HistoryMap } from "../history/history-map.ts";
import { importHistory, removeHistory } from "../history/import-history.ts";
import { Refusal } from "../open-corridor.ts";
import { counted } from "./counted.ts";
import { progressBar } from "./progress-bar.ts";
import { withCorridor } from "./with-corridor.ts";

interface Options {
  connection?: string;
  kind?: string;
  map?: string;
  columns?: string;
  dates?: string;
  decimal?: string;
  remove?: true;
  json?: true;
}

/** `accolade import history`: what a CRM's export tells of the past, for `rules backtest`. */
export const importHistoryCommand = (): Command =>
  new Command("history")
    .description("import a CRM's export, to try rules on it; it is kept apart, and rewards nobody")
    .argument("<file>", "an export as CSV, or posted events as JSONL")
    .option("--connection <id>", "the connection whose records these are; needed where there are several")
    .option("--kind <kind>", "what each line is about, where the export does not say: deal, contact, …")
    .option("--map <file>", "a YAML file that says what the columns and stages mean")
    .option("--columns <list>", 'what columns mean: "Betrag=amount,Besitzer=owner"')
    .option("--dates <order>", "of 03/07/2026: dmy or mdy")
    .option("--decimal <sign>", "of amounts: point or comma")
    .option("--remove", "take out what was imported from a file of this name")
    .option("--json", "the report as JSON")
    .action((file: string, options: Options) =>
      withCorridor(async ({ corridor, database }) => {
        const connection = connectionOf([...corridor.connections.keys()], options.connection);
        const source = path.basename(file);
        if (options.remove) {
          const removed = await removeHistory(database, connection, source);
          console.log(`${counted(removed, "event")} of ${source} taken out.`);
          return;
        }
        const size = await stat(file).catch(() => undefined);
        if (!size?.isFile()) throw new Refusal([`${file}: found no such file, expected an export as CSV or JSONL`]);
        const map = await mapOf(options);
        const bar = progressBar("of the file");
        const input = createReadStream(file);
        bar.start(size.size);
        const report = await importHistory(database, input, {
          connection,
          source,
          format: /\.(jsonl|ndjson|json)$/i.test(file) ? "jsonl" : "csv",
          map,
          timeZone: corridor.workspace.timeZone,
          read: (item) => unpackEvent(item, ""),
          now: corridor.now(),
          on: () => bar.at(input.bytesRead),
        }).finally(() => bar.stop());
        if (options.json) console.log(JSON.stringify({ ...report, strangers: [...report.strangers.keys()] }, null, 2));
        else {
          for (const { line, found, expected } of report.problems)
            console.error(`${source}:${line}: found ${found}, expected ${expected}`);
          if (report.bad > report.problems.length) console.error(`… and ${report.bad - report.problems.length} more.`);
          console.log(
            `${source}: ${counted(report.lines, "line")} read, ${counted(report.events, "event")} imported, ${report.known} there already, ${counted(report.bad, "line")} left out.`,
          );
          if (report.strangers.size > 0) {
            const some = [...report.strangers.keys()].slice(0, 5).join(", ");
            console.log(
              `note: ${counted(report.strangers.size, "owner is", "owners are")} nobody's id, address or name on ${connection} (${some}${report.strangers.size > 5 ? ", …" : ""}): they count as people of their own. Add them to people.yaml with their id to join them.`,
            );
          }
        }
        if (report.bad > 0) process.exitCode = 1;
      }),
    );

const connectionOf = (connections: readonly string[], asked: string | undefined): string => {
  const [only] = connections;
  if (asked === undefined && only !== undefined && connections.length === 1) return only;
  if (asked !== undefined && connections.includes(asked)) return asked;
  throw new Refusal([
    `--connection: found ${asked ?? "nothing"}, expected one of ${connections.join(", ") || "the connections in accolade.yaml, and there are none"}`,
  ]);
};

const mapOf = async ({ map, kind, columns, dates, decimal }: Options): Promise<HistoryMap> => {
  const text = map === undefined ? "{}" : await readFile(map, "utf8").catch(() => undefined);
  if (text === undefined) throw new Refusal([`${map}: found no such file, expected YAML with columns:, stages:, …`]);
  const written = columns === undefined ? {} : columnsOf(columns);
  if (written === undefined)
    throw new Refusal([`--columns: found \`${columns}\`, expected pairs such as "Betrag=amount,Besitzer=owner"`]);
  let base: unknown;
  try {
    base = parse(text) ?? {};
  } catch (error) {
    throw new Refusal([
      `${map}: found YAML that cannot be read (${error instanceof Error ? error.message.split("\n")[0] : error})`,
    ]);
  }
  const own = typeof base === "object" && base !== null && !Array.isArray(base) ? base : { columns: base };
  const given = Object.fromEntries(Object.entries({ kind, dates, decimal }).filter(([, value]) => value !== undefined));
  const parsed = HistoryMap.safeParse({ ...own, ...given });
  if (!parsed.success)
    throw new Refusal(
      parsed.error.issues.map((issue) => `${map ?? "options"}: ${issue.path.join(".") || "map"}: ${issue.message}`),
    );
  return { ...parsed.data, columns: { ...parsed.data.columns, ...written } };
};

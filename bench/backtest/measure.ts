/** One backtest of that many events (the argument), in a process of its own: tells the figures to whoever started it. */
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unpackEvent } from "../../connectors/webhook/unpack-event.ts";
import { readConfig } from "../../src/config.ts";
import type { Database } from "../../src/db/sql.ts";
import { HistoryMap } from "../../src/history/history-map.ts";
import { importHistory } from "../../src/history/import-history.ts";
import { createLog } from "../../src/log.ts";
import { knownTo, openCorridor } from "../../src/open-corridor.ts";
import { backtest } from "../../src/pipeline/backtest.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { dealEvents } from "./deal-events.ts";
import type { BacktestFigures } from "./index.ts";

const rules = (bar: number) => `rewards:
  - { id: points, title: Points, provider: points, value: 10 points }
rules:
  - { id: won, title: Won, on: deal.won, where: [deal.amount >= ${bar}], reward: { to: owner, give: points } }
  - { id: fast, title: Won fast, on: deal.won, where: [deal.amount >= 50000, deal.cycle_days <= 20], reward: { to: owner, give: points } }
  - { id: opened, title: Opened, on: deal.created, where: [deal.amount >= 80000], reward: { to: owner, give: points } }
  - { id: moved, title: Moved, on: deal.stage_changed, where: ['milestone.to == "proposal"', deal.amount > 70000], reward: { to: owner, give: points } }
`;

const measure = async (events: number): Promise<BacktestFigures> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-bench-"));
  // where we are root, PostgreSQL runs as another user
  await chmod(folder, 0o755);
  await mkdir(path.join(folder, "rules"));
  await writeFile(
    path.join(folder, "accolade.yaml"),
    "connections:\n  crm: { connector: hubspot, clientSecret: not-used-by-a-backtest }\nproviders:\n  points: { provider: points }\n",
  );
  await writeFile(path.join(folder, "rules", "sales.yaml"), rules(20_000));
  const read = await readConfig({ PATH: process.env.PATH, DATABASE_URL: process.env.BENCH_DATABASE_URL }, folder);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  const log = createLog({ level: "error", format: "text" });
  const opened = await openCorridor(read.config, { log, telemetry: createTelemetry(), queue: false });
  try {
    await opened.loadRules("bench");
    const file = path.join(folder, "history.jsonl");
    await pipeline(Readable.from(dealEvents(events)), createWriteStream(file));
    const importing = performance.now();
    await importHistory(opened.database, createReadStream(file), {
      connection: "crm",
      source: "history.jsonl",
      format: "jsonl",
      map: HistoryMap.parse({}),
      timeZone: "UTC",
      read: (item) => unpackEvent(item, ""),
      now: new Date(),
    });
    const importSeconds = (performance.now() - importing) / 1_000;

    const watch = watchUse(opened.database);
    const started = performance.now();
    const cpu = process.cpuUsage();
    const tried = await backtest(
      opened.corridor,
      knownTo(read.config),
      [{ file: "rules/sales.yaml", text: rules(30_000) }],
      {
        from: new Date("2026-07-01T00:00:00Z"),
        until: new Date("2026-10-01T00:00:00Z"),
        source: "imported",
        compare: true,
        on: { started: () => {}, decided: (decided) => decided === events && watch.lookAtHeap() },
      },
    );
    if (!tried.ok) throw new Error("the rules of the bench do not load");
    const used = process.cpuUsage(cpu);
    const backtestSeconds = (performance.now() - started) / 1_000;
    return {
      events: tried.report.events,
      importSeconds,
      backtestSeconds,
      nodeSeconds: (used.user + used.system) / 1e6,
      ...(await watch.stop()),
    };
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
};

/** Looks now and then at what this process and the database's connections use. */
const watchUse = (database: Database) => {
  let bytes = 0;
  let kept = 0;
  const seconds = new Map<number, number>();
  const first = new Map<number, number>();
  const look = async () => {
    bytes = Math.max(bytes, process.memoryUsage().rss);
    const pids = await database.rows<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database()",
    );
    for (const { pid } of pids) {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
      const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
      // user and system time, in hundredths of a second
      if (fields) {
        const now = (Number(fields[11]) + Number(fields[12])) / 100;
        if (!first.has(pid)) first.set(pid, now);
        seconds.set(pid, now - (first.get(pid) ?? 0));
      }
    }
  };
  let looking: Promise<void> = look();
  const timer = setInterval(() => {
    looking = look().catch(() => {});
  }, 500);
  return {
    /** What is in memory and is not garbage. */
    lookAtHeap() {
      globalThis.gc?.();
      kept = process.memoryUsage().heapUsed;
    },
    async stop() {
      clearInterval(timer);
      await looking;
      await look();
      const sum = [...seconds.values()].reduce((total, each) => total + each, 0);
      return { postgresSeconds: seconds.size > 0 ? sum : null, megabytes: bytes / 1e6, keptMegabytes: kept / 1e6 };
    },
  };
};

process.send?.(await measure(Number(process.argv[2])));

/**
 * What one event costs the metrics, with a short and with a long history behind it: one deal is won, and its metrics are
 * brought in line and answered for five rules, in a transaction on the embedded PostgreSQL.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { startEmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { type Database, openDatabase } from "../../src/db/sql.ts";
import { createMatcher, loadRules, type Rule } from "../../src/engine/index.ts";
import { requiredFields } from "../../src/metrics/index.ts";
import { updateMetrics } from "../../src/pipeline/decide-metrics.ts";
import type { MetricSettings } from "../../src/pipeline/metrics-context.ts";
import { fill } from "./fill.ts";
import { dealHistory, isOpen } from "./history.ts";

export interface MetricsBench {
  /** By number of deals in history: median milliseconds for one event, of each run. */
  runs: { deals: number; ms: number[] }[];
  /** Median of the longest history ÷ median of the shortest. */
  ratio: number;
}

const settings: MetricSettings = { timeZone: "Europe/Rome", currency: "EUR", rates: {}, required: requiredFields };
const RUNS = 5;
const EVENTS = 150;
const NOW = "2026-09-30T15:00:00.000Z";

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Five metrics that rules could listen to, over short and long windows, with sums and with medians. */
const listened: NonNullable<Rule["metric"]>[] = [
  { name: "close_rate", of: "owner", over: "quarter", options: {} },
  { name: "close_rate", of: "workspace", over: "all", options: {} },
  { name: "cycle_days", of: "owner", over: "quarter", options: { stat: "median" } },
  { name: "net_new_revenue", of: "team", over: "month", options: {} },
  { name: "stage_days", of: "team", over: { days: 30 }, options: { stage: "proposal" } },
];

const rules = () => {
  const known = {
    providers: new Map(),
    workspaceCurrency: "EUR",
    timeZone: "Europe/Rome",
    metrics: new Map(),
    approvers: new Set<string>(),
    convertible: new Set<string>(),
  };
  const loaded = loadRules([{ file: "bench.yaml", text: "rules: []\n" }], known);
  if (!loaded.ok) throw new Error("the empty rule book did not load");
  const rule = (metric: (typeof listened)[number], index: number): Rule => ({
    id: `rule-${index}`,
    title: { en: "Metric" },
    kpi: null,
    on: "metric.changed",
    metric,
    where: [],
    during: null,
    parts: [],
    notify: ["email"],
    once: { per: "milestone" },
    hold: null,
    limits: [],
    approval: null,
    budget: null,
    clawback: false,
    from: null,
    until: null,
    mode: "active",
    file: "bench.yaml",
    line: 1,
  });
  const version = {
    id: 1,
    matcher: createMatcher({ ...loaded.book, rules: listened.map(rule) }, "EUR"),
    firstActive: new Map<string, string>(),
  };
  return {
    current: () => version,
    loaded: () => true,
    version: async () => version,
    load: async () => {
      throw new Error("not here");
    },
  };
};

/** Wins deals that were open, one transaction each; returns the median of one. */
const measure = async (database: Database, deals: readonly number[]): Promise<number> => {
  const corridor = {
    workspace: { ...settings, name: "Bench", language: "en", disputeDays: 30, quietHours: "off" as const },
    rules: rules(),
  };
  const took: number[] = [];
  for (const deal of deals) {
    const started = performance.now();
    const milestones = await database.transaction((tx) =>
      updateMetrics(corridor, tx, {
        changed: [dealHistory(deal, NOW)],
        due: [],
        again: [],
        decidedAt: new Date(NOW),
        sums: true,
      }),
    );
    took.push(performance.now() - started);
    if (milestones.length < 3) throw new Error(`deal ${deal} gave ${milestones.length} milestones`);
  }
  return median(took);
};

/** `sizes`: numbers of deals, ascending. `distinct`: how many of them are made one by one; the rest are copies. `say` is told what goes on. */
export const run = async ({
  short = false,
  sizes = short ? [1_000, 10_000] : [10_000, 1_000_000],
  distinct = 20_000,
  say = (line: string) => console.log(line),
}: {
  short?: boolean;
  sizes?: number[];
  distinct?: number;
  say?: (line: string) => void;
} = {}): Promise<MetricsBench> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-bench-"));
  const postgres = await startEmbeddedPostgres(folder, [
    "-c",
    "shared_buffers=512MB",
    "-c",
    "fsync=off",
    "-c",
    "max_wal_size=4GB",
  ]);
  const admin = openDatabase(postgres.url, { max: 1 });
  const benches: { deals: number; database: Database; open: number[]; ms: number[] }[] = [];
  try {
    for (const deals of sizes) {
      await admin.run(`create database bench_${deals}`);
      const database = openDatabase(postgres.url.replace(/accolade$/, `bench_${deals}`), { max: 1 });
      const open = Array.from({ length: deals }, (_, deal) => deal).filter(isOpen);
      benches.push({ deals, database, open, ms: [] });
      await migrate(database, await readMigrations());
      const started = performance.now();
      await fill(database, settings, { deals, distinct }, (done) => {
        if (done % 100_000 === 0)
          say(`${done} of ${deals} deals, ${Math.round((performance.now() - started) / 1000)} s`);
      });
      const cells = await database.row<{ n: number }>("select count(*)::int as n from metric_cells");
      say(`${deals} deals: ${cells?.n} cells, filled in ${Math.round((performance.now() - started) / 1000)} s`);
    }
    const events = Math.min(EVENTS, Math.floor(Math.min(...benches.map(({ open }) => open.length)) / (RUNS + 1)));
    // the first run warms up; then they take turns, so that what else the machine does meets all of them
    for (let round = 0; round <= RUNS; round++)
      for (const bench of benches) {
        const ms = await measure(bench.database, bench.open.splice(0, events));
        if (round > 0) bench.ms.push(ms);
      }
    const runs = benches.map(({ deals, ms }) => ({ deals, ms }));
    const ratio = median(runs.at(-1)?.ms ?? []) / median(runs[0]?.ms ?? []);
    for (const { deals, ms } of runs)
      say(
        `${deals} deals: ${median(ms).toFixed(2)} ms for one event (${ms.map((each) => each.toFixed(2)).join(", ")})`,
      );
    say(`ratio ${ratio.toFixed(2)}`);
    return { runs, ratio };
  } finally {
    for (const { database } of benches) await database.close();
    await admin.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await run({ short: process.argv.includes("--short") });

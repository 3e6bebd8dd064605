/** Builds the corridor from the configuration: everything that the server and the commands of the CLI both need. */
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  createRenderer,
  loadTemplates,
  openSender,
  registryProblems,
  type Sender,
  whatsappWordsOf,
} from "./channels/index.ts";
import type { Config } from "./config.ts";
import { isAway } from "./db/away.ts";
import { startEmbeddedPostgres } from "./db/embedded-postgres.ts";
import { migrate, readMigrations } from "./db/migrate.ts";
import { type Database, openDatabase } from "./db/sql.ts";
import type { Known } from "./engine/index.ts";
import { syncBudgets } from "./ledger/budgets.ts";
import type { Log } from "./log.ts";
import { knownMetrics } from "./metrics/index.ts";
import type { Money } from "./money.ts";
import { createCatalogs } from "./pipeline/catalogs.ts";
import type { Corridor, OpenCelebration, OpenChannel, OpenProvider } from "./pipeline/corridor.ts";
import { judgeAgain } from "./pipeline/decide-again.ts";
import { joinPeople } from "./pipeline/decide-join.ts";
import { takeDecidingLock } from "./pipeline/decide-lock.ts";
import { type ActiveRules, createActiveRules, type LoadResult } from "./pipeline/rule-versions.ts";
import { applyTeams } from "./pipeline/team-history.ts";
import { type Doorbell, type JobName, jobNames } from "./queue/queue.ts";
import { openProvider, providerKind } from "./rewards/index.ts";
import { createSealer } from "./sealer.ts";
import type { Telemetry } from "./telemetry.ts";
import { approverGroups } from "./users.ts";
import { readRuleFiles } from "./yaml/yaml-folder.ts";

const LOOK_AGAIN_MS = 500;

/** Something of the admin's that is wrong, in lines for a person. The process says them and ends; no stack. */
export class Refusal extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

export interface Opened {
  corridor: Corridor;
  senders: ReadonlyMap<string, Sender>;
  database: Database;
  databaseUrl: string;
  /** How the database came up: `created`, `started`, `adopted`, or `given` by DATABASE_URL. */
  how: string;
  /** Reads rules/ again: the new version is in force, or the last good one stays. */
  loadRules(author: string): Promise<LoadResult>;
  /** Reads people.yaml again, or says what is wrong with it. */
  loadPeople(): Promise<string[]>;
  close(graceMs?: number): Promise<void>;
}

export interface Around {
  log: Log;
  telemetry: Telemetry;
  now?: () => Date;
  /** For how long a database that is away at the start is waited for. Default: not at all. */
  patienceMs?: number;
  /** False: no queue is opened, and rings go nowhere; for commands that only look or write rows. */
  queue?: boolean;
}

/** What rules may refer to, from the configuration; with `live`, also what providers can supply, as they said last. */
export const knownTo = (
  config: Pick<Config, "providers" | "workspace" | "users">,
  live?: Pick<Corridor, "providers" | "catalogs">,
): Known => ({
  providers: new Map(
    [...config.providers].flatMap(([id, { kind }]) => {
      const found = providerKind(kind);
      return found
        ? [
            [
              id,
              { options: found.options, supplies: found.supplies, ...(live && { misfit: misfitOf(live, id) }) },
            ] as const,
          ]
        : [];
    }),
  ),
  workspaceCurrency: config.workspace.currency,
  timeZone: config.workspace.timeZone,
  metrics: knownMetrics,
  approvers: approverGroups(config),
  convertible: new Set(Object.keys(config.workspace.rates)),
});

const misfitOf =
  ({ providers, catalogs }: Pick<Corridor, "providers" | "catalogs">, id: string) =>
  (options: unknown, value: Money) => {
    const catalog = catalogs.of(id);
    return catalog && providers.get(id)?.provider.misfit?.(options, value, catalog);
  };

/** Opens the database (the embedded one where none is given), brings its schema up to date, and everything on top. */
export const openCorridor = async (config: Config, around: Around): Promise<Opened> => {
  const { log, telemetry, now = () => new Date() } = around;
  // compiled for the first time it takes a second, in which PostgreSQL starts
  const loading = loadTemplates(config.templatesFolder, path.join(config.home, "cache"));
  const embedded = config.databaseUrl ? undefined : await startEmbeddedPostgres(path.join(config.home, "postgres"));
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? "";
  const database = openDatabase(databaseUrl, {
    max: 12,
    onError: (error) => log.seldom("database", "database connection lost", { error }),
  });
  const closing: (() => Promise<unknown>)[] = [
    () => (embedded ? embedded.stop() : Promise.resolve()),
    () => database.close(),
  ];
  const close = async () => {
    for (const each of closing.toReversed()) await each();
  };
  try {
    // before the first connection: what is compiled holds up everything, and on a slow machine a connection would not be heard in time
    const templates = await loading;
    await untilThere(database, { ...around, patienceMs: around.patienceMs ?? 0 });
    const applied = await migrate(database, await readMigrations());
    if (applied > 0) log.step("migrated", { migrations: applied });
    const sealer = createSealer(config.secretKeys);

    const providers = new Map<string, OpenProvider>();
    for (const [id, { kind, settings }] of config.providers) {
      const warn = (about: string, text: string) => {
        telemetry.warning(about);
        log.seldom(`${id} ${about}`, "provider warns", { provider: id, about, detail: text });
      };
      const opened = openProvider(kind, settings, { id, sql: database, sealer, now, warn });
      if (!opened.ok)
        throw new Refusal(opened.problems.map((problem) => `providers.${id}.${problem.path}: ${problem.message}`));
      providers.set(id, { id, kind: opened.kind, provider: opened.provider });
    }
    const catalogs = createCatalogs(database);
    await catalogs.reload();
    if (!templates.ok)
      throw new Refusal(
        templates.problems.map(
          ({ file, line, place, found, expected }) => `${file}:${line}: ${place}: found ${found}, expected ${expected}`,
        ),
      );
    const whatsappWords = whatsappWordsOf(templates.templates);
    const channels = new Map<OpenChannel["channel"], OpenChannel>();
    const senders = new Map<string, Sender>();
    for (const [channel, { sender, rate, settings }] of config.channels) {
      const around = { sql: database, now, publicUrl: config.publicUrl, whatsappWords };
      const opened = openSender(sender, settings, channel, around);
      if (!opened.ok)
        throw new Refusal(opened.problems.map((problem) => `channels.${channel}.${problem.path}: ${problem.message}`));
      const mismatched = opened.sender.registry ? registryProblems(opened.sender.registry, whatsappWords) : [];
      if (mismatched.length > 0)
        throw new Refusal(mismatched.map((problem) => `channels.${channel}.${problem.path}: ${problem.message}`));
      channels.set(channel, {
        channel,
        sender,
        repeatable: opened.kind.repeatable ?? false,
        rate: rate ?? opened.kind.rate ?? null,
        optIn: opened.sender.optIn ?? "assumed",
        send: opened.sender.send,
        ...(opened.sender.receive ? { receive: opened.sender.receive } : {}),
        ...(opened.sender.hearMail ? { hearMail: opened.sender.hearMail } : {}),
      });
      senders.set(channel, opened.sender);
      closing.push(async () => opened.sender.close?.());
    }
    const celebrations = new Map<string, OpenCelebration>();
    for (const [id, { sender, rate, team, language, settings }] of config.celebrations) {
      const around = { sql: database, now, publicUrl: config.publicUrl };
      const opened = openSender(sender, settings, "celebration", around);
      if (!opened.ok)
        throw new Refusal(opened.problems.map((problem) => `celebrations.${id}.${problem.path}: ${problem.message}`));
      const channel = `celebration:${id}`;
      celebrations.set(channel, {
        ...{ channel, sender, team, language, send: opened.sender.send },
        repeatable: opened.kind.repeatable ?? false,
        rate: rate ?? opened.kind.rate ?? null,
      });
      closing.push(async () => opened.sender.close?.());
    }
    const renderer = createRenderer(templates.templates, config.workspace.language);

    const doorbell = around.queue === false ? silent : await openQueue(config, databaseUrl, around);
    const rules = await createActiveRules(database, knownTo(config, { providers, catalogs }));
    const corridor: Corridor = {
      database,
      workspace: config.workspace,
      brake: config.brake,
      users: config.users,
      publicUrl: config.publicUrl,
      connections: config.connections,
      endpoints: config.webhooks,
      providers,
      catalogs,
      channels,
      celebrations,
      renderCelebration: renderer.renderCelebration,
      render: renderer.renderReward,
      renderNotice: renderer.renderNotice,
      rules,
      doorbell,
      sealer,
      log,
      telemetry,
      now,
    };
    return {
      corridor,
      senders,
      database,
      databaseUrl,
      how: embedded?.how ?? "given",
      loadRules: async (author) => {
        const loaded = await rules.load(await readRuleFiles(config.rulesFolder), author, now());
        if (loaded.ok) await setBudgets(database, rules);
        return loaded;
      },
      loadPeople: () => loadPeople(config, corridor),
      async close(graceMs = 10_000) {
        await doorbell.close(graceMs);
        await close();
      },
    };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
};

/** A machine that starts everything at once starts us before its database is there. */
const untilThere = async (database: Database, { log, patienceMs }: Around & { patienceMs: number }): Promise<void> => {
  for (const until = performance.now() + patienceMs; ; await setTimeout(LOOK_AGAIN_MS)) {
    const error = await database.row("select 1").then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (error === undefined) return;
    if (!isAway(error)) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    if (performance.now() > until)
      throw new Refusal([
        `DATABASE_URL: found a PostgreSQL that is away (${detail}), expected one that answers; accolade doctor says more`,
      ]);
    log.seldom("start", "waiting for the database", { detail });
  }
};

/** What the rules in force set aside is in the ledger before anything is decided by them. */
const setBudgets = (database: Database, rules: ActiveRules): Promise<void> =>
  database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    await syncBudgets(tx, rules.current().matcher.book.budgets);
    await judgeAgain(
      tx,
      rules.current().matcher.book.budgets.map(({ id }) => `budget:${id}`),
    );
  });

/** Loaded only where it is opened: most commands need no queue. */
const openQueue = async (config: Config, databaseUrl: string, { log, telemetry }: Around): Promise<Doorbell> => {
  const { openDoorbell } = await import("./queue/doorbell.ts");
  const place = config.redisUrl ? { redisUrl: config.redisUrl } : { databaseUrl };
  return openDoorbell(place, { log, onFailure: telemetry.jobFailed });
};

const silent: Doorbell = {
  ring: async () => {},
  answer: () => {},
  reachable: async () => false,
  waiting: async () => Object.fromEntries(jobNames.map((job) => [job, 0])) as Record<JobName, number>,
  close: async () => {},
};

const loadPeople = async (config: Config, { database, sealer, now }: Corridor): Promise<string[]> => {
  if (!config.peopleFile) return [];
  const [{ readPeople }, { applyPeople }] = await Promise.all([
    import("./read-people.ts"),
    import("./people/people-file.ts"),
  ]);
  const read = await readPeople(config.peopleFile);
  if ("problems" in read) return read.problems;
  await database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    await joinPeople(tx, await applyPeople(tx, sealer, read.people));
    await applyTeams(tx, config.workspace, now());
  });
  return [];
};

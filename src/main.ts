/** The server: builds everything once, starts it, and stops it in reverse. */

import { z } from "zod";
import { readOutbox } from "./channels/outbox.ts";
import type { Config } from "./config.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./http/listen.ts";
import type { HttpParts } from "./http/parts.ts";
import { recipientParts } from "./http/recipient-parts.ts";
import { type Around, type Opened, openCorridor, Refusal } from "./open-corridor.ts";
import { createAccept } from "./pipeline/accept.ts";
import { createBacklog } from "./pipeline/backlog.ts";
import type { Corridor } from "./pipeline/corridor.ts";
import { fulfil } from "./pipeline/fulfil.ts";
import { notify } from "./pipeline/notify.ts";
import { createPump, type Pump } from "./pipeline/pump.ts";
import { hasReceiver, receive } from "./pipeline/receive.ts";
import { forgetStrangers } from "./pipeline/receive-messages.ts";
import { refreshMetrics } from "./pipeline/recompute-metrics.ts";
import { sweep } from "./pipeline/settle.ts";
import { settleMark } from "./pipeline/settle-mark.ts";
import { tell } from "./pipeline/tell.ts";
import { syncEndpoints } from "./pipeline/tell-endpoints.ts";
import { unsubscribe, viewUnsubscribe } from "./pipeline/unsubscribe.ts";
import { watchProviders } from "./pipeline/watch-providers.ts";
import { openWriteBack } from "./pipeline/write-back.ts";
import { within } from "./within.ts";
import { type Problem, problemLine } from "./yaml/problem.ts";
import { ruleFilePaths, watchFiles } from "./yaml/yaml-folder.ts";

export interface Server {
  opened: Opened;
  port: number;
  pump: Pump;
  /** In-flight requests are answered, running jobs finish or are given back, then everything closes. */
  stop(graceMs?: number): Promise<void>;
}

const SWEEP_EVERY_MS = 1_000;
const COUNT_EVERY_MS = 1_000;
/** How often it is seen whether a provider is due to be asked. */
const WATCH_EVERY_MS = 5_000;
const TIDY_EVERY_MS = 3_600_000;
const WORKERS = 8;
/** Seldom asked for, and never urgent. */
const UNDOERS = 2;
/** Never urgent, and each CRM limits them anyway. */
const WRITERS = 2;

/** Starts the roles that the configuration asks for. Rejects with a `Refusal` for what an admin can mend. */
export const startServer = async (config: Config, around: Around): Promise<Server> => {
  const { log } = around;
  const opened = await openCorridor(config, around);
  const stopping: ((graceMs: number) => Promise<unknown>)[] = [(graceMs) => opened.close(graceMs)];
  const stop = async (graceMs = 10_000) => {
    for (const each of stopping.toReversed()) await each(graceMs);
  };
  try {
    await loadEverything(opened, log);
    const { corridor } = opened;
    await syncEndpoints(corridor);
    const writeBack = openWriteBack(corridor);
    await writeBack.begin();
    const counted = await refreshMetrics(corridor);
    if (counted) log.step("metrics computed", { records: counted });
    const pump = createPump(corridor);
    if (config.roles.has("decide")) {
      stopping.push(() => pump.stop());
      pump.wake();
    }
    if (config.roles.has("deliver")) {
      // whoever starts it anew may have mended what was wrong
      await opened.database.run("update senders set probe_at = $1 where out_since is not null", [corridor.now()]);
      corridor.doorbell.answer("fulfil", (id) => fulfil(corridor, id), WORKERS);
      corridor.doorbell.answer("notify", (id) => notify(corridor, id), WORKERS);
      corridor.doorbell.answer("tell", (id) => tell(corridor, id), WORKERS);
      corridor.doorbell.answer("undo", (id) => settleMark(corridor, id), UNDOERS);
      corridor.doorbell.answer("write", (id) => writeBack.write(id), WRITERS);
      stopping.push(everySoOften(SWEEP_EVERY_MS, () => sweepAndCount(corridor), log));
      stopping.push(everySoOften(WATCH_EVERY_MS, () => watchProviders(corridor), log));
      stopping.push(everySoOften(TIDY_EVERY_MS, () => forgetStrangers(corridor.database, corridor.now()), log));
    }
    const watches = watchForChanges(config, opened, log);
    stopping.push(async () => watches.stop());
    const backlog = createBacklog(corridor, config.server.mostWaiting);
    if (config.roles.has("ingress")) {
      await backlog.look();
      stopping.push(everySoOften(COUNT_EVERY_MS, () => backlog.look(), log));
    }
    const accept = createAccept(corridor, () => {
      backlog.taken();
      if (config.roles.has("decide")) pump.wake();
    });
    const walls = new AbortController();
    const app = createApp({ ...partsOf(config, opened, accept, walls.signal), full: backlog.full });
    const listening = await listen(app, config.port).catch((error: NodeJS.ErrnoException) => {
      throw new Refusal([portAdvice(config.port, error)]);
    });
    stopping.push((graceMs) => listening.close(graceMs));
    stopping.push(async () => walls.abort());
    return { opened, port: listening.port, pump, stop };
  } catch (error) {
    await stop(1_000).catch(() => {});
    throw error;
  }
};

const sweepAndCount = async (corridor: Corridor) => {
  await sweep(corridor);
  for (const [job, jobs] of Object.entries(await corridor.doorbell.waiting()))
    corridor.telemetry.queueWaiting(job, jobs);
};

const portAdvice = (port: number, error: NodeJS.ErrnoException) =>
  error.code === "EADDRINUSE"
    ? `PORT ${port}: found another program on it, expected a free port; choose one with PORT=3001`
    : `PORT ${port}: ${error.message}`;

/** Rules and people, before anything is decided. Broken ones stop the start only where there is no last good version. */
const loadEverything = async (opened: Opened, log: Around["log"]) => {
  const people = await opened.loadPeople();
  if (people.length > 0) throw new Refusal(people);
  const rules = await opened.loadRules("start");
  if (rules.ok) return sayWarnings(rules.warnings, log);
  const lines = rules.problems.map(problemLine);
  if (!opened.corridor.rules.loaded()) throw new Refusal(lines);
  for (const line of lines)
    log.warn("rules not loaded", { problem: line, kept: "the last good version stays in force" });
};

const sayWarnings = (warnings: readonly Problem[], log: Around["log"]) => {
  for (const warning of warnings) log.debug("rules", { warning: problemLine(warning) });
};

const watchForChanges = (config: Config, opened: Opened, log: Around["log"]) => {
  const rules = watchFiles(
    () => ruleFilePaths(config.rulesFolder),
    async () => {
      const loaded = await opened
        .loadRules("file change")
        .catch((error: unknown) => log.error("rules not loaded", { error }));
      if (!loaded) return;
      if (loaded.ok) {
        sayWarnings(loaded.warnings, log);
        return log.step("rules loaded", { version: loaded.version, rules: loaded.rules });
      }
      for (const problem of loaded.problems)
        log.warn("rules not loaded", { problem: problemLine(problem), kept: "the last good version stays in force" });
    },
  );
  const people = watchFiles(
    async () => (config.peopleFile ? [config.peopleFile] : []),
    async () => {
      const problems = await opened.loadPeople().catch((error: unknown) => [String(error)]);
      if (problems.length === 0) log.step("people loaded");
      for (const problem of problems) log.warn("people not loaded", { problem, kept: "the last good state stays" });
    },
  );
  return {
    stop() {
      rules.stop();
      people.stop();
    },
  };
};

const everySoOften = (everyMs: number, work: () => Promise<unknown>, log: Around["log"]) => {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const round = () => {
    running = work()
      .catch((error: unknown) => log.seldom("sweep", "sweep interrupted", { error }))
      .then(() => {
        if (!stopped) timer = setTimeout(round, everyMs);
      });
  };
  let timer = setTimeout(round, everyMs);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
};

/** Of the channel that sends notifications to devices, where there is one. */
const pushKeyOf = ({ channels }: Config): string | undefined =>
  z.object({ publicKey: z.string() }).safeParse(channels.get("push")?.settings).data?.publicKey;

const partsOf = (config: Config, opened: Opened, accept: HttpParts["accept"], stopping: AbortSignal): HttpParts => {
  const { corridor, database } = opened;
  return {
    publicUrl: config.publicUrl,
    workspaceName: config.workspace.name,
    proxies: config.server.proxies,
    log: corridor.log,
    telemetry: corridor.telemetry,
    hasConnection: (id) => config.roles.has("ingress") && corridor.connections.has(id),
    accept,
    hasReceiver: (name) => config.roles.has("ingress") && hasReceiver(corridor, name),
    receive: (name, request) => receive(corridor, name, request),
    async ready() {
      const answers = (part: string, ask: () => Promise<boolean>) => within(2_000, part, ask).catch(() => false);
      const databaseReady = await answers("database", async () => (await database.row("select 1")) !== undefined);
      const queueReady = await answers("queue", () => corridor.doorbell.reachable());
      const parts = { database: databaseReady, queue: queueReady, rules: corridor.rules.loaded() };
      // without its queue a server still accepts and decides: it is ready for webhooks
      return { ok: parts.database && parts.rules, parts };
    },
    ...recipientParts(corridor, pushKeyOf(config)),
    viewUnsubscribe: (token) => viewUnsubscribe(corridor, token),
    unsubscribe: (token, what) => unsubscribe(corridor, token, what),
    ...(config.roles.has("console") ? { corridor, wall: { corridor, settings: config.wall, stopping } } : {}),
    ...([...config.channels.values()].some(({ sender }) => sender === "outbox") && config.sandbox
      ? { outbox: () => readOutbox(database) }
      : {}),
  };
};

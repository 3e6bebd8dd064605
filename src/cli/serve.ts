import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import path from "node:path";
import { Command } from "commander";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { type Server, startServer } from "../main.ts";
import { createTelemetry } from "../telemetry.ts";
import { sandboxWelcome, webhookUrl, workspaceWelcome } from "./welcome.ts";
import { configured, logFor } from "./with-corridor.ts";

/** A restart of PostgreSQL, with its recovery, takes less. */
const DATABASE_PATIENCE_MS = 60_000;

/** `accolade serve`: runs until it is told to stop. */
export const serveCommand = (): Command =>
  new Command("serve")
    .description("start the server; without accolade.yaml, a sandbox to try things in")
    .action(async () => {
      const config = await configured();
      const log = logFor(config);
      let stopping = false;
      const told = untilToldToStop().then(() => {
        stopping = true;
      });
      const say = (lines: readonly string[]) => {
        if (config.sandbox || process.stdout.isTTY) console.log(lines.join("\n"));
      };
      if (!config.databaseUrl && !existsSync(path.join(config.home, "postgres")))
        say([`First start: setting up a database in ${path.relative(process.cwd(), config.home)} ...`]);
      const around = {
        log: config.sandbox ? withNews(log) : log,
        telemetry: createTelemetry(),
        patienceMs: DATABASE_PATIENCE_MS,
      };
      const server = await startServer(config, around);
      log.step("ready", { port: server.port, url: config.publicUrl, database: server.opened.how });
      const greeted = greet(config, server, log, say).catch((error: unknown) => {
        // a scene that is cut short by a stop finds its database closed
        if (!stopping) log.warn("greeting", { error });
      });
      await Promise.race([told, greeted]);
      await told;
      log.step("stopping");
      await server.stop();
      say(["Stopped."]);
    });

const greet = async (config: Config, server: Server, log: Log, say: (lines: readonly string[]) => void) => {
  if (config.sandbox) say(await sandboxWelcome(server.opened.corridor, config, server.port));
  else if (process.stdout.isTTY) say(workspaceWelcome(config));
  else
    for (const id of config.connections.keys()) log.step("listening", { connection: id, url: webhookUrl(config, id) });
  // what was compiled for this start need not be compiled again, also where this process is killed
  flushCompileCache();
};

/** A sandbox shows no steps, but whoever edits a rule wants to see it taken over. */
const withNews = (log: Log): Log => ({
  ...log,
  step(step, fields) {
    if (step === "rules loaded" && fields)
      console.log(`Rules taken over: ${fields.rules === 1 ? "1 rule is" : `${fields.rules} rules are`} in force.`);
    log.step(step, fields);
  },
});

/** A second signal ends the process at once. */
const untilToldToStop = () =>
  new Promise<void>((resolve) => {
    const stop = () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });

import { Command } from "commander";
import { startServer } from "../main.ts";
import { createTelemetry } from "../telemetry.ts";
import { configured, logFor } from "./with-corridor.ts";

/** `accolade serve`: runs until it is told to stop. */
export const serveCommand = (): Command =>
  new Command("serve")
    .description("start the server; without accolade.yaml, a sandbox to try things in")
    .action(async () => {
      const config = await configured();
      const log = logFor(config);
      const server = await startServer(config, { log, telemetry: createTelemetry() });
      log.step("ready", { port: server.port, url: config.publicUrl, database: server.opened.how });
      await untilToldToStop();
      log.step("stopping");
      await server.stop();
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

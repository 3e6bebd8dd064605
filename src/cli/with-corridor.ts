/** Opens what a command needs, and closes it afterwards, also when the command fails. */
import { type Config, readConfig } from "../config.ts";
import { createLog, type Log } from "../log.ts";
import { type Opened, openCorridor, Refusal } from "../open-corridor.ts";
import { createTelemetry } from "../telemetry.ts";

/** The configuration, or a `Refusal` with every problem. */
export const configured = async (): Promise<Config> => {
  const read = await readConfig();
  if (!read.ok) throw new Refusal(read.problems);
  return read.config;
};

export const logFor = (config: Config): Log =>
  createLog({
    level: config.logLevel,
    format: config.sandbox || process.stdout.isTTY ? "text" : "json",
    secrets: config.secrets,
  });

/** Runs `work` on the workspace's rows, beside a running server or without one. Rings reach nobody: a running server's sweeper sees the rows. */
export const withCorridor = async <T>(work: (opened: Opened, config: Config) => Promise<T>): Promise<T> => {
  const config = await configured();
  const log = createLog({ level: "error", format: "text", secrets: config.secrets, stream: process.stderr });
  const opened = await openCorridor(config, { log, telemetry: createTelemetry(), queue: false });
  try {
    return await work(opened, config);
  } finally {
    await opened.close();
  }
};

/** A server process that can be killed, frozen, started again on the same port, and told a wrong time. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packageRoot } from "../../src/package-root.ts";

export interface FaultyServer {
  name: string;
  /** What it does: all roles, or some. */
  roles: string;
  /** Where it listens, also after it was started again. No slash at the end. */
  url: string;
  /** Starts the process and does not wait for it. */
  launch(): void;
  /** Starts it where it does not run, and waits until it is ready. Rejects where it ends instead. */
  start(): Promise<void>;
  /** Resolves once it is ready. */
  ready(): Promise<void>;
  /** Sends a signal, and waits for the end. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  freeze(): void;
  thaw(): void;
  running(): boolean;
  setClock(offsetMs: number): void;
  /** How it ended without being told to; undefined: it did not. */
  fell(): string | undefined;
}

/** On a machine that does a lot besides. */
const READY_WITHIN_MS = 180_000;

export const faultyServer = (options: {
  name: string;
  roles: string;
  port: number;
  folder: string;
  env: Record<string, string>;
  logFile: string;
}): FaultyServer => {
  const { name, roles, port, folder, env, logFile } = options;
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let told = false;
  let fell: string | undefined;
  let offset = 0;

  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const launch = () => {
    const log = openSync(logFile, "a");
    const started = spawn(
      process.execPath,
      [
        "--import",
        path.join(import.meta.dirname, "shifted-clock.ts"),
        path.join(packageRoot, "bin", "accolade.js"),
        "serve",
      ],
      {
        cwd: folder,
        env: { ...env, PORT: String(port), ACCOLADE_ROLES: roles, FAULTS_CLOCK_OFFSET: String(offset) },
        stdio: ["ignore", log, log, "ipc"],
      },
    );
    closeSync(log);
    told = false;
    started.on("exit", (code, signal) => {
      if (!told && child === started) fell = `${name} ended by itself with ${signal ?? code}`;
    });
    started.on("error", () => {});
    child = started;
  };
  const ready = async () => {
    for (const until = performance.now() + READY_WITHIN_MS; performance.now() < until; await sleep(20)) {
      if (!running()) throw new Error(`${name} ended while it was to become ready:\n${await tail(logFile)}`);
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
      if (answer?.ok) return;
    }
    throw new Error(`${name} was not ready within three minutes:\n${await tail(logFile)}`);
  };
  return {
    name,
    roles,
    url,
    launch,
    ready,
    running,
    async start() {
      if (!running()) launch();
      await ready();
    },
    async end(signal) {
      const ending = child;
      if (!ending || !running()) return;
      told = true;
      const ended = once(ending, "exit");
      ending.kill(signal);
      // a frozen process hears nothing else
      ending.kill("SIGCONT");
      await ended;
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    setClock(offsetMs) {
      offset = offsetMs;
      if (running()) child?.send({ clockOffset: offsetMs }, () => {});
    },
    fell: () => fell,
  };
};

const tail = async (file: string) =>
  (await readFile(file, "utf8").catch(() => "")).trim().split("\n").slice(-8).join("\n");

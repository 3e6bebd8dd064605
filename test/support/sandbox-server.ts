/** `accolade serve` in an empty folder, as a newcomer runs it: a process of its own with its own embedded PostgreSQL. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { type Database, openDatabase } from "../../src/db/sql.ts";
import { packageRoot } from "../../src/package-root.ts";
import { freePort } from "./free-port.ts";
import { eventually } from "./workspace.ts";

export interface SandboxFolder {
  folder: string;
  port: number;
  url: string;
  /** For other commands in this folder. */
  env: Record<string, string>;
  start(): Promise<Running>;
  /** The workspace's own database, while the server runs. */
  database(): Promise<Database>;
  /** Whether its PostgreSQL still runs. */
  postgresRuns(): boolean;
  remove(): Promise<void>;
}

export interface Running {
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves once it wrote this. */
  says(text: string): Promise<void>;
  /** Sends the signal and gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export const sandboxFolder = async (): Promise<SandboxFolder> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-sandbox-"));
  // as root, PostgreSQL runs as somebody else, who must be able to enter
  await chmod(folder, 0o755);
  const port = await freePort();
  const env = { PATH: process.env.PATH ?? "", PORT: String(port), ACCOLADE_HOME: path.join(folder, ".accolade") };
  const postgres = path.join(folder, ".accolade", "postgres");
  const children: ChildProcess[] = [];
  return {
    folder,
    port,
    env,
    url: `http://localhost:${port}`,
    async start() {
      const child = spawn(process.execPath, [path.join(packageRoot, "bin", "accolade.js"), "serve"], {
        cwd: folder,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      children.push(child);
      let said = "";
      let complained = "";
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      child.stderr.on("data", (chunk: Buffer) => {
        complained += chunk.toString();
      });
      return {
        stdout: () => said,
        stderr: () => complained,
        async says(text) {
          await eventually(
            `"${text}"`,
            async () => {
              if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${said}${complained}`);
              return said.includes(text);
            },
            60_000,
          );
        },
        async stop(signal = "SIGTERM") {
          if (child.exitCode === null) {
            const ended = once(child, "close");
            child.kill(signal);
            await ended;
          }
          return child.exitCode;
        },
      };
    },
    database: async () => openDatabase((await startEmbeddedPostgres(postgres)).url, { max: 2 }),
    postgresRuns: () => existsSync(path.join(postgres, "data", "postmaster.pid")),
    async remove() {
      const living = children.filter((child) => child.exitCode === null && child.signalCode === null);
      for (const child of living) child.kill("SIGTERM");
      await Promise.all(living.map((child) => once(child, "close")));
      // a server that was killed leaves its PostgreSQL running
      if (existsSync(path.join(postgres, "data", "postmaster.pid")))
        await (await startEmbeddedPostgres(postgres)).stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

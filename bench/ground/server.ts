/** The real server, as a process of its own in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { packageRoot } from "../../src/package-root.ts";

export const SECRET = "3f1b2c4d-0000-4000-8000-1a2b3c4d5e6f";

export interface ServerFiles {
  config: string;
  rules: string;
  people?: string;
}

export interface RunningServer {
  url: string;
  pid: number;
  /** Resident memory in bytes: now, and at its highest so far. */
  memory(): Promise<{ now: number; highest: number }>;
  /** Seconds of processor time so far. */
  processor(): Promise<number>;
  stop(): Promise<void>;
}

/** A port of this machine on which nobody listens now. */
export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
};

/** Writes a workspace below `parent`. */
export const writeFiles = async (parent: string, files: ServerFiles): Promise<string> => {
  const folder = await mkdtemp(path.join(parent, "server-"));
  await mkdir(path.join(folder, "rules"));
  await writeFile(path.join(folder, "accolade.yaml"), files.config);
  await writeFile(path.join(folder, "rules", "all.yaml"), files.rules);
  if (files.people) await writeFile(path.join(folder, "people.yaml"), files.people);
  return folder;
};

/** As `npm start` runs it: `node --some-flag /…/bin/accolade.js serve`. */
const command = async (): Promise<string[]> => {
  const { scripts } = JSON.parse(await readFile(path.join(packageRoot, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  return scripts.start
    .split(" ")
    .slice(1)
    .map((word) => (word.startsWith("bin/") ? path.join(packageRoot, word) : word));
};

/** Starts it in `folder` and waits until it is ready. */
export const startServer = async (folder: string, env: Record<string, string>): Promise<RunningServer> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, await command(), {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? "",
      PORT: String(port),
      PUBLIC_URL: url,
      ACCOLADE_SECRET_KEY: "a-secret-key-of-a-bench-which-is-long-enough",
      LOG_LEVEL: "warn",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-3_000);
    });
  await ready(child, url, () => said);
  return { url, pid: child.pid ?? 0, ...watched(child.pid ?? 0), stop: () => end(child) };
};

/** Polls /readyz until it answers 200; throws with what the process said where it ends instead. */
export const ready = async (child: ChildProcess, url: string, said: () => string): Promise<void> => {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${said()}`);
    const ok = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await setTimeout(10);
  }
  throw new Error(`the server was not ready within a minute:\n${said()}`);
};

export const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
};

/** What Linux tells of a process. */
export const watched = (pid: number): Pick<RunningServer, "memory" | "processor"> => ({
  async memory() {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
    return { now: of("VmRSS"), highest: of("VmHWM") };
  },
  async processor() {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // user and system time, in hundredths of a second
    return (Number(fields[11]) + Number(fields[12])) / 100;
  },
});

/**
 * A workspace of its own for a test: a folder with accolade.yaml, rules and people as an admin writes them, and a fresh
 * database. The clock is the test's.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { isMap, parseDocument } from "yaml";
import { type Config, readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { type Server, startServer } from "../../src/main.ts";
import { type Opened, openCorridor } from "../../src/open-corridor.ts";
import { createAccept } from "../../src/pipeline/accept.ts";
import { createPump } from "../../src/pipeline/pump.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { freshDatabaseUrl } from "./database.ts";

export interface WorkspaceFiles {
  config: string;
  rules: Record<string, string>;
  people?: string;
  env?: Record<string, string>;
}

export const PUBLIC_URL = "https://rewards.example";

export interface Clock {
  now: () => Date;
  advance(ms: number): void;
}
/** A clock that stands still until told. */
export const clockAt = (iso: string): Clock => {
  let time = Date.parse(iso);
  return {
    now: () => new Date(time),
    advance(ms) {
      time += ms;
    },
  };
};

/** Writes the folder and reads its configuration, as `accolade` would in it. */
export const writeWorkspace = async ({
  config,
  rules,
  people,
  env = {},
}: WorkspaceFiles): Promise<{ folder: string; config: Config }> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-workspace-"));
  await mkdir(path.join(folder, "rules"));
  await mkdir(path.join(folder, ".accolade"));
  await symlink(process.env.ACCOLADE_TEST_LAYOUTS ?? "", path.join(folder, ".accolade", "cache"));
  await writeFile(path.join(folder, "accolade.yaml"), atAnyHour(config));
  for (const [name, text] of Object.entries(rules)) await writeFile(path.join(folder, "rules", name), text);
  if (people) await writeFile(path.join(folder, "people.yaml"), people);
  const read = await readConfig({ DATABASE_URL: await freshDatabaseUrl(), PUBLIC_URL, PORT: "0", ...env }, folder);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return { folder, config: read.config };
};

/** Tests run at any hour, and their messages go out at once, unless they say otherwise. */
export const atAnyHour = (config: string): string => {
  if (config.includes("quietHours")) return config;
  const written = parseDocument(config);
  // what is not YAML is for the test to see refused
  if (written.errors.length > 0 || !isMap(written.contents)) return config;
  written.setIn(["workspace", "quietHours"], "off");
  return String(written);
};

/** Keeps what is logged, for a test to read. */
export const keptLog = () => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, log: createLog({ level: "debug", format: "json", stream }) };
};

export interface Bench {
  folder: string;
  config: Config;
  opened: Opened;
  logged: string[];
  /** Takes a delivery as the HTTP door would, and works until nothing is due. */
  accept: ReturnType<typeof createAccept>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** The corridor up to `decide`, without HTTP and queue: for what must hold of decisions. */
export const openBench = async (files: WorkspaceFiles, clock: Clock): Promise<Bench> => {
  const { folder, config } = await writeWorkspace(files);
  const { lines, log } = keptLog();
  const opened = await openCorridor(config, { log, telemetry: createTelemetry(), now: clock.now, queue: false });
  const people = await opened.loadPeople();
  const rules = await opened.loadRules("test");
  if (people.length > 0 || !rules.ok) throw new Error(JSON.stringify([people, rules]));
  const pump = createPump(opened.corridor);
  return {
    folder,
    config,
    opened,
    logged: lines,
    accept: createAccept(opened.corridor, () => {}),
    drain: () => pump.drain(),
    async close() {
      await pump.stop();
      await opened.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export interface RunningWorkspace {
  folder: string;
  config: Config;
  server: Server;
  logged: string[];
  /** Where its own HTTP door is. */
  door: string;
  stop(): Promise<void>;
}

/** The whole server, listening on a free port. */
export const startWorkspace = async (files: WorkspaceFiles): Promise<RunningWorkspace> => {
  const { folder, config } = await writeWorkspace(files);
  const { lines, log } = keptLog();
  const server = await startServer(config, { log, telemetry: createTelemetry() });
  return {
    folder,
    config,
    server,
    logged: lines,
    door: `http://127.0.0.1:${server.port}`,
    async stop() {
      await server.stop(5_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Looks until `look` gives something, or fails after `withinMs` saying what was awaited. */
export const eventually = async <T>(
  what: string,
  look: () => Promise<T | undefined | false | null>,
  withinMs = 15_000,
): Promise<T> => {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false && seen !== null) return seen;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** How long `npm start` takes until the server is ready, on an empty folder and once more: see docs/benchmarks.md. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "../../src/db/sql.ts";
import { packageRoot } from "../../src/package-root.ts";
import { aimSentence } from "../ground/aim.ts";
import { lifeRequests } from "../ground/deal-lives.ts";
import { load, taken } from "../ground/load.ts";
import { type Form, keep, machineLine, median } from "../ground/report.ts";
import { freePort, ready, writeFiles } from "../ground/server.ts";
import { workspaceFiles } from "../ground/workspace.ts";

export interface StartFigures {
  /** Seconds from the command to the first answer of /readyz that says so: of each run. */
  first: number[];
  again: number[];
  /** Of each run: how many deliveries the inbox had when each start had taken one. */
  deliveries: [number, number][];
}

export const start = async (form: Form, say: (line: string) => void = console.log): Promise<StartFigures> => {
  const rounds = form === "whole" ? 5 : 1;
  say(machineLine("embedded"));
  const figures: StartFigures = { first: [], again: [], deliveries: [] };
  // what the first start of a checkout compiles is kept beside node_modules: as it would be after any start
  if (form === "whole") await inNewFolder((folder) => npmStart(folder));
  for (let round = 0; round < rounds; round++) {
    const [first, again] = await inNewFolder(async (folder) => [
      await npmStart(folder, { NODE_DISABLE_COMPILE_CACHE: "1" }),
      await npmStart(folder),
    ]);
    if (!first || !again) throw new Error("it was not started twice");
    figures.first.push(first.seconds);
    figures.again.push(again.seconds);
    figures.deliveries.push([first.deliveries, again.deliveries]);
    if (first.deliveries !== 1 || again.deliveries !== 2)
      throw new Error(`found ${first.deliveries} and ${again.deliveries} deliveries, expected 1 and 2`);
  }
  if (form === "short") {
    say("started twice on one folder: what was taken the first time was there the second time");
    return figures;
  }
  say(`first ${seconds(figures.first)}; again ${seconds(figures.again)}`);
  say(aimSentence({ what: "the first start", found: median(figures.first), atMost: 6, unit: " s" }));
  say(aimSentence({ what: "the next start", found: median(figures.again), atMost: 2, unit: " s" }));
  say(`kept in ${keep("start", figures)}`);
  return figures;
};

const seconds = (values: readonly number[]) =>
  `${median(values).toFixed(2)} s (${values.map((each) => each.toFixed(2)).join(", ")})`;

const inNewFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const parent = await mkdtemp(path.join(tmpdir(), "accolade-bench-"));
  try {
    // where we are root, PostgreSQL runs as another user, who must be able to pass
    await chmod(parent, 0o755);
    const folder = await writeFiles(parent, workspaceFiles());
    await chmod(folder, 0o755);
    return await work(folder);
  } finally {
    await rm(parent, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
};

/** Starts it as a person would, lets it take one webhook, and stops it. */
const npmStart = async (
  folder: string,
  env: Record<string, string> = {},
): Promise<{ seconds: number; deliveries: number }> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let said = "";
  const started = performance.now();
  const child = spawn("npm", ["start", "--silent"], {
    cwd: packageRoot,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      PUBLIC_URL: url,
      ACCOLADE_HOME: path.join(folder, ".accolade"),
      ACCOLADE_CONFIG: path.join(folder, "accolade.yaml"),
      ACCOLADE_RULES: path.join(folder, "rules"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-3_000);
    });
  try {
    await ready(child, url, () => said);
    const took = (performance.now() - started) / 1_000;
    const requests = lifeRequests({ url, first: Math.floor(started), deals: 1, until: Date.now() });
    const seen = await load({ url, requests, connections: 1, ms: 10_000, once: true });
    if (taken(seen) !== 1) throw new Error(`ready, and answered a webhook with ${JSON.stringify(seen.statuses)}`);
    return { seconds: took, deliveries: await deliveriesOf(folder) };
  } finally {
    // npm passes it on; a second one would end the server before it has stopped its PostgreSQL
    child.kill("SIGTERM");
    await ended;
  }
};

/** How many deliveries the inbox of the running server's own PostgreSQL has. */
const deliveriesOf = async (folder: string): Promise<number> => {
  const postgres = path.join(folder, ".accolade", "postgres");
  const password = (await readFile(path.join(postgres, "password"), "utf8")).trim();
  const [, , , port] = (await readFile(path.join(postgres, "data", "postmaster.pid"), "utf8")).split("\n");
  const database = openDatabase(`postgres://accolade:${password}@127.0.0.1:${port}/accolade`, { max: 1 });
  try {
    return (await database.row<{ n: number }>("select count(*)::int as n from inbox"))?.n ?? 0;
  } finally {
    await database.close();
  }
};

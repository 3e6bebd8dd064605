/** A Redis of its own for one bench, without persistence; none where the machine has no redis-server. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { freePort } from "./server.ts";

export interface OwnRedis {
  url: string;
  version: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);

export const startRedis = async (): Promise<OwnRedis | undefined> => {
  const said = await run("redis-server", ["--version"]).catch(() => undefined);
  if (!said) return undefined;
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", settings, { stdio: "ignore" });
  const ended = once(child, "exit");
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => {});
  await Promise.race([client.ping(), setTimeout(10_000, undefined, { ref: false })]);
  const ready = client.status === "ready";
  client.disconnect();
  if (!ready) throw new Error("redis-server did not answer within 10 s");
  return {
    url,
    version: /v=(\S+)/.exec(said.stdout)?.[1] ?? "?",
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
};

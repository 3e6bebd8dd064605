/** Redis as more than one process: a primary with a replica and a Sentinel, or a Cluster of three, on free ports of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";
import { redisProgram } from "./parts-at-hand.ts";

export interface RedisGroup {
  /** For `REDIS_URL`. */
  url: string;
  /** Another one becomes the primary; absent where there is none. */
  failOver?(): Promise<void>;
  close(): Promise<void>;
}

const group = async () => {
  if (!redisProgram) throw new Error("redis-server is not installed");
  const program = redisProgram;
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-redis-"));
  const children: ChildProcess[] = [];
  const clients: Redis[] = [];
  return {
    folder,
    async start(port: number, args: readonly string[]): Promise<Redis> {
      children.push(
        spawn(program, [...args, "--port", String(port), "--bind", "127.0.0.1"], { cwd: folder, stdio: "ignore" }),
      );
      const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: null });
      client.on("error", () => {});
      clients.push(client);
      await client.ping();
      return client;
    },
    async close() {
      for (const client of clients) client.disconnect();
      for (const child of children) {
        if (child.exitCode !== null) continue;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const volatile = ["--save", "", "--appendonly", "no"];

/** Until `look` is true, for a quarter of a minute. */
const until = async (what: string, look: () => Promise<boolean>) => {
  for (const end = performance.now() + 15_000; !(await look()); await sleep(50))
    if (performance.now() > end) throw new Error(`Redis: waited for ${what}`);
};

export const startSentinels = async (): Promise<RedisGroup> => {
  const [primary, replica, sentinel] = [await freePort(), await freePort(), await freePort()];
  const { folder, start, close } = await group();
  try {
    await start(primary, volatile);
    const second = await start(replica, [
      ...volatile,
      "--replicaof",
      "127.0.0.1",
      String(primary),
      "--repl-diskless-sync-delay",
      "0",
    ]);
    await until("the replica", async () => (await second.info("replication")).includes("master_link_status:up"));
    const file = path.join(folder, "sentinel.conf");
    await writeFile(
      file,
      `sentinel monitor main 127.0.0.1 ${primary} 1\nsentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n`,
    );
    const watcher = await start(sentinel, [file, "--sentinel"]);
    const primaryNow = async () =>
      String(await watcher.call("sentinel", "get-master-addr-by-name", "main")).split(",")[1];
    await until("the Sentinel to see the replica", async () =>
      String(await watcher.call("sentinel", "replicas", "main")).includes(String(replica)),
    );
    return {
      url: `redis+sentinel://127.0.0.1:${sentinel}/main`,
      async failOver() {
        await until("a fail-over", async () =>
          watcher.call("sentinel", "failover", "main").then(
            () => true,
            () => false,
          ),
        );
        await until("the new primary", async () => (await primaryNow()) === String(replica));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const SLOTS = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;

export const startCluster = async (): Promise<RedisGroup> => {
  const { start, close } = await group();
  try {
    const ports: number[] = [];
    const nodes: Redis[] = [];
    for (const [from, to] of SLOTS) {
      // its bus listens 10000 ports above
      let port = await freePort();
      while (port > 55_000) port = await freePort();
      const file = `nodes-${port}.conf`;
      const node = await start(port, [...volatile, "--cluster-enabled", "yes", "--cluster-config-file", file]);
      await node.call("cluster", "addslotsrange", from, to);
      ports.push(port);
      nodes.push(node);
    }
    for (const port of ports.slice(1)) await nodes[0]?.call("cluster", "meet", "127.0.0.1", port);
    for (const node of nodes)
      await until("the cluster", async () => {
        const info = String(await node.call("cluster", "info"));
        return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
      });
    return { url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(",")}`, close };
  } catch (error) {
    await close();
    throw error;
  }
};

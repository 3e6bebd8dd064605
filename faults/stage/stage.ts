/** What a run plays on: servers, their database and queue, and vendors, all of them real and all of them breakable. */
import { appendFileSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../src/simulate/random.ts";
import { type Gate, openGate } from "../../test/queue/gate.ts";
import { freePort } from "../../test/support/free-port.ts";
import { startRedis, type TestRedis } from "../../test/support/redis.ts";
import type { Needs } from "../fault.ts";
import type { Courier } from "./courier.ts";
import { PUBLIC_URL, SECRET_KEY, writeWorkspace } from "./files.ts";
import { type OwnPostgres, type SharedPostgres, startOwn } from "./postgres.ts";
import type { ReceiptTeller } from "./receipts.ts";
import { type FaultyServer, faultyServer } from "./server.ts";
import { type Disk, smallDisk } from "./small-disk.ts";
import { startVendors, type Vendors } from "./vendors.ts";

export interface Stage {
  random: Random;
  /** The workspace, with its logs. */
  folder: string;
  servers: readonly FaultyServer[];
  vendors: Vendors;
  /** Where it was asked for. */
  postgres: OwnPostgres | undefined;
  gate: Gate | undefined;
  redis: TestRedis | undefined;
  disk: Disk | undefined;
  /** Where the campaign itself asks the database, past every gate. Undefined: the servers run their own. */
  directUrl: string | undefined;
  /** What the servers are started with. */
  env: Record<string, string>;
  /** Set by the run once deals come in. */
  courier: Courier | undefined;
  receipts: ReceiptTeller | undefined;
  /** Webhooks are taken here now. */
  doors(): string[];
  /** Waits between so many milliseconds; gives false once all deals have come in. */
  pause(fromMs: number, toMs: number): Promise<boolean>;
  /** Writes down what was done, for whoever reads the evidence. */
  note(text: string): void;
  /** Aborted once the stage closes. */
  over: AbortSignal;
  close(): Promise<void>;
}

export const openStage = async (
  needs: Needs,
  { random, folder, shared }: { random: Random; folder: string; shared: SharedPostgres },
): Promise<Stage> => {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const closing: (() => Promise<unknown>)[] = [];
  const over = new AbortController();
  const close = async () => {
    over.abort();
    for (const each of closing.toReversed()) await each();
  };
  try {
    const vendors = await startVendors();
    closing.push(() => vendors.close());
    await writeWorkspace(folder, vendors);
    const {
      postgres,
      gate,
      disk,
      url: databaseUrl,
      directUrl = databaseUrl,
    } = await database(needs, folder, shared, closing);
    const redis = needs.redis ? await startRedis() : undefined;
    if (redis) closing.push(() => redis.stop());
    const env = {
      PATH: process.env.PATH ?? "",
      PUBLIC_URL,
      ACCOLADE_SECRET_KEY: SECRET_KEY,
      LOG_LEVEL: "info",
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...(redis ? { REDIS_URL: redis.url } : {}),
    };
    const roles = needs.servers ?? ["ingress,decide,deliver,console"];
    const servers = await Promise.all(
      roles.map(async (role, index) => {
        const name = roles.length === 1 ? "server" : `server-${index + 1}`;
        return faultyServer({
          name,
          roles: role,
          port: await freePort(),
          folder,
          env,
          logFile: path.join(folder, `${name}.log`),
        });
      }),
    );
    closing.push(() => Promise.all(servers.map((server) => server.end("SIGKILL"))));
    const began = performance.now();
    const stage: Stage = {
      ...{ random, folder, servers, vendors, postgres, gate, redis, disk, directUrl, env, over: over.signal },
      courier: undefined,
      receipts: undefined,
      doors: () => servers.filter(({ roles: role }) => role.includes("ingress")).map(({ url }) => url),
      async pause(fromMs, toMs) {
        await sleep(random.between(fromMs, toMs));
        return stage.courier?.working() ?? false;
      },
      note: (text) =>
        appendFileSync(path.join(folder, "notes.txt"), `${Math.round(performance.now() - began)} ms: ${text}\n`),
      close,
    };
    return stage;
  } catch (error) {
    await close();
    throw error;
  }
};

const database = async (
  { postgres: kind }: Needs,
  folder: string,
  shared: SharedPostgres,
  closing: (() => Promise<unknown>)[],
): Promise<{ url?: string; directUrl?: string; postgres?: OwnPostgres; gate?: Gate; disk?: Disk }> => {
  if (kind === "folder") return {};
  if (kind === "own" || kind === "small") {
    const disk = kind === "small" ? await smallDisk(path.join(folder, "disk")) : undefined;
    if (disk) closing.push(() => disk.close());
    const postgres = await startOwn(path.join(disk?.folder ?? folder, "postgres"));
    closing.push(() => postgres.close());
    return { url: postgres.url, postgres, ...(disk && { disk }) };
  }
  const direct = await shared.database(kind === "empty" ? "empty" : "migrated");
  closing.push(() => shared.drop(direct));
  if (kind !== "gate") return { url: direct };
  const url = new URL(direct);
  const gate = await openGate(Number(url.port));
  closing.push(() => gate.shut());
  url.port = String(gate.port);
  return { url: url.href, directUrl: direct, gate };
};

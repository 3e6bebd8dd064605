/** The two places where BullMQ keeps its jobs, with connections that suit who rings and who answers. */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { BackendFactory, IQueueBackend, PgPool } from "bullmq";
import { createPostgresBackend, createRedisBackend, runMigrations } from "bullmq";
import pg from "pg";
import { openRedis } from "./open-redis.ts";
import type { RedisAddress } from "./redis-address.ts";

const PAUSE_MS = 500;

export interface Backend {
  /** For BullMQ's queues and workers. They are told "ours" for a connection, which is opened and closed here. */
  factory: BackendFactory<IQueueBackend, "ours">;
  /** Rejects at once where it is known that the place is away, so that nobody waits for nothing. */
  notAway(): Promise<void>;
  /** Asks the place itself. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** In a Cluster everything of BullMQ's has to be in one slot, which the braces see to. https://docs.bullmq.io/bull/patterns/redis-cluster */
const prefixIn = ({ kind }: RedisAddress) => (kind === "cluster" ? "{accolade}" : "accolade");

/** Redis 6.2 or newer. Never rejects for a Redis that is away: it is looked for again and again, at most 2 s apart. */
export const redisBackend = (address: RedisAddress, onError: (error: Error) => void): Backend => {
  const again = (times: number) => Math.min(times * 100, 2_000);
  // who rings wants an answer now; who answers can wait as long as it takes
  const producer = openRedis(address, { again, enableOfflineQueue: false, commandTimeout: 2_000 });
  const consumer = openRedis(address, { again, maxRetriesPerRequest: null });
  for (const client of [producer, consumer]) client.on("error", onError);
  const notAway = async () => {
    if (producer.status === "ready") return;
    if (producer.status !== "connecting" && producer.status !== "connect") throw new Error("Redis is away");
    const settled = new AbortController();
    const { signal } = settled;
    try {
      await Promise.race([
        once(producer, "ready", { signal }),
        once(producer, "close", { signal }).then(() => Promise.reject(new Error("Redis is away"))),
      ]);
    } finally {
      settled.abort();
    }
  };
  return {
    factory(name, options, around) {
      const connection = around?.withBlockingConnection ? consumer : producer;
      const withPrefix = { ...options, prefix: prefixIn(address), connection };
      return createRedisBackend(name, withPrefix, around);
    },
    notAway,
    async ping() {
      await notAway();
      await producer.ping();
    },
    async close() {
      producer.disconnect();
      consumer.disconnect();
    },
  };
};

/** PostgreSQL 14 or newer, in the schema `bullmq` of this database, which is created and brought up to date here. */
export const postgresBackend = async (url: string, onError: (error: Error) => void): Promise<Backend> => {
  const pool = new pg.Pool({
    connectionString: url,
    // BullMQ's statements name no schema
    options: "-c search_path=bullmq",
    application_name: "accolade queue",
    max: 10,
    connectionTimeoutMillis: 2_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  // each queue and each worker listens as well: five of either by now
  pool.setMaxListeners(50);
  pool.on("error", onError);
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw error;
  }
  // a pg.Pool is what BullMQ asks for; its own narrow description of one differs in the listeners' types
  const connection = pool as unknown as PgPool;
  return {
    factory(name, options, around) {
      const backend = createPostgresBackend(name, { ...options, connection }, around);
      const claim = backend.moveToActive.bind(backend);
      // BullMQ pauses between tries only after a refused connection; a database that accepts and then breaks off, as one
      // that is starting up does, would be asked again without a pause
      backend.moveToActive = (token, worker) =>
        claim(token, worker).catch(async (error: unknown) => {
          await setTimeout(PAUSE_MS);
          throw error;
        });
      return backend;
    },
    async notAway() {},
    async ping() {
      await pool.query("select 1");
    },
    close: () => pool.end(),
  };
};

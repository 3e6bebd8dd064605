/**
 * The doorbell on BullMQ: one queue for each job name, on PostgreSQL or on Redis, with the same behaviour on both.
 *
 * A ring is a job under the row's own deduplication id:
 * - the row waits already: nothing is added;
 * - it waits with a delay: the newest ring sets the time, so "now" brings a delayed row forward;
 * - it is being answered: the ring is kept and answered once the handler is done, so what changed meanwhile is seen;
 *   two handlers never run for one row at once, as long as the machine that runs them is alive.
 *
 * Jobs leave no trace when done or failed, and none is retried here: the sweeper rings again for a row that still waits.
 */
import type { IQueueBackend, Job, JobProgress } from "bullmq";
import { Queue, Worker } from "bullmq";
import type { Log } from "../log.ts";
import { within } from "../within.ts";
import { type Backend, postgresBackend, redisBackend } from "./backend.ts";
import { type Lasting, lasting } from "./lasting.ts";
import { type Doorbell, type JobName, jobNames } from "./queue.ts";
import { REDIS_ADDRESSES, type RedisAddress, readRedisAddress } from "./redis-address.ts";

export interface DoorbellOptions {
  log: Log;
  /** A handler threw: counted by the caller. The doorbell has logged it. */
  onFailure?: (job: JobName, error: Error) => void;
  /** After how long without a sign of life a worker's job is given to another one. Default 10 s; found within twice that. */
  stalledAfterMs?: number;
  /** How long a ring may take before it is refused. Default 2 s. */
  ringWithinMs?: number;
}

/** Where the queue lives. `redisUrl`: one of `REDIS_ADDRESSES`; `databaseUrl`: `postgres://…`. */
export type DoorbellPlace = { redisUrl: string } | { databaseUrl: string };

/** Throws where it is none: the configuration has said so before. */
export const addressOf = (redisUrl: string): RedisAddress => {
  const address = readRedisAddress(redisUrl);
  if (!address) throw new Error(`REDIS_URL: expected ${REDIS_ADDRESSES}`);
  return address;
};

const queueName = (job: JobName) => `accolade-${job}`;
const AT_ONCE = 500;

type Row = { row: string };
type Ring = Job<Row, void>;
type RingQueue = Queue<Row, void, string, Row, void, string, IQueueBackend, "ours">;
type RingWorker = Worker<Row, void, string, IQueueBackend, JobProgress, "ours">;

/**
 * Opens the doorbell. On PostgreSQL the queue's own tables are created or brought up to date first, and a database that
 * is away rejects. A Redis that is away does not: rings reject until it is there.
 */
export const openDoorbell = async (place: DoorbellPlace, options: DoorbellOptions): Promise<Doorbell> => {
  const { log, stalledAfterMs = 10_000, ringWithinMs = 2_000 } = options;
  const onError = (error: Error) =>
    log.seldom(`queue ${error.message}`, "queue trouble", { error, todo: "rings are repeated once the queue is back" });
  const backend: Backend =
    "redisUrl" in place
      ? redisBackend(addressOf(place.redisUrl), onError)
      : await postgresBackend(place.databaseUrl, onError);

  const queues = Object.fromEntries(
    jobNames.map((job) => [
      job,
      lasting(() => {
        // BullMQ's own event stream is not read by anybody here; kept short
        const queue: RingQueue = new Queue(
          queueName(job),
          { connection: "ours", streams: { events: { maxLen: 100 } } },
          backend.factory,
        );
        queue.on("error", onError);
        return queue;
      }),
    ]),
  ) as Record<JobName, Lasting<RingQueue>>;
  const workers: Lasting<RingWorker>[] = [];
  const running = new Map<Ring, string | undefined>();
  let closing = false;

  const reached = <T>(what: string, work: () => Promise<T>) => within(ringWithinMs, what, work);

  return {
    async ring(job, rowIds, delayMs = 0) {
      if (closing) throw new Error("the doorbell is closed");
      if (rowIds.length === 0) return;
      // in one order: two callers that ring for the same rows must not lock them crosswise
      const rows = [...new Set(rowIds)].sort();
      await reached(`ringing for ${rows.length} rows`, async () => {
        await backend.notAway();
        for (let at = 0; at < rows.length; at += AT_ONCE) {
          const jobs = rows.slice(at, at + AT_ONCE).map((row) => ({
            name: job,
            data: { row },
            opts: {
              delay: Math.max(0, Math.ceil(delayMs)),
              attempts: 1,
              removeOnComplete: true,
              removeOnFail: true,
              deduplication: { id: row, keepLastIfActive: true, reschedule: true },
            },
          }));
          await queues[job].current().addBulk(jobs);
        }
      });
    },

    answer(job, handler, concurrency) {
      const process = async (ring: Ring, token?: string) => {
        running.set(ring, token);
        try {
          await handler(ring.data.row);
        } catch (cause) {
          const error = cause instanceof Error ? cause : new Error(String(cause));
          log.error("job failed", { job, row: ring.data.row, error, todo: "the row waits for the sweeper" });
          options.onFailure?.(job, error);
        } finally {
          running.delete(ring);
        }
      };
      workers.push(
        lasting(() => {
          const worker: RingWorker = new Worker(
            queueName(job),
            process,
            {
              connection: "ours",
              concurrency,
              lockDuration: stalledAfterMs,
              stalledInterval: Math.ceil(stalledAfterMs / 2),
              // a row is harmless to answer again, however often its machine died
              maxStalledCount: 1_000_000,
              runRetryDelay: 1_000,
              drainDelay: 5,
            },
            backend.factory,
          );
          worker.on("error", onError);
          return worker;
        }),
      );
    },

    reachable: () =>
      reached("asking the queue", backend.ping).then(
        () => true,
        () => false,
      ),

    waiting: () =>
      reached("counting the queue", async () => {
        await backend.notAway();
        const counts = await Promise.all(jobNames.map((job) => queues[job].current().getJobCounts("wait")));
        return Object.fromEntries(jobNames.map((job, at) => [job, counts[at]?.wait ?? 0])) as Record<JobName, number>;
      }),

    async close(graceMs) {
      if (closing) return;
      closing = true;
      await within(graceMs, "finishing jobs", () => Promise.all(workers.map((worker) => worker.close()))).catch(
        () => {},
      );
      const unfinished = [...running].map(([ring, token]) => ring.moveToWait(token).catch(onError));
      await within(1_000, "giving jobs back", () => Promise.all(unfinished)).catch(() => {});
      await within(1_000, "closing", async () => {
        await Promise.all(workers.map((worker) => worker.current().getBackend().close(true)));
        await Promise.all(jobNames.map((job) => queues[job].close()));
        await backend.close();
      }).catch(onError);
    },
  };
};

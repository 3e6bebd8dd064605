/** A process of its own: BullMQ alone, adding and working off jobs that do nothing, as many at once as the server has workers. */
import { Queue, Worker } from "bullmq";
import { postgresBackend, redisBackend } from "../../src/queue/backend.ts";
import type { EmptyJobsAsked } from "./empty-jobs.ts";

const AT_ONCE = 500;
const WORKERS = 8;

const work = async ({ place, jobs, name }: EmptyJobsAsked): Promise<number> => {
  const onError = (error: Error) => console.error(error);
  const backend =
    "redisUrl" in place ? redisBackend(place.redisUrl, onError) : await postgresBackend(place.databaseUrl, onError);
  const queue = new Queue(name, { connection: "ours" as const }, backend.factory);
  await queue.waitUntilReady();
  let done = 0;
  const finished = Promise.withResolvers<void>();
  const worker = new Worker(
    name,
    async () => {
      done += 1;
      if (done === jobs) finished.resolve();
    },
    { connection: "ours" as const, concurrency: WORKERS },
    backend.factory,
  );
  await worker.waitUntilReady();
  const started = performance.now();
  for (let from = 0; from < jobs; from += AT_ONCE)
    await queue.addBulk(
      Array.from({ length: Math.min(AT_ONCE, jobs - from) }, (_, index) => ({
        name: "nothing",
        data: { row: String(from + index) },
        opts: { removeOnComplete: true, removeOnFail: true },
      })),
    );
  await finished.promise;
  const seconds = (performance.now() - started) / 1_000;
  await worker.close();
  await queue.close();
  await backend.close();
  return seconds;
};

process.once("message", async (asked: EmptyJobsAsked) => {
  process.send?.(await work(asked));
  process.exit();
});

import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { DoorbellPlace } from "../../src/queue/doorbell.ts";

export interface EmptyJobsAsked {
  place: DoorbellPlace;
  jobs: number;
  /** Of the queue: a new one each time. */
  name: string;
}

/** How many seconds BullMQ itself takes for jobs that do nothing, from the first that is added to the last that is done. */
export const emptyJobs = async (asked: EmptyJobsAsked): Promise<number> => {
  const child = fork(path.join(import.meta.dirname, "empty-jobs-process.ts"));
  const ended = once(child, "exit");
  child.send(asked);
  const told = await Promise.race([once(child, "message") as Promise<[number]>, ended.then(() => undefined)]);
  if (!told) throw new Error("the process of the empty jobs ended without a word");
  await ended;
  return told[0];
};

import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { PackedRequest } from "./requests.ts";

export interface LoadAsked {
  url: string;
  /** Sent in turn, over and over. */
  requests: readonly PackedRequest[];
  connections: number;
  ms: number;
  /** Each request only once; it ends with the last of them, and with `ms` at the latest. */
  once?: boolean;
  /** Requests a second, whatever the answers take; without it each connection sends when it was answered. */
  rate?: number;
}

export interface LoadSeen {
  ms: number;
  /** How often each status was answered; 0: no answer. */
  statuses: Record<number, number>;
  /** Milliseconds, in the order of the answers. */
  latencies: number[];
  /** When each request, by its place among those asked for, was due the last time: milliseconds since 1970. */
  dueAt: number[];
}

/** Sends this load from another process. */
export const load = async (asked: LoadAsked): Promise<LoadSeen> => {
  const child = fork(path.join(import.meta.dirname, "load-process.ts"));
  // the end of the process may be heard of before its last message, the end of the channel may not
  const ended = once(child, "disconnect");
  child.send(asked);
  const told = await Promise.race([once(child, "message") as Promise<[LoadSeen]>, ended.then(() => undefined)]);
  if (!told) throw new Error("the process that sends the load ended without a word");
  await ended;
  return told[0];
};

/** Answers of 2xx. */
export const taken = ({ statuses }: LoadSeen): number =>
  Object.entries(statuses).reduce((sum, [status, times]) => sum + (status.startsWith("2") ? times : 0), 0);

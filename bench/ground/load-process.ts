/** A process of its own that sends requests to one address, over so many connections, and reports what it saw. */
import { Agent, request } from "node:http";
import { setTimeout } from "node:timers/promises";
import type { LoadAsked, LoadSeen } from "./load.ts";

const ANSWER_WITHIN_MS = 20_000;

const post = (agent: Agent, url: URL, { path, headers, body }: LoadAsked["requests"][number]) =>
  new Promise<number>((resolve) => {
    const sent = request(
      {
        agent,
        host: url.hostname,
        port: url.port,
        path,
        method: "POST",
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        timeout: ANSWER_WITHIN_MS,
      },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", () => resolve(0));
    sent.end(body);
  });

const load = async ({ url, requests, connections, ms, rate, once = false }: LoadAsked): Promise<LoadSeen> => {
  const address = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const statuses: Record<number, number> = {};
  const dueAt: number[] = [];
  let next = 0;
  const started = performance.now();
  const one = async (from: number) => {
    const place = next++ % requests.length;
    const asked = requests[place];
    if (!asked) return;
    dueAt[place] = performance.timeOrigin + from;
    const status = await post(agent, address, asked);
    latencies.push(performance.now() - from);
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const goesOn = () => !once || next < requests.length;
  if (rate === undefined) {
    const lane = async () => {
      while (goesOn() && performance.now() - started < ms) await one(performance.now());
    };
    await Promise.all(Array.from({ length: connections }, lane));
  } else {
    // open loop: a request is due when it is due, and one that had to wait for its turn waited for us
    const flying: Promise<void>[] = [];
    for (let due = started; goesOn() && due - started < ms; due += 1_000 / rate) {
      const ahead = due - performance.now();
      if (ahead > 1) await setTimeout(ahead);
      flying.push(one(due));
    }
    await Promise.all(flying);
  }
  agent.destroy();
  return { ms: performance.now() - started, statuses, latencies, dueAt };
};

process.once("message", async (asked: LoadAsked) => {
  // what it saw is megabytes: the channel must not be closed before they are through
  process.send?.(await load(asked), () => process.disconnect());
});

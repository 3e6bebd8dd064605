/** How many rewards a second go from a webhook to a vendor, and how long one takes: see docs/benchmarks.md. */
import type { DoorbellPlace } from "../../src/queue/doorbell.ts";
import { aimSentence } from "../ground/aim.ts";
import { type Ground, openGround } from "../ground/postgres.ts";
import { startRedis } from "../ground/redis.ts";
import { digits, type Form, keep, machineLine, median, percentile } from "../ground/report.ts";
import { startServer, writeFiles } from "../ground/server.ts";
import { startVendor, type Vendor } from "../ground/vendor.ts";
import { workspaceFiles } from "../ground/workspace.ts";
import { emptyJobs } from "./empty-jobs.ts";
import { allTold, sendWins } from "./send-wins.ts";

export interface JourneyFigures {
  queue: "PostgreSQL" | "Redis";
  /** A second: medians. */
  rewards: number;
  emptyJobs: number;
  ratio: number;
  /** Milliseconds from the request to the vendor, at half that rate. */
  p50: number;
  p99: number;
  /** Rewards that were asked for; as many were ordered once, and told. */
  delivered: number;
}

const sizes = {
  whole: { rounds: 3, warm: 300, wins: 2_000, jobs: 5_000, steadySeconds: 20, connections: 64 },
  short: { rounds: 1, warm: 0, wins: 40, jobs: 40, steadySeconds: 1, connections: 8 },
};

export const journey = async (form: Form, say: (line: string) => void = console.log): Promise<JourneyFigures[]> => {
  const ground = await openGround();
  const vendor = await startVendor();
  // in the short form one queue will do: that both behave alike is for the tests of the queue
  const redis = form === "whole" ? await startRedis() : undefined;
  try {
    say(machineLine(ground.version) + (redis ? `, Redis ${redis.version}` : ""));
    const results = [await over(ground, vendor, { queue: "PostgreSQL", form })];
    if (redis) results.push(await over(ground, vendor, { queue: "Redis", form, redisUrl: redis.url }));
    for (const { queue, ...figures } of results)
      say(
        form === "whole"
          ? `queue on ${queue}: ${digits(figures.rewards)} rewards/s, BullMQ itself ${digits(figures.emptyJobs)} empty jobs/s; at half that rate p50 ${digits(figures.p50)} ms, p99 ${digits(figures.p99)} ms; ${digits(figures.delivered)} ordered once and told`
          : `queue on ${queue}: ${figures.delivered} rewards ordered once and told`,
      );
    if (!redis && form === "whole") say("left out: Redis, since this machine has no redis-server");
    if (form === "short") return results;
    for (const { queue, ratio, p99 } of results) {
      say(aimSentence({ what: `journey on ${queue}, part of BullMQ's own rate`, found: ratio, atLeast: 0.5 }));
      const what = `journey on ${queue}, p99 at half its rate`;
      say(aimSentence({ what, found: p99, atMost: 1_000, unit: " ms", digits: 0 }));
    }
    say(`kept in ${keep("journey", results)}`);
    return results;
  } finally {
    await redis?.stop();
    await vendor.stop();
    await ground.close();
  }
};

interface Over {
  queue: JourneyFigures["queue"];
  form: Form;
  redisUrl?: string;
}

const over = async (ground: Ground, vendor: Vendor, { queue, form, redisUrl }: Over): Promise<JourneyFigures> => {
  const { rounds, warm, wins, jobs, steadySeconds, connections } = sizes[form];
  const { url, database } = await ground.database(`journey_${queue.toLowerCase()}`);
  const bare = await ground.database(`bare_${queue.toLowerCase()}`);
  const place: DoorbellPlace = redisUrl ? { redisUrl } : { databaseUrl: bare.url };
  const folder = await writeFiles(ground.folder, workspaceFiles({ vendorUrl: vendor.url }));
  const server = await startServer(folder, { DATABASE_URL: url, ...(redisUrl ? { REDIS_URL: redisUrl } : {}) });
  const around = { server, vendor, database };
  try {
    let first = 1;
    const send = async (wins: number, rate?: number) => {
      const sent = await sendWins(around, { first, wins, connections, ...(rate ? { rate } : {}) });
      first += wins;
      return sent;
    };
    if (warm > 0) await send(warm);
    const rates = { rewards: [] as number[], emptyJobs: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      rates.emptyJobs.push(jobs / (await emptyJobs({ place, jobs, name: `empty-${round}` })));
      rates.rewards.push(wins / (await send(wins)).seconds);
      await allTold(database, first - 1);
    }
    const rewards = median(rates.rewards);
    const { journeys } = await send(Math.max(10, Math.floor((rewards / 2) * steadySeconds)), rewards / 2);
    await allTold(database, first - 1);
    return {
      queue,
      rewards,
      emptyJobs: median(rates.emptyJobs),
      ratio: rewards / median(rates.emptyJobs),
      p50: percentile(journeys, 0.5),
      p99: percentile(journeys, 0.99),
      delivered: first - 1,
    };
  } finally {
    await server.stop();
  }
};

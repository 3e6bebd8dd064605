import { Redis } from "ioredis";
import { redisAtHand } from "../../test/support/redis.ts";
import type { Fault } from "../fault.ts";

/** Redis is killed and comes back empty, or is emptied while it runs. */
export const redisGone: Fault = {
  id: "redis-gone",
  breaks: "Redis is killed and comes back empty, or is emptied (FLUSHALL)",
  needs: { redis: true },
  missing: async () => (redisAtHand() ? undefined : "redis-server is not installed: apt-get install redis-server"),
  async strike({ random, redis, pause, note }) {
    if (!redis) return;
    for (let times = 2 + random.below(3); times > 0; times--) {
      await pause(100, 700);
      if (random.chance(0.5)) {
        note("Redis killed");
        await redis.stop();
        await pause(0, 500);
        await redis.start();
      } else {
        note("Redis emptied");
        const client = new Redis(redis.url);
        await client.flushall();
        client.disconnect();
      }
    }
  },
};

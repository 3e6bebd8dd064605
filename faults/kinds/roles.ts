import { redisAtHand } from "../../test/support/redis.ts";
import type { Fault } from "../fault.ts";

/** One process for each role on one PostgreSQL and one Redis, killed at random. */
export const roles: Fault = {
  id: "roles",
  breaks: "processes of single roles, on Redis, are killed at random",
  needs: { redis: true, servers: ["ingress", "decide", "deliver", "deliver"] },
  missing: async () => (redisAtHand() ? undefined : "redis-server is not installed: apt-get install redis-server"),
  async strike({ random, servers, pause, note }) {
    for (let kills = 3; kills > 0; kills--) {
      await pause(100, 600);
      const server = random.pick(servers as [(typeof servers)[number]]);
      await server.end("SIGKILL");
      note(`${server.name} (${server.roles}) killed`);
      await pause(0, 300);
      await server.start();
    }
  },
};

import { redisAtHand } from "../../test/support/redis.ts";
import type { Fault } from "../fault.ts";

const three = (role: string) => [role, role, role];

/** Three processes of each role on one PostgreSQL and one Redis, killed at random: what comes of it is what one process gives. */
export const roles: Fault = {
  id: "roles",
  breaks: "of three processes of each role, on Redis, some are killed at random",
  needs: { redis: true, servers: ["ingress", "decide", "deliver", "console"].flatMap(three) },
  missing: async () => (redisAtHand() ? undefined : "redis-server is not installed: apt-get install redis-server"),
  async strike({ random, servers, pause, note }) {
    const killed = random.shuffled(servers.filter(({ roles: role }) => role !== "console")).slice(0, 4);
    for (const server of killed) {
      await pause(100, 600);
      await server.end("SIGKILL");
      note(`${server.name} (${server.roles}) killed`);
      server.launch();
    }
    await Promise.all(servers.map((server) => server.ready()));
  },
};

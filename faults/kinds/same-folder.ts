import type { Fault } from "../fault.ts";

const all = "ingress,decide,deliver,console";

/** Two servers on one data folder, with the PostgreSQL in it: started at the same moment, and ended in every way. */
export const sameFolder: Fault = {
  id: "same-folder",
  breaks: "two servers start at once on one data folder, and end and start again",
  needs: { postgres: "folder", servers: [all, all], cold: true },
  async strike({ random, servers, pause, note }) {
    for (const server of servers) server.launch();
    await Promise.all(servers.map((server) => server.ready()));
    for (let times = 2 + random.below(2); times > 0; times--) {
      await pause(200, 700);
      const how = random.pick(["SIGKILL", "SIGTERM"] as const);
      const ended = random.chance(0.4) ? servers : [random.pick(servers as [(typeof servers)[number]])];
      note(`${ended.map(({ name }) => name).join(" and ")}: ${how}`);
      await Promise.all(ended.map((server) => server.end(how)));
      for (const server of ended) server.launch();
      await Promise.all(ended.map((server) => server.ready()));
    }
  },
};

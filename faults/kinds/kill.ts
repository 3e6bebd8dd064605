import type { Fault } from "../fault.ts";

/** `kill -9` of the server at random moments, also while it starts. */
export const kill: Fault = {
  id: "kill",
  breaks: "the server is killed (kill -9) at random moments",
  needs: {},
  async strike({ random, servers: [server], pause, note }) {
    if (!server) return;
    for (let kills = 2 + random.below(3); kills > 0; kills--) {
      await pause(50, 700);
      await server.end("SIGKILL");
      note("killed");
      if (random.chance(0.3)) {
        server.launch();
        await pause(100, 900);
        await server.end("SIGKILL");
        note("killed while it started");
      }
      await server.start();
    }
  },
};

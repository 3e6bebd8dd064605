import type { Fault } from "../fault.ts";

/** The two together: killed while a vendor has taken an order and has not said so. */
export const killInTrouble: Fault = {
  id: "kill-in-trouble",
  breaks: "the server is killed while vendors hang and break off",
  needs: {},
  async strike({ random, servers: [server], vendors, pause, note }) {
    if (!server) return;
    for (let kills = 2; kills > 0; kills--) {
      note(vendors.trouble(random));
      await pause(300, 1_000);
      await server.end("SIGKILL");
      note("killed");
      if (random.chance(0.5)) vendors.calm();
      await server.start();
    }
  },
};

import type { Fault } from "../fault.ts";

/** Killed again and again while it starts for the first time: in the middle of a migration, or between two. */
export const firstStart: Fault = {
  id: "first-start",
  breaks: "the first start is killed (kill -9) again and again, in the middle of the migrations",
  needs: { postgres: "empty", cold: true },
  async strike({ servers: [server], pause, note }) {
    for (let kills = 3; kills > 0; kills--) {
      server?.launch();
      await pause(250, 1_100);
      await server?.end("SIGKILL");
      note("killed while it started for the first time");
    }
    await server?.start();
  },
};

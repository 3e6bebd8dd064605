import type { Fault } from "../fault.ts";

const HOUR_MS = 3_600_000;

/** The server's clock is set an hour on or back, and right again. Signed webhooks are refused as stale meanwhile; CRMs send them again. */
export const clockSteps: Fault = {
  id: "clock-steps",
  breaks: "the server's clock is an hour off, and right again",
  needs: {},
  async strike({ random, servers: [server], pause, note }) {
    for (let steps = 2 + random.below(3); steps > 0; steps--) {
      await pause(100, 600);
      const offset = random.pick([HOUR_MS, -HOUR_MS]);
      server?.setClock(offset);
      note(`clock ${offset / HOUR_MS} h off`);
      await pause(100, 600);
      server?.setClock(0);
      note("clock right");
    }
  },
};

import type { Fault } from "../fault.ts";

/** What vendors tell of messages arrives twice, late, together and in the wrong order, while the server is killed once. */
export const receipts: Fault = {
  id: "receipts",
  breaks: "receipts are repeated, late and out of order",
  needs: {},
  async strike({ random, servers: [server], receipts: told, pause, note }) {
    told?.mess();
    if (!server || !random.chance(0.5)) return;
    await pause(800, 2_000);
    await server.end("SIGKILL");
    note("killed");
    await server.start();
  },
};

import type { Fault } from "../fault.ts";

/** Connections to PostgreSQL are reset, some or all, also in the middle of a transaction and of a commit. */
export const cutConnections: Fault = {
  id: "cut-connections",
  breaks: "connections to PostgreSQL are reset in the middle of transactions",
  needs: { postgres: "gate" },
  async strike({ random, gate, pause, note }) {
    if (!gate) return;
    do {
      const share = random.pick([0.2, 0.5, 1]);
      gate.cut(() => random.chance(share));
      note(`cut ${share * 100} %`);
      if (random.chance(0.2)) {
        gate.freeze();
        await pause(100, 600);
        gate.thaw();
        gate.cut(() => true);
      }
    } while (await pause(20, 300));
  },
};

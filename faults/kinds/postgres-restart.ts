import type { Fault } from "../fault.ts";

/** PostgreSQL restarts below a server that stays. */
export const postgresRestart: Fault = {
  id: "postgres-restart",
  breaks: "PostgreSQL restarts, in good order (fast) or as after a crash (immediate)",
  needs: { postgres: "own" },
  async strike({ random, postgres, pause, note }) {
    for (let restarts = 1 + random.below(3); restarts > 0; restarts--) {
      await pause(200, 900);
      const how = random.pick(["fast", "immediate"] as const);
      note(`PostgreSQL restarts: ${how}`);
      await postgres?.restart(how);
    }
  },
};

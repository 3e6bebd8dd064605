import type { Fault } from "../fault.ts";

/** Vendors hang, break off and refuse, before and after they have taken what was asked of them. */
export const vendors: Fault = {
  id: "vendors",
  breaks: "vendors hang, reset, answer 500 after they took it, 429 and 503",
  needs: {},
  async strike({ random, vendors: all, pause, note }) {
    do note(all.trouble(random));
    while (await pause(100, 500));
    // most of what is ordered and sent follows the last deals
    for (let more = 6; more > 0; more--) {
      note(all.trouble(random));
      await pause(200, 600);
    }
  },
};

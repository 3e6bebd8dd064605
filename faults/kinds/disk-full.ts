import type { Fault } from "../fault.ts";
import { noSmallDisk } from "../stage/small-disk.ts";

/** PostgreSQL's disk is full for a while. Where it cannot write its log any more it ends, and is started again. */
export const diskFull: Fault = {
  id: "disk-full",
  breaks: "PostgreSQL's disk is full, and has room again",
  needs: { postgres: "small" },
  missing: noSmallDisk,
  async strike({ random, disk, postgres, pause, note }) {
    await pause(200, 800);
    await disk?.fill();
    note("disk full");
    await pause(800, 2_000);
    await disk?.free();
    note("room again");
    // one that has ended is started; one that has not is none the worse for it
    if (random.chance(0.5)) await pause(300, 600);
    await postgres?.restart("immediate");
    note("PostgreSQL started again");
  },
};

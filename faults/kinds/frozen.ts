import type { Fault } from "../fault.ts";

const PAST_EVERY_LEASE_MS = 10 * 60_000;
/** BullMQ gives a job to another worker once its lease of 10 s is over, which it looks for every 5 s. */
const PAST_THE_QUEUES_LEASE = [16_000, 18_000] as const;

/**
 * One of two servers stops (`SIGSTOP`) with calls under way, for the other one longer than every lease: it takes over, and
 * then the first one goes on as if nothing had been.
 */
export const frozen: Fault = {
  id: "frozen",
  breaks: "one of two servers stops (SIGSTOP) for longer than every lease, and goes on",
  needs: { servers: ["ingress,decide,deliver,console", "ingress,decide,deliver,console"] },
  async strike({ random, servers: [one, other], vendors, pause, note }) {
    if (!one || !other) return;
    // a slow vendor, so that something is under way when it stops
    if (random.chance(0.7)) note(vendors.trouble(random));
    await pause(500, 1_500);
    one.freeze();
    note("frozen");
    vendors.calm();
    other.setClock(PAST_EVERY_LEASE_MS);
    // the leases in our rows follow the clock; the queue's own is waited for in some of the runs
    if (random.chance(0.15)) await pause(...PAST_THE_QUEUES_LEASE);
    else await pause(1_000, 3_000);
    one.thaw();
    note("thawed");
    await pause(200, 600);
  },
};

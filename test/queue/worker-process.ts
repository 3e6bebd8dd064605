/** A worker in a process of its own, to be killed: takes a job, says so, and never ends it. */
import { createLog } from "../../src/log.ts";
import { openDoorbell } from "../../src/queue/doorbell.ts";

const place = JSON.parse(process.argv[2] ?? "{}");
const doorbell = await openDoorbell(place, {
  log: createLog({ level: "error", format: "json", stream: process.stderr }),
  stalledAfterMs: 1_000,
});
doorbell.answer(
  "fulfil",
  (row) => {
    process.stdout.write(`took ${row}\n`);
    return new Promise(() => {});
  },
  1,
);

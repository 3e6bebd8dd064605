/** The doorbell on Redis behind Sentinels and in a Cluster: it rings, waits, and goes on after a fail-over. */
import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import { checkQueue } from "../../src/cli/doctor-queue.ts";
import { createLog } from "../../src/log.ts";
import { openDoorbell } from "../../src/queue/doorbell.ts";
import { redisAtHand } from "../support/redis.ts";
import { startCluster, startSentinels } from "../support/redis-kinds.ts";
import { eventually } from "../support/workspace.ts";

const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
const log = createLog({ level: "error", format: "json", stream });

(redisAtHand() ? describe : describe.skip)("the doorbell", () => {
  test.each([
    ["behind Sentinels", startSentinels, /of the Sentinels 127\.0\.0\.1:\d+$/],
    ["in a Cluster", startCluster, /in the Cluster at 127\.0\.0\.1:\d+, /],
  ])(
    "%s answers every row once, also after a fail-over; doctor sees where it is",
    async (_where, start, place) => {
      const redis = await start();
      const doorbell = await openDoorbell({ redisUrl: redis.url }, { log });
      try {
        const [line] = await checkQueue({ redisUrl: redis.url }, null);
        expect([line?.status, line?.found]).toEqual(["ok", expect.stringMatching(place)]);
        const answered: string[] = [];
        await eventually("the queue", () => doorbell.reachable());
        const rows = Array.from({ length: 50 }, () => randomUUID());
        await doorbell.ring("fulfil", rows);
        await doorbell.ring("fulfil", rows);
        expect(await doorbell.waiting()).toMatchObject({ fulfil: 50, notify: 0 });
        for (const job of ["fulfil", "notify"] as const)
          doorbell.answer(job, async (row) => void answered.push(row), 4);
        await eventually("the answers", async () => answered.length >= 50);
        expect(answered.toSorted()).toEqual(rows.toSorted());

        await redis.failOver?.();
        const after = randomUUID();
        await eventually("a ring that is taken", () =>
          doorbell.ring("notify", [after]).then(
            () => true,
            () => false,
          ),
        );
        await eventually("its answer", async () => answered.includes(after));
      } finally {
        await doorbell.close(1_000);
        await redis.close();
      }
    },
    60_000,
  );
});

/** What the doorbell promises, on each backend alike. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { type Readable, Writable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import pg from "pg";
import { createLog } from "../../src/log.ts";
import { type DoorbellOptions, type DoorbellPlace, openDoorbell } from "../../src/queue/doorbell.ts";
import type { Doorbell } from "../../src/queue/queue.ts";
import { freshDatabaseUrl } from "../support/database.ts";
import { redisAtHand, startRedis, type TestRedis } from "../support/redis.ts";
import { type Gate, openGate } from "./gate.ts";

const isDeadlock = (error: unknown) => error instanceof pg.DatabaseError && error.code === "40P01";

interface TestBackend {
  place: DoorbellPlace;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Everything that the queue keeps is gone. */
  wipe(): Promise<void>;
  end(): Promise<void>;
}

const onPostgres = async (): Promise<TestBackend> => {
  const url = new URL(await freshDatabaseUrl());
  const direct = url.href;
  const gate: Gate = await openGate(Number(url.port));
  url.hostname = "127.0.0.1";
  url.port = String(gate.port);
  return {
    place: { databaseUrl: url.href },
    goAway: gate.shut,
    comeBack: gate.open,
    async wipe() {
      const client = new pg.Client({ connectionString: direct });
      await client.connect();
      const wiped = "truncate bullmq.job, bullmq.event, bullmq.meta, bullmq.dedup, bullmq.dedup_next cascade";
      // the queues go on while it is wiped, and may lock the same tables in another order: PostgreSQL lets one of the two try again
      await client
        .query(wiped)
        .catch((error: unknown) => (isDeadlock(error) ? client.query(wiped) : Promise.reject(error)));
      await client.end();
    },
    end: gate.shut,
  };
};

const onRedis = async (): Promise<TestBackend> => {
  const redis: TestRedis = await startRedis();
  return {
    place: { redisUrl: redis.url },
    goAway: redis.stop,
    comeBack: redis.start,
    async wipe() {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
    end: redis.stop,
  };
};

const backends = [
  { name: "PostgreSQL", start: onPostgres, here: true },
  { name: "Redis", start: onRedis, here: redisAtHand() },
];

/** Until `condition` holds, looked at often, given up after `ms`. */
const eventually = async (condition: () => boolean | Promise<boolean>, what: string, ms = 10_000) => {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not happen within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const latch = () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

for (const { name, start, here } of backends) {
  (here ? describe : describe.skip)(`the doorbell on ${name}`, () => {
    let backend: TestBackend;
    let lines: string[] = [];
    const opened: Doorbell[] = [];
    let killed: ChildProcess | undefined;
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const open = async (options: Partial<DoorbellOptions> = {}) => {
      const doorbell = await openDoorbell(backend.place, {
        log: createLog({ level: "info", format: "json", stream }),
        ...options,
      });
      opened.push(doorbell);
      return doorbell;
    };

    beforeAll(async () => {
      backend = await start();
    });
    afterEach(async () => {
      killed?.kill("SIGKILL");
      await Promise.all(opened.splice(0).map((doorbell) => doorbell.close(1_000)));
      await backend.wipe();
      lines = [];
    });
    afterAll(() => backend.end());

    test("answers each row that was rung for, under its own job", async () => {
      const doorbell = await open();
      const answered: string[] = [];
      doorbell.answer("fulfil", async (row) => void answered.push(`fulfil ${row}`), 4);
      doorbell.answer("notify", async (row) => void answered.push(`notify ${row}`), 4);
      const rows = Array.from({ length: 1_200 }, () => randomUUID());
      await doorbell.ring("fulfil", rows);
      await doorbell.ring("notify", ["17", "a:b:c"]);
      await doorbell.ring("notify", []);
      await eventually(() => answered.length >= 1_202, "1202 answers", 25_000);
      expect(answered.sort()).toEqual([...rows.map((row) => `fulfil ${row}`), "notify 17", "notify a:b:c"].sort());
    });

    test("two rings for a row that waits are one job", async () => {
      const doorbell = await open();
      await doorbell.ring("fulfil", ["1", "2", "1"]);
      await doorbell.ring("fulfil", ["2", "1"]);
      await Promise.all(
        Array.from({ length: 20 }, (_, at) => doorbell.ring("fulfil", at % 2 ? ["1", "2"] : ["2", "1"])),
      );
      expect(await doorbell.waiting()).toEqual({ fulfil: 2, notify: 0, undo: 0, tell: 0, write: 0 });
      const answered: string[] = [];
      doorbell.answer("fulfil", async (row) => void answered.push(row), 1);
      await doorbell.ring("fulfil", ["last"]);
      await eventually(() => answered.includes("last"), "the last one answered");
      expect(answered.sort()).toEqual(["1", "2", "last"]);
    });

    test("a row that was answered can be rung for again", async () => {
      const doorbell = await open();
      let answered = 0;
      doorbell.answer("fulfil", async () => void answered++, 1);
      for (let time = 1; time <= 3; time++) {
        await doorbell.ring("fulfil", ["1"]);
        await eventually(() => answered === time, `answer ${time}`);
      }
    });

    test("a ring that comes while the row is being answered is answered afterwards, never at once", async () => {
      const doorbell = await open();
      const gate = latch();
      let now = 0;
      let most = 0;
      let answered = 0;
      doorbell.answer(
        "fulfil",
        async () => {
          most = Math.max(most, ++now);
          if (answered === 0) await gate.opened;
          now--;
          answered++;
        },
        4,
      );
      await doorbell.ring("fulfil", ["1"]);
      await eventually(() => now === 1, "the first answer begun");
      await doorbell.ring("fulfil", ["1"]);
      await doorbell.ring("fulfil", ["1"]);
      gate.open();
      await eventually(() => answered === 2, "a second answer");
      await doorbell.ring("fulfil", ["after"]);
      await eventually(() => answered === 3, "no more than that");
      expect(most).toBe(1);
    });

    test("a delayed ring waits its time, and a ring without delay brings it forward", async () => {
      const doorbell = await open();
      const answered: [string, number][] = [];
      const began = Date.now();
      doorbell.answer("notify", async (row) => void answered.push([row, Date.now() - began]), 2);
      await doorbell.ring("notify", ["soon"], 600);
      await doorbell.ring("notify", ["forward"], 3_600_000);
      await doorbell.ring("notify", ["hour"], 3_600_000);
      await doorbell.ring("notify", ["forward"]);
      await eventually(() => answered.length === 2, "two answers");
      const times = Object.fromEntries(answered);
      expect(Object.keys(times).sort()).toEqual(["forward", "soon"]);
      expect(times.soon).toBeGreaterThanOrEqual(595);
      expect(times.soon).toBeLessThan(4_000);
    });

    test("answers no more rows at once than asked", async () => {
      const doorbell = await open();
      const gate = latch();
      let now = 0;
      let most = 0;
      let answered = 0;
      doorbell.answer(
        "fulfil",
        async () => {
          most = Math.max(most, ++now);
          await gate.opened;
          now--;
          answered++;
        },
        3,
      );
      await doorbell.ring("fulfil", ["1", "2", "3", "4", "5", "6", "7"]);
      await eventually(() => now === 3, "three at once");
      gate.open();
      await eventually(() => answered === 7, "all answered");
      expect(most).toBe(3);
    });

    test("a handler that throws is reported, stops no other, and its row can be rung for again", async () => {
      const failures: string[] = [];
      const doorbell = await open({ onFailure: (job, error) => failures.push(`${job}: ${error.message}`) });
      const answered: string[] = [];
      let broken = true;
      doorbell.answer(
        "fulfil",
        async (row) => {
          if (row === "bad" && broken) throw new Error("no such column, asked for giulia@example.com");
          answered.push(row);
        },
        1,
      );
      await doorbell.ring("fulfil", ["bad"]);
      await doorbell.ring("fulfil", ["good"]);
      await eventually(() => answered.length === 1, "the good one answered");
      expect(failures).toEqual(["fulfil: no such column, asked for giulia@example.com"]);
      const line = lines.map((text) => JSON.parse(text)).find((each) => each.step === "job failed");
      expect(line).toMatchObject({ job: "fulfil", row: "bad", error: "no such column, asked for g…@example.com" });
      broken = false;
      await doorbell.ring("fulfil", ["bad"]);
      await eventually(() => answered.includes("bad"), "the bad one answered");
    });

    test("close lets running answers finish and begins no new one", async () => {
      const doorbell = await open();
      const gate = latch();
      const begun: string[] = [];
      const ended: string[] = [];
      doorbell.answer(
        "fulfil",
        async (row) => {
          begun.push(row);
          await gate.opened;
          ended.push(row);
        },
        1,
      );
      await doorbell.ring("fulfil", ["1"]);
      await eventually(() => begun.length === 1, "one begun");
      await doorbell.ring("fulfil", ["2"]);
      const closed = doorbell.close(5_000);
      gate.open();
      await closed;
      expect(ended).toEqual(["1"]);
      await expect(doorbell.ring("fulfil", ["3"])).rejects.toThrow("closed");

      const next = await open();
      const answered: string[] = [];
      next.answer("fulfil", async (row) => void answered.push(row), 1);
      await eventually(() => answered.length > 0, "the row that was not begun");
      expect(answered).toEqual(["2"]);
    });

    test("close gives back what does not finish in time, to be answered by another at once", async () => {
      const doorbell = await open();
      const gate = latch();
      const begun = latch();
      doorbell.answer(
        "fulfil",
        async () => {
          begun.open();
          await gate.opened;
        },
        1,
      );
      await doorbell.ring("fulfil", ["1"]);
      await begun.opened;
      const other = await open();
      await doorbell.close(100);
      const answered: string[] = [];
      other.answer("fulfil", async (row) => void answered.push(row), 1);
      await eventually(() => answered.length === 1, "answered by another", 5_000);
      gate.open();
    });

    test("a worker that was killed leaves a row that is answered by another", async () => {
      killed = spawn(
        process.execPath,
        [path.join(import.meta.dirname, "worker-process.ts"), JSON.stringify(backend.place)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const doorbell = await open({ stalledAfterMs: 1_000 });
      await doorbell.ring("fulfil", ["1"]);
      expect(String(await once(killed.stdout as Readable, "data"))).toBe("took 1\n");
      killed.kill("SIGKILL");
      await once(killed, "exit");
      await doorbell.ring("fulfil", ["1"]);
      const answered: string[] = [];
      doorbell.answer("fulfil", async (row) => void answered.push(row), 1);
      await eventually(() => answered.length > 0, "answered by another");
      await doorbell.ring("fulfil", ["2"]);
      await eventually(() => answered.includes("2"), "the next row");
    });

    test("away, rings are refused soon; back, everything works without a restart", async () => {
      const doorbell = await open();
      const answered: string[] = [];
      doorbell.answer("fulfil", async (row) => void answered.push(row), 2);
      await doorbell.ring("fulfil", ["before"]);
      await eventually(() => answered.length === 1, "answered before");
      expect(await doorbell.reachable()).toBe(true);

      await backend.goAway();
      const began = Date.now();
      await expect(doorbell.ring("fulfil", ["during"])).rejects.toThrow();
      await expect(doorbell.waiting()).rejects.toThrow();
      expect(await doorbell.reachable()).toBe(false);
      expect(Date.now() - began).toBeLessThan(7_000);
      await eventually(() => lines.length > 0, "a line about it");
      expect(lines.length).toBeLessThan(20);

      await backend.comeBack();
      await eventually(() => doorbell.reachable(), "reachable again");
      await doorbell.ring("fulfil", ["after"]);
      await eventually(() => answered.includes("after"), "answered after");
    });

    test("wiped, it answers new rings", async () => {
      const doorbell = await open();
      const answered: string[] = [];
      doorbell.answer("fulfil", async (row) => void answered.push(row), 1);
      await doorbell.ring("fulfil", ["1"]);
      await doorbell.ring("fulfil", ["2"], 3_600_000);
      await eventually(() => answered.length === 1, "answered before");
      await backend.wipe();
      await doorbell.ring("fulfil", ["1", "2"]);
      await eventually(() => answered.length === 3, "answered after");
      expect(answered).toEqual(["1", "1", "2"]);
    });
  });
}

(redisAtHand() ? test : test.skip)("a Redis that is away at the start is found once it is there", async () => {
  const redis = await startRedis();
  await redis.stop();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const doorbell = await openDoorbell(
    { redisUrl: redis.url },
    { log: createLog({ level: "error", format: "json", stream: silent }) },
  );
  try {
    const answered: string[] = [];
    doorbell.answer("fulfil", async (row) => void answered.push(row), 1);
    const began = Date.now();
    await expect(doorbell.ring("fulfil", ["1"])).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(3_000);
    await redis.start();
    await eventually(() => doorbell.reachable(), "reachable");
    await doorbell.ring("fulfil", ["1"]);
    await eventually(() => answered.length === 1, "answered");
  } finally {
    await doorbell.close(1_000);
    await redis.stop();
  }
});

test("a PostgreSQL that is away at the start is said so", async () => {
  const gate = await openGate(1);
  await gate.shut();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const log = createLog({ level: "error", format: "json", stream: silent });
  await expect(openDoorbell({ databaseUrl: `postgres://127.0.0.1:${gate.port}/x` }, { log })).rejects.toThrow();
});

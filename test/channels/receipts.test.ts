/** The one suite over every sender that hears back: what is genuine is read, and nothing else is. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Sender } from "../../src/channels/channel.ts";
import { openSender, senders } from "../../src/channels/index.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { type Fate, type ReceiptBench, receiptBenchKinds } from "./receipt-benches.ts";

const now = new Date("2026-11-23T09:30:00Z");
const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
const around = { sql, now: () => now, publicUrl: "https://accolade.example" };
const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const DAY = 86_400_000;

/** Senders that nothing is heard of. */
const silent = ["outbox", "amazon-sns", "slack", "slack-webhook", "teams", "web-push"];

test("every sender has a bench here, or hears nothing", () => {
  const benches = new Set(receiptBenchKinds.map(({ sender }) => sender));
  for (const { id } of senders) expect([id, benches.has(id) || silent.includes(id)]).toEqual([id, true]);
});

describe.each(receiptBenchKinds.map((kind) => [`${kind.name} (${kind.channel})`, kind] as const))("%s", (_, kind) => {
  let bench: ReceiptBench;
  let sender: Sender;
  beforeAll(() => {
    bench = kind.start(now);
    const opened = openSender(kind.sender, bench.settings, kind.channel, around);
    if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
    sender = opened.sender;
  });
  afterAll(async () => {
    await sender.close?.();
    bench.close();
  });

  const receive = async (request: ReceiptRequest) => {
    const received = await sender.receive?.(request);
    if (!received) throw new Error("it hears nothing");
    return received;
  };
  const refusedOrNothing = async (request: ReceiptRequest) => {
    const received = await receive(request);
    if ("refused" in received) expect(received.refused).toBeGreaterThanOrEqual(400);
    else expect(received.receipts).toEqual([]);
  };

  test.each<[Fate, object]>([
    ["delivered", { state: "delivered" }],
    ["dead", { state: "failed", address: "bad", detail: expect.stringMatching(/./) }],
  ])("%s: read, named by our key, and the same whenever it comes again", async (fate, expected) => {
    const once = await receive(bench.request(key, fate, now));
    expect(once).toMatchObject({ receipts: [{ what: "state", message: { key }, ...expected }] });
    const said = JSON.stringify(once);
    for (const person of ["giulia@", "393331234567"]) expect(said).not.toContain(person);
    const again = await receive(bench.request(key, fate, now));
    expect(again).toEqual(once);
  });

  test("two fates of one message are two receipts", async () => {
    const keys = [];
    for (const fate of ["delivered", "dead"] as const) {
      const received = await receive(bench.request(key, fate, now));
      keys.push("receipts" in received && received.receipts[0]?.key);
    }
    expect(new Set(keys).size).toBe(2);
  });

  test("another secret: refused", async () => {
    expect(await receive(bench.request(key, "dead", now, "wrong"))).toMatchObject({ refused: 401 });
  });

  test("each proof missing: refused", async () => {
    const genuine = bench.request(key, "dead", now);
    for (const proof of bench.proofs) {
      const { [proof]: _taken, ...headers } = genuine.headers;
      expect(await receive({ ...genuine, headers })).toMatchObject({ refused: 401 });
    }
  });

  test("any byte changed on the way: refused, or read as nothing", async () => {
    const genuine = bench.request(key, "dead", now);
    if (!bench.signsBody) return expect(bench.proofs).toEqual(["authorization"]);
    const places = fc.tuple(fc.nat({ max: genuine.body.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(places, async ([place, change]) => {
        const body = Buffer.from(genuine.body);
        body[place] = (body[place] ?? 0) ^ change;
        const received = await receive({ ...genuine, body });
        // a change that means the same to who reads it (white space of JSON, the case of an escape) may stay
        if ("receipts" in received) expect(received).toEqual(await receive(genuine));
      }),
      { numRuns: 60 },
    );
  });

  test("made long ago: refused where it says when it was made, and the same receipt elsewhere", async () => {
    const old = await receive(bench.request(key, "delivered", new Date(now.getTime() - 3 * DAY)));
    if (bench.dated) expect(old).toMatchObject({ refused: 401, reason: "too_old" });
    else expect(old).toMatchObject({ receipts: [{ state: "delivered" }] });
  });

  test("made far in the future: refused where it says so", async () => {
    if (!bench.dated) return expect(bench.dated).toBe(false);
    expect(await receive(bench.request(key, "delivered", new Date(now.getTime() + 3 * DAY)))).toMatchObject({
      refused: 401,
    });
  });

  test("whatever else arrives is refused or says nothing, and never throws", async () => {
    const genuine = bench.request(key, "dead", now);
    const bodies = [
      "",
      "null",
      "[]",
      "{}",
      "[[]]",
      '{"entry":[{}]}',
      "\u0000",
      "a=1&a=2",
      "<xml/>",
      '{"Type":"Notification"}',
    ];
    for (const body of bodies) await refusedOrNothing({ ...genuine, body: Buffer.from(body) });
    for (const method of ["GET", "PUT", "HEAD"]) await refusedOrNothing({ ...genuine, method });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) =>
        refusedOrNothing({ ...genuine, body: Buffer.from(bytes) }),
      ),
      { numRuns: 30 },
    );
  });
});

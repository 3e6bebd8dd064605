/** The one suite over every provider that hears back: what is genuine makes somebody ask, and nothing else does anything. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Database } from "../../src/db/sql.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { receiveFromProvider } from "../../src/pipeline/receive-provider.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import type { Provider } from "../../src/rewards/index.ts";
import { freshDatabase } from "../support/database.ts";
import { type GiftBench, openGiftBench } from "../support/gift-bench.ts";
import { opened, type ReceiptBench, surroundings } from "./benches/bench.ts";
import { benches, type ProviderBench } from "./provider-benches.ts";

let sql: Database;
beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(() => sql.close());

describe.each(Object.entries(benches))("%s", (id, makeBench) => {
  let bench: ProviderBench;
  let provider: Provider;
  /** A vendor of its own, and a workspace that orders from it. */
  let other: { vendor: ProviderBench; receipts: ReceiptBench; gifts: GiftBench } | undefined;
  const warnings: string[] = [];
  beforeAll(async () => {
    bench = await makeBench(sql);
    const { receipts } = bench;
    provider = receipts ? opened(id, receipts.settings, surroundings(sql, id, warnings)) : bench.open();
    const vendor = receipts && (await makeBench(sql));
    if (!vendor?.receipts) return;
    const { settings, reward } = vendor.receipts;
    const gifts = await openGiftBench({
      providers: [`vendor: ${JSON.stringify({ provider: id, ...settings })}`],
      rewards: [{ id: "gift", yaml: `provider: vendor, ${reward}` }],
    });
    other = { vendor, receipts: vendor.receipts, gifts };
  }, 60_000);
  afterAll(async () => {
    await other?.gifts.close();
    await other?.vendor.close();
    await bench.close();
  });

  const receive = async (request: ReceiptRequest) => {
    const received = await provider.receive?.(request);
    if (!received) throw new Error("it hears nothing");
    expect(bench.secrets().filter((secret) => JSON.stringify(received).includes(secret))).toEqual([]);
    return received;
  };
  /** The bench of who hears back, with an order that the vendor has. */
  const heard = async () => {
    const { receipts } = bench;
    if (!receipts) return undefined;
    const request = await bench.request();
    expect((await provider.order(request)).outcome).toBe("accepted");
    return { ...receipts, key: request.key, all: [...receipts.ofOrders, ...receipts.others] };
  };

  test("hears back if it has a bench for that, and says nothing without its secret", async () => {
    expect(provider.receive !== undefined).toBe(bench.receipts !== undefined);
    const told = await heard();
    if (!told) return;
    const bare = bench.open();
    for (const what of told.all)
      expect(await bare.receive?.(told.request(what, told.key))).toMatchObject({ refused: 401 });
  });

  test("each happening of an order names that order, and is the same whenever it comes again", async () => {
    const told = await heard();
    if (!told) return expect(provider.receive).toBeUndefined();
    for (const what of told.ofOrders) {
      const once = await receive(told.request(what, told.key));
      expect(once).toMatchObject({ receipts: [{ what: "order", detail: expect.stringMatching(/./) }] });
      expect(await receive(told.request(what, told.key))).toEqual(once);
    }
    for (const what of told.others) expect(await receive(told.request(what, told.key))).toHaveProperty("receipts");
  });

  test("another secret, a proof that is missing, another method: refused", async () => {
    const told = await heard();
    if (!told) return expect(provider.receive).toBeUndefined();
    for (const what of told.all) {
      const genuine = told.request(what, told.key);
      expect(await receive(told.request(what, told.key, "wrong"))).toMatchObject({ refused: 401 });
      for (const proof of told.proofs) {
        const { [proof]: _taken, ...headers } = genuine.headers;
        expect(await receive({ ...genuine, headers })).toMatchObject({ refused: 401 });
      }
      for (const method of ["GET", "PUT", "HEAD"])
        expect(await receive({ ...genuine, method })).toMatchObject({ refused: 405 });
    }
  });

  test("any byte of the body or of a proof changed on the way: refused, where the vendor signs it", async () => {
    const told = await heard();
    if (!told) return expect(provider.receive).toBeUndefined();
    const genuine = told.request(told.ofOrders[0] ?? "", told.key);
    const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flip, async ([place, change]) => {
        const body = Buffer.from(genuine.body);
        body[place % body.length] = (body[place % body.length] ?? 0) ^ change;
        const received = await receive({ ...genuine, body });
        if (told.signsBody) expect(received).toMatchObject({ refused: 401 });
        else if ("refused" in received) expect(received.refused).toBe(400);
        for (const proof of told.proofs) {
          const value = genuine.headers[proof] ?? "";
          const at = place % value.length;
          const other = `${value.slice(0, at)}${value[at] === "x" ? "y" : "x"}${value.slice(at + 1)}`;
          expect(await receive({ ...genuine, headers: { ...genuine.headers, [proof]: other } })).toMatchObject({
            refused: 401,
          });
        }
      }),
      { numRuns: 40 },
    );
  });

  test("whatever else arrives is refused, and never throws", async () => {
    const told = await heard();
    if (!told) return expect(provider.receive).toBeUndefined();
    const genuine = told.request(told.ofOrders[0] ?? "", told.key);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          expect(await receive({ ...genuine, body: Buffer.from(bytes) })).toMatchObject({
            refused: expect.any(Number),
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("twice, late and in any order: while the vendor has the order, it is issued once and told once", async () => {
    if (!other) return expect(provider.receive).toBeUndefined();
    const { vendor, receipts, gifts } = other;
    const { corridor, clock } = gifts;
    const all = [...receipts.ofOrders, ...receipts.others];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 4 }),
        async (told, early) => {
          const { grant } = await gifts.won("gift");
          // some come before anybody here knows of the order
          for (const what of told.slice(0, early))
            await receiveFromProvider(corridor, "vendor", receipts.request(what, grant));
          await fulfil(corridor, grant);
          for (const what of told) {
            expect(await receiveFromProvider(corridor, "vendor", receipts.request(what, grant))).toHaveProperty(
              "receipts",
            );
            clock.advance(60_000);
            await fulfil(corridor, grant);
            await settleMark(corridor, grant);
          }
          expect(await gifts.grant(grant)).toMatchObject({ state: "issued", waiting: null });
          expect(await vendor.held(grant)).toBe(1);
          expect((await gifts.told(grant)).map(({ kind }) => kind)).toEqual(["reward"]);
        },
      ),
      { numRuns: 6 },
    );
    expect(await gifts.faults()).toEqual([]);
  }, 120_000);
});

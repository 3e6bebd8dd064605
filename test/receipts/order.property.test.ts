/** Vendors repeat receipts, deliver them late and in any order. Whatever arrives when, a message and its person end the same. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SendOutcome } from "../../src/channels/channel.ts";
import { addressDigest } from "../../src/people/address-digest.ts";
import { mayTell } from "../../src/people/may-tell.ts";
import { loadGrant } from "../../src/pipeline/grant-view.ts";
import { keepOutcome } from "../../src/pipeline/keep-outcome.ts";
import { keepReceipts } from "../../src/pipeline/receive-messages.ts";
import type { MessageReceipt } from "../../src/receipt.ts";
import { insertGrantRow } from "../support/grant-row.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: "channels: { email: { sender: outbox }, sms: { sender: outbox }, whatsapp: { sender: outbox } }\n",
      rules: { "rules.yaml": "rules: []\n" },
    },
    clock,
  );
}, 60_000);
afterAll(() => bench?.close(), 60_000);

/** What a vendor and a person say, before it is about somebody. `minute` is when it happened there. */
const said = fc.oneof(
  fc.record({
    what: fc.constant("state" as const),
    state: fc.constantFrom("sent", "delivered", "read", "failed" as const),
    by: fc.constantFrom("key", "reference"),
    address: fc.constantFrom("bad", "optedOut", "complained", "soft", undefined),
    minute: fc.integer({ min: 0, max: 5 }),
  }),
  fc.record({
    what: fc.constant("heard" as const),
    text: fc.constantFrom("STOP", "start", "hello"),
    minute: fc.integer({ min: 0, max: 5 }),
  }),
);
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never;

const outcomes = fc.constantFrom<"accepted" | "unknown">("accepted", "unknown");

let people = 0;
/** A message to a person of its own is under way; then all this happens, in this order. -1 is the answer to our own call. */
const live = async (all: readonly Said[], order: readonly number[], outcome: "accepted" | "unknown") => {
  const { corridor } = bench.opened;
  const { database } = corridor;
  const grantId = await insertGrantRow(database, { provider: "points" });
  const messageId = randomUUID();
  const phone = `+39333${String(++people).padStart(7, "0")}`;
  const reference = `SM${messageId}`;
  await database.run(
    `with person as (update recipients set phone = $2, email = $3 where id = (select recipient_id from grants where id = $1))
     update grants set notify = '{sms,email,whatsapp}', state = 'issued' where id = $1`,
    [grantId, phone, `${phone}@example.com`],
  );
  await database.run(
    `insert into messages (id, grant_id, kind, round, channel, sender, state, address_digest) values ($1, $2, 'reward', 1, 'sms', 'outbox', 'sending', $3)`,
    [messageId, grantId, addressDigest(corridor.sealer, phone)],
  );
  const receiptOf = (each: Said, index: number): MessageReceipt => {
    const at = new Date(Date.parse("2026-11-23T11:00:00Z") + each.minute * 60_000);
    const key = `${messageId}/${index}`;
    if (each.what === "heard") return { what: "heard", key, from: phone, text: each.text, at };
    const { state, address } = each;
    return {
      what: "state",
      key,
      message: each.by === "key" ? { key: messageId } : { reference },
      state,
      at,
      ...(state === "failed" && address ? { address } : {}),
    };
  };
  for (const index of order) {
    const each = all[index];
    if (each) await keepReceipts(corridor, { channel: "sms", sender: "outbox" }, [receiptOf(each, index)]);
    if (index !== -1) continue;
    const answer: SendOutcome = outcome === "accepted" ? { outcome, reference } : { outcome, detail: "the line broke" };
    const grant = await loadGrant(database, grantId);
    if (!grant) throw new Error("no grant");
    const sent = { grant, messageId, kind: "reward", open: { channel: "sms", sender: "outbox" }, to: phone } as const;
    await database.transaction((tx) => keepOutcome(corridor, tx, sent, answer));
  }
  const messages = await database.rows(
    "select channel, state from messages where grant_id = $1 order by created_at, channel desc",
    [grantId],
  );
  const recipient = (await loadGrant(database, grantId))?.recipient;
  if (!recipient) throw new Error("no recipient");
  const answers = await mayTell(database, corridor.sealer, {
    recipient,
    addresses: new Map([["sms", phone]]),
    category: "reward",
    at: corridor.now(),
    agreedOnly: new Set(),
  });
  return { messages, sms: answers.get("sms") };
};

/** Any order, some of it several times; our own call is answered once. */
const orders = (length: number) =>
  fc
    .shuffledSubarray([-1, ...Array.from({ length }, (_, index) => index)], { minLength: length + 1 })
    .chain((once) =>
      fc
        .array(fc.nat({ max: Math.max(0, length - 1) }), { maxLength: length === 0 ? 0 : 4 })
        .map((again) => [...once, ...again]),
    );

test("any order, repetition and delay of what is told ends in the same state", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { maxLength: 6 }).chain((all) => fc.tuple(fc.constant(all), orders(all.length), outcomes)),
      async ([all, order, outcome]) => {
        // a receipt by reference can only be matched where the vendor's answer gave us that reference
        const matched = outcome === "accepted" ? all : all.filter((each) => each.what === "heard" || each.by === "key");
        const plain = await live(matched, [-1, ...matched.keys()], outcome);
        const mixed = await live(all, order, outcome);
        expect(mixed).toEqual(plain);
        const fallBacks = mixed.messages.filter((message) => Reflect.get(message, "channel") !== "sms");
        const failed = matched.some((each) => each.what === "state" && each.state === "failed");
        expect(fallBacks).toHaveLength(failed ? 1 : 0);
      },
    ),
    { numRuns: 120 },
  );
}, 120_000);

test("receipts and the answer to our own call, committed at the same moment, do not miss each other", async () => {
  const { corridor } = bench.opened;
  for (let round = 0; round < 20; round++) {
    const grantId = await insertGrantRow(corridor.database);
    const messageId = randomUUID();
    const reference = `SM${messageId}`;
    await corridor.database.run(
      `insert into messages (id, grant_id, kind, round, channel, sender, state) values ($1, $2, 'reward', 1, 'sms', 'outbox', 'sending')`,
      [messageId, grantId],
    );
    const grant = await loadGrant(corridor.database, grantId);
    if (!grant) throw new Error("no grant");
    const sent = {
      grant,
      messageId,
      kind: "reward",
      open: { channel: "sms", sender: "outbox" },
      to: "+393330000000",
    } as const;
    const at = clock.now();
    await Promise.all([
      corridor.database.transaction((tx) => keepOutcome(corridor, tx, sent, { outcome: "accepted", reference })),
      keepReceipts(corridor, { channel: "sms", sender: "outbox" }, [
        { what: "state", key: reference, message: { reference }, state: "delivered", at },
      ]),
    ]);
    expect(await corridor.database.row("select state from messages where id = $1", [messageId])).toEqual({
      state: "delivered",
    });
  }
}, 60_000);

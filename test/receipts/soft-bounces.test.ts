/** An address that fails for a while: the next channel each time, and after the third time without asking it first. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { SendOutcome } from "../../src/channels/channel.ts";
import { loadGrant } from "../../src/pipeline/grant-view.ts";
import { keepOutcome } from "../../src/pipeline/keep-outcome.ts";
import { forgetStrangers, keepReceipts } from "../../src/pipeline/receive-messages.ts";
import type { MessageReceipt } from "../../src/receipt.ts";
import { openPeopleBench, type PeopleBench } from "../support/people-bench.ts";

let bench: PeopleBench;
beforeAll(async () => {
  bench = await openPeopleBench();
});
afterAll(() => bench.close());

const DAY = 86_400_000;
const HOUR = 3_600_000;
const open = { channel: "email", sender: "smtp" } as const;
const messageOf = async (deal: string) =>
  (
    await bench.database.row<{ id: string }>(
      "select id from messages where grant_id = $1 and channel = 'email' order by created_at limit 1",
      [await bench.grantOf(deal)],
    )
  )?.id ?? "";
const hear = (key: string, what: Partial<Extract<MessageReceipt, { what: "state" }>>, at = bench.clock.now()) =>
  keepReceipts(bench.corridor, open, [
    { what: "state", key: `${key}/${at.getTime()}/${what.state}`, message: { key }, state: "failed", at, ...what },
  ]);
const won = async () => {
  const deal = await bench.won("78");
  await bench.work();
  return deal;
};
const channels = async (deal: string) =>
  (await bench.messages(deal)).map(({ channel, state }) => `${channel} ${state}`).sort();
/** A mail that its mailbox has no room for. */
const bounced = async () => {
  const deal = await won();
  expect(await channels(deal)).toEqual(["email sent"]);
  await hear(await messageOf(deal), { address: "soft", code: "5.2.2" });
  // told twice it is one failure
  await hear(await messageOf(deal), { address: "soft", code: "5.2.2" }, new Date(bench.clock.now().getTime() + 1_000));
  await bench.work();
  expect(await channels(deal)).toEqual(["email failed", "sms sent"]);
  bench.clock.advance(DAY);
  return deal;
};

test("three times in 30 days, and the next reward goes over the next channel at once; after them it is tried again", async () => {
  for (let n = 0; n < 3; n++) await bounced();
  expect(await channels(await won())).toEqual(["sms sent"]);
  bench.clock.advance(26 * DAY);
  expect(await channels(await won())).toEqual(["sms sent"]);
  // the first of the three is 30 days ago
  bench.clock.advance(2 * DAY);
  expect(await channels(await won())).toEqual(["email sent"]);
  bench.clock.advance(30 * DAY);
});

test.each(["before", "after"])("a mail that arrives ends it, told of %s the failures", async (order) => {
  // nothing is known of the address yet
  await bench.database.run("delete from consents");
  const deals = [await won(), await won(), await won(), await won()];
  const [arriving = "", ...failing] = deals;
  const at = bench.clock.now();
  bench.clock.advance(1_000);
  const arrived = async () => hear(await messageOf(arriving), { state: "delivered" });
  if (order === "before") await arrived();
  for (const deal of failing) await hear(await messageOf(deal), { address: "soft" }, at);
  await bench.work();
  if (order === "after") {
    expect(await channels(await won())).toEqual(["sms sent"]);
    await arrived();
  }
  expect(await channels(await won())).toEqual(["email sent"]);
  bench.clock.advance(31 * DAY);
});

test("a server that asks for patience is asked again, ever more seldom; after four hours the next channel takes over", async () => {
  const deal = await bench.won("78");
  const id =
    (await bench.database.row<{ id: string }>("select id from grants where id = $1", [await bench.grantOf(deal)]))
      ?.id ?? "";
  await bench.work();
  const messageId = await messageOf(deal);
  // as if it were under way
  const again = async (): Promise<number> => {
    await bench.database.run("update messages set state = 'sending' where id = $1", [messageId]);
    await bench.database.run(
      "insert into attempts (grant_id, message_id, target, what, started_at) values ($1, $2, 'smtp', 'send', $3)",
      [id, messageId, bench.clock.now()],
    );
    const grant = await loadGrant(bench.database, id);
    if (!grant) throw new Error("no grant");
    const sent = { grant, messageId, kind: "reward", open, to: "tom@acme.example" } as const;
    const later: SendOutcome = {
      outcome: "retryLater",
      afterMs: 60_000,
      detail: "the mail server asks for patience: 452 4.2.2 full",
    };
    await bench.database.transaction((tx) => keepOutcome(bench.corridor, tx, sent, later));
    const row = await bench.database.row<{ not_before: Date }>("select not_before from messages where id = $1", [
      messageId,
    ]);
    return (row?.not_before.getTime() ?? 0) - bench.clock.now().getTime();
  };
  const pauses = [];
  for (let n = 0; n < 8; n++) pauses.push(await again());
  expect(pauses[0]).toBe(60_000);
  expect(pauses.at(-1)).toBeGreaterThan(10 * 60_000);
  expect(await bench.messages(deal)).toMatchObject([{ channel: "email", state: "queued" }]);
  bench.clock.advance(4 * HOUR);
  await again();
  expect(await bench.messages(deal)).toMatchObject([
    {
      channel: "email",
      state: "failed",
      reason: "the mail server asks for patience: 452 4.2.2 full; given up after 4 hours",
    },
    { channel: "sms", state: "queued" },
  ]);
  expect(
    await bench.database.rows("select status, source from consents where evidence = $1", [`message ${messageId}`]),
  ).toEqual([{ status: "fails", source: "soft-bounce" }]);
});

test("receipts of messages that are none of ours go after 30 days", async () => {
  await keepReceipts(bench.corridor, open, [
    { what: "state", key: "stranger", message: { reference: "nobody's" }, state: "sent", at: bench.clock.now() },
  ]);
  const kept = async () => (await bench.database.rows("select from receipts where key = 'stranger'")).length;
  bench.clock.advance(29 * DAY);
  await forgetStrangers(bench.database, bench.clock.now());
  expect(await kept()).toBe(1);
  bench.clock.advance(2 * DAY);
  await forgetStrangers(bench.database, bench.clock.now());
  expect(await kept()).toBe(0);
});

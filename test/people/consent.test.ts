/** Who is told, on which channel and at which hour; and that a reward never depends on it. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Consent } from "../../src/people/consent.ts";
import { explainEvent } from "../../src/pipeline/explain.ts";
import { noteConsent } from "../../src/pipeline/note-consent.ts";
import { openPeopleBench, type PeopleBench } from "../support/people-bench.ts";

let bench: PeopleBench;
beforeAll(async () => {
  bench = await openPeopleBench(
    "2026-11-20T10:00:00Z",
    'timeZone: Europe/Rome, quietHours: { from: "20:00", until: "09:00" }',
  );
});
afterAll(() => bench.close());

const HOUR = 3_600_000;
/** The clock goes on to this hour in UTC, of today or tomorrow. */
const until = (hour: number, minute = 0) => {
  const now = bench.clock.now();
  const next = new Date(now);
  next.setUTCHours(hour, minute, 0, 0);
  bench.clock.advance(next.getTime() - now.getTime() + (next <= now ? 24 * HOUR : 0));
};
const say = (who: Consent["who"], status: "in" | "out", rest: Partial<Consent> = {}) =>
  bench.database.transaction((tx) =>
    noteConsent(bench.corridor, tx, {
      who,
      channel: "email",
      category: "all",
      status,
      source: status === "out" ? "one-click" : "page",
      evidence: null,
      at: bench.clock.now(),
      ...rest,
    }),
  );
const tom = async () => ({ recipientId: await bench.personOf("tom@acme.example") });
const giulia = async () => ({ recipientId: await bench.personOf("giulia@acme.example") });
/** A deal is won, ordered, and told of as far as it may be. */
const won = async (owner: "77" | "78") => {
  const deal = await bench.won(owner);
  await bench.work();
  return deal;
};
const stateOf = async (deal: string) =>
  (await bench.database.row<{ state: string }>("select state from grants where id = $1", [await bench.grantOf(deal)]))
    ?.state;

test("at night a message waits for the morning where the person lives, says so, and is sent then", async () => {
  until(19, 30); // 20:30 in Rome, 14:30 in New York
  const [inRome, inNewYork] = [await won("77"), await won("78")];
  expect(await stateOf(inRome)).toBe("issued");
  expect(await bench.messages(inNewYork)).toMatchObject([{ channel: "email", state: "sent" }]);
  expect(await bench.messages(inRome)).toMatchObject([
    { channel: "email", state: "queued", reason: "waits until 09:00 in Rome" },
  ]);
  const event = await bench.database.row<{ id: number }>(
    "select m.event_id as id from milestones m where m.subject_id = $1 and m.type = 'deal.won'",
    [inRome],
  );
  const explained = await explainEvent(bench.corridor, event?.id ?? 0);
  expect(JSON.stringify(explained)).toContain('"what":"quiet"');
  until(7, 59);
  await bench.work();
  expect(await bench.messages(inRome)).toMatchObject([{ state: "queued" }]);
  until(8, 0);
  await bench.work();
  expect(await bench.messages(inRome)).toMatchObject([{ state: "sent", reason: null }]);
});

test("who moves meanwhile is told when it is morning there: earlier or later", async () => {
  until(20);
  const east = await won("77");
  const person = await giulia();
  const moveTo = (zone: string) =>
    bench.database.run("update recipients set time_zone = $2 where id = $1", [person.recipientId, zone]);
  await moveTo("Asia/Tokyo"); // 05:00
  await bench.work();
  expect(await bench.messages(east)).toMatchObject([{ state: "queued", reason: "waits until 09:00 in Tokyo" }]);
  await moveTo("America/New_York"); // 15:00
  bench.clock.advance(5_000);
  await bench.work();
  expect(await bench.messages(east)).toMatchObject([{ state: "sent" }]);
  await moveTo("Europe/Rome");
});

test("their own hours go before the workspace's", async () => {
  const person = await giulia();
  const set = (hours: string | null) =>
    bench.database.run("update recipients set quiet_hours = $2 where id = $1", [person.recipientId, hours]);
  until(22);
  await set("off");
  expect(await bench.messages(await won("77"))).toMatchObject([{ state: "sent" }]);
  await set("09:00-23:30");
  until(12);
  const later = await won("77");
  expect(await bench.messages(later)).toMatchObject([{ state: "queued", reason: "waits until 23:30 in Rome" }]);
  until(22, 30);
  await bench.work();
  expect(await bench.messages(later)).toMatchObject([{ state: "sent" }]);
  await set(null);
});

test("a channel that they left is not used; the next one is, and with none the reward is theirs all the same", async () => {
  until(15);
  await say(await tom(), "out");
  expect(await bench.messages(await won("78"))).toMatchObject([{ channel: "sms", state: "sent" }]);
  await say({ address: "+1 (212) 555-0123" }, "out", { channel: "sms", source: "STOP", evidence: "STOP" });
  const untold = await won("78");
  expect(await bench.messages(untold)).toEqual([]);
  expect(await stateOf(untold)).toBe("issued");
  expect(await bench.waiting(untold)).toMatch(
    /^not told: opted out of email \(one-click\), since 2026-11-2\d; opted out of sms \(STOP\).*stays on their page$/,
  );
  await bench.work();
  expect(await bench.messages(untold)).toEqual([]);

  bench.clock.advance(60_000);
  await say({ address: "+12125550123" }, "in", { channel: "sms", source: "START", evidence: "START" });
  await bench.work();
  expect(await bench.messages(untold)).toMatchObject([{ channel: "sms", state: "sent" }]);
  expect(await bench.waiting(untold)).toBeNull();
  await say(await tom(), "in");
});

test("what they say while a message waits for the morning counts in the morning", async () => {
  until(3); // 22:00 in New York
  const deal = await won("78");
  expect(await bench.messages(deal)).toMatchObject([{ channel: "email", state: "queued" }]);
  await say(await tom(), "out", { source: "page" });
  until(15);
  await bench.work();
  expect(await bench.messages(deal)).toMatchObject([
    { channel: "email", state: "skipped", reason: expect.stringContaining("opted out of email (page)") },
    { channel: "sms", state: "sent" },
  ]);
  bench.clock.advance(1_000);
  await say(await tom(), "in");
  await bench.work();
  // they were told by sms: nothing goes out twice
  expect(await bench.messages(deal)).toMatchObject([{ state: "skipped" }, { state: "sent" }]);
});

test("the channel that they asked for comes first, where the rule names it", async () => {
  const { recipientId } = await tom();
  await bench.database.run("update recipients set preferred_channel = 'sms' where id = $1", [recipientId]);
  expect(await bench.messages(await won("78"))).toMatchObject([{ channel: "sms" }]);
  await bench.database.run("update recipients set preferred_channel = 'whatsapp' where id = $1", [recipientId]);
  expect(await bench.messages(await won("78"))).toMatchObject([{ channel: "email" }]);
  await bench.database.run("update recipients set preferred_channel = null where id = $1", [recipientId]);
});

test("of what was said the newest counts, by kind of message too; a CRM opens nothing that a person closed", async () => {
  const email = async () => (await bench.messages(await won("78")))[0]?.channel === "email";
  const minutes = () => bench.clock.advance(60_000);
  minutes();
  await say(await tom(), "out", { category: "declined" });
  expect(await email()).toBe(true);
  await say(await tom(), "out", { category: "reward" });
  expect(await email()).toBe(false);
  minutes();
  await say(await tom(), "in", { source: "crm" });
  expect(await email()).toBe(false);
  minutes();
  await say(await tom(), "in");
  expect(await email()).toBe(true);
  await say({ address: "TOM@acme.example" }, "out", {
    source: "bounce",
    evidence: "5.1.1",
    until: new Date(bench.clock.now().getTime() + HOUR),
  });
  expect(await email()).toBe(false);
  bench.clock.advance(HOUR);
  expect(await email()).toBe(true);
});

test("the same thing told twice is one row", async () => {
  const before = bench.clock.now();
  await say({ address: "someone@customer.example" }, "out", { at: before });
  await say({ address: "Someone@customer.example " }, "out", { at: before });
  const rows = await bench.database.rows("select id from consents where at = $1 and address_digest is not null", [
    before,
  ]);
  expect(rows).toHaveLength(1);
});

/** Twilio reports to the whole server, signed by Twilio's own SDK: what a message becomes, who is told instead, who not any more. */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { readConfigFile } from "../../src/config-file.ts";
import { PUBLIC_URL } from "../support/workspace.ts";
import { type ReceiptBench, startReceiptBench } from "./bench.ts";

let bench: ReceiptBench;
beforeAll(async () => {
  bench = await startReceiptBench();
}, 60_000);
afterAll(() => bench?.close(), 60_000);
beforeEach(() => bench.twilio.setMood("accept"));

const phoneOf = (person: number) => `+393471234${500 + person}`;

/** A deal is told by SMS; gives the message, and where Twilio was told to report on it. */
const told = async (owner: number) => {
  const deal = await bench.win("sms", `p${owner}`);
  const grant = await bench.grantWhen(deal, "is told by SMS", ({ messages }) => messages[0]?.state === "sent");
  const sid = grant.messages[0]?.reference ?? "";
  const form = bench.twilio.messages.find((each) => each.sid === sid)?.form;
  return { deal, sid, path: (form?.StatusCallback ?? "").replace(PUBLIC_URL, "") };
};
const status = (sid: string, state: string, more: Record<string, string> = {}) => ({
  MessageSid: sid,
  SmsSid: sid,
  MessageStatus: state,
  SmsStatus: state,
  AccountSid: bench.twilio.accountSid,
  To: "+393471234500",
  From: "+15005550006",
  ...more,
});
const smsOf = async (deal: string) => (await bench.grantOf(deal))?.messages.find(({ channel }) => channel === "sms");

test("delivered, then what comes late: a message only moves forward", async () => {
  const { deal, sid, path } = await told(0);
  for (const state of ["sent", "delivered", "delivered", "sending", "queued"]) {
    const answer = await bench.twilioPosts(path, status(sid, state));
    expect([answer.status, await answer.text()]).toEqual([200, "<Response/>"]);
  }
  expect(await smsOf(deal)).toMatchObject({ state: "delivered", reason: null });
  const kept = await bench.running.server.opened.database.rows(
    "select state from receipts where key like $1 order by id",
    [`${sid}/%`],
  );
  expect(kept.map((row) => Reflect.get(row, "state"))).toEqual(["sent", "delivered", "sent", "sent"]);
});

test("undelivered: the next channel of the rule is used once, the reason is kept, and a report that comes twice or late adds nothing", async () => {
  const { deal, sid, path } = await told(1);
  const failed = status(sid, "undelivered", { ErrorCode: "30007" });
  for (const form of [failed, failed, status(sid, "sent"), status(sid, "failed", { ErrorCode: "30007" })])
    expect((await bench.twilioPosts(path, form)).status).toBe(200);
  const grant = await bench.grantWhen(deal, "is told by mail", ({ messages }) => messages[1]?.state === "sent");
  expect(grant.messages.map(({ channel, state }) => `${channel} ${state}`)).toEqual(["sms failed", "email sent"]);
  expect(grant.messages[0]?.reason).toBe(
    "Twilio error 30007: filtered by Twilio or the carrier: look at the words and the registration",
  );
});

test("a number out of service is not written to again, by any later reward", async () => {
  const { sid, path } = await told(2);
  await bench.twilioPosts(path, status(sid, "undelivered", { ErrorCode: "30005" }));
  const later = await bench.win("sms", "p2");
  const grant = await bench.grantWhen(later, "is told by mail", ({ messages }) => messages[0]?.state === "sent");
  expect(grant.messages.map(({ channel }) => channel)).toEqual(["email"]);
});

test("a report before our own call returned, and after its answer was lost, makes the message known", async () => {
  bench.twilio.setMood("reset");
  const deal = await bench.win("sms", "p3");
  const grant = await bench.grantWhen(deal, "is unknown", ({ messages }) => messages[0]?.state === "unknown");
  const message = bench.twilio.messages.at(-1);
  const path = (message?.form.StatusCallback ?? "").replace(PUBLIC_URL, "");
  expect(path).toBe(`/receipts/sms?message=${grant.messages[0]?.id}`);
  expect((await bench.twilioPosts(path, status(message?.sid ?? "", "delivered"))).status).toBe(200);
  expect(await smsOf(deal)).toMatchObject({ state: "delivered", reason: null });
});

test("STOP in a text: nothing more on this channel; START: it goes on. Whichever arrives first", async () => {
  const text = (body: string, sid: string) =>
    bench.twilioPosts("/receipts/sms", {
      MessageSid: sid,
      SmsStatus: "received",
      From: phoneOf(4),
      To: "+15005550006",
      Body: body,
    });
  await text("Stop, please.", "SMa1");
  const during = await bench.win("sms", "p4");
  const kept = await bench.grantWhen(during, "is told by mail", ({ messages }) => messages[0]?.state === "sent");
  expect(kept.messages.map(({ channel }) => channel)).toEqual(["email"]);
  await text("START", "SMa2");
  await text("Stop, please.", "SMa1");
  await told(4);
});

test("a text that only holds the word changes nothing", async () => {
  await bench.twilioPosts("/receipts/sms", {
    MessageSid: "SMb1",
    From: phoneOf(5),
    Body: "We should not stop here, the next deal is nearly won and I want to celebrate it",
  });
  await told(5);
});

test.each<[string, (path: string, form: Record<string, string>) => Promise<Response>, number]>([
  ["another token", (path, form) => bench.twilioPosts(path, form, { token: "another" }), 401],
  ["no signature", (path, form) => bench.twilioPosts(path, form, { signature: null }), 401],
  ["a signature that is none", (path, form) => bench.twilioPosts(path, form, { signature: "é" }), 401],
])("%s: refused, and nothing is kept", async (_, post, expected) => {
  const { deal, sid, path } = await told(6);
  const answer = await post(path, status(sid, "delivered"));
  expect(answer.status).toBe(expected);
  expect(await smsOf(deal)).toMatchObject({ state: "sent" });
});

test("the message in the address is signed too: a report cannot be led to another message", async () => {
  const one = await told(7);
  const other = await told(8);
  const form = status(one.sid, "undelivered", { ErrorCode: "30005" });
  const { getExpectedTwilioSignature } = (await import("twilio")).default;
  const signature = getExpectedTwilioSignature(bench.twilio.authToken, PUBLIC_URL + one.path, form);
  expect((await bench.twilioPosts(other.path, form, { signature })).status).toBe(401);
  expect(await smsOf(other.deal)).toMatchObject({ state: "sent" });
});

test("a name that nobody has, another method, a body that is too large", async () => {
  const door = `${bench.running.door}/receipts`;
  expect((await fetch(`${door}/nobody`, { method: "POST" })).status).toBe(404);
  expect((await fetch(`${door}/points`, { method: "POST" })).status).toBe(404);
  expect((await fetch(`${door}/sms`, { method: "DELETE" })).status).toBe(405);
  expect((await fetch(`${door}/sms`)).status).toBe(405);
  expect((await fetch(`${door}/sms`, { method: "POST", body: Buffer.alloc(3 * 1024 * 1024) })).status).toBe(413);
});

test("a provider that would share a channel's address for receipts is a mistake of the configuration, with its place", () => {
  const read = readConfigFile("accolade.yaml", "providers:\n  sms: { provider: points }\n", () => undefined);
  expect(read).toMatchObject({
    ok: false,
    problems: [{ line: 2, found: "a provider called `sms`", expected: expect.stringContaining("/receipts/sms") }],
  });
});

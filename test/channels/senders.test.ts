/** The one suite that judges every sender in the list: what its vendor can do, and the outcome that it must become. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Carried, Sender, SenderSurroundings, SendOutcome } from "../../src/channels/channel.ts";
import { channelNames, openSender, senders } from "../../src/channels/index.ts";
import type { Database } from "../../src/db/sql.ts";
import { freshDatabase } from "../support/database.ts";
import { type Bench, benchKinds, requestFor, type Situation } from "./sender-benches.ts";

let database: Database;
let around: SenderSurroundings;
beforeAll(async () => {
  database = await freshDatabase();
  const now = () => new Date("2026-11-23T09:30:00Z");
  around = { sql: database, now, publicUrl: "https://accolade.example" };
});
afterAll(() => database.close());

const opened = (kind: string, settings: unknown, channel: Carried): Sender => {
  const result = openSender(kind, settings, channel, around);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.sender;
};

/** What each situation must become. */
const expected: Record<Situation, Partial<SendOutcome>> = {
  accept: { outcome: "accepted" },
  badAddress: { outcome: "rejected", kind: "badAddress" },
  optedOut: { outcome: "rejected", kind: "optedOut" },
  wrongCredentials: { outcome: "rejected", kind: "configuration" },
  refuseOddly: { outcome: "rejected", kind: "permanent" },
  limited: { outcome: "retryLater" },
  limitedByReply: { outcome: "retryLater" },
  limitedFor7: { outcome: "retryLater", afterMs: 7_000 },
  hang: { outcome: "unknown" },
  reset: { outcome: "unknown" },
  failAfter: { outcome: "unknown" },
  garble: { outcome: "unknown" },
};

test("every sender and channel in the list has a bench here, or is the outbox below", () => {
  const listed = senders.flatMap((kind) => kind.carries.map((channel) => `${kind.id}/${channel}`));
  const benches = benchKinds.map(({ sender, channel }) => `${sender}/${channel}`);
  const outboxes = [...channelNames, "celebration"].map((channel) => `outbox/${channel}`);
  expect([...benches, ...outboxes].sort()).toEqual([...listed].sort());
});

test.each(senders.map((kind) => [kind.id, kind] as const))(
  "%s describes its settings and names its secrets",
  (_, kind) => {
    const shape: Record<string, { description?: string }> = Reflect.get(kind.settings, "shape");
    for (const [key, schema] of Object.entries(shape))
      expect([key, schema.description]).toEqual([key, expect.any(String)]);
    for (const secret of kind.secrets) expect(Object.keys(shape)).toContain(secret.split(".")[0]);
  },
);

describe.each(benchKinds.map((kind) => [`${kind.sender} (${kind.channel})`, kind] as const))("%s", (_, kind) => {
  let bench: Bench;
  let sender: Sender;
  beforeAll(async () => {
    bench = await kind.start(database);
    sender = opened(kind.sender, bench.settings, kind.channel);
  });
  afterAll(async () => {
    await sender.close?.();
    await bench.close();
  });

  const send = async (situation: Situation, key?: string) => {
    await bench.become(situation);
    const request = requestFor(kind.channel, key, bench.to);
    const outcome = await sender.send(request);
    return { outcome, request };
  };
  const quiet = (outcome: unknown, to: string) => {
    const said = JSON.stringify(outcome);
    for (const secret of [...bench.secrets, to, to.replace("+", "")]) expect(said).not.toContain(secret);
  };

  test("accepted: the vendor has it once, and gave a reference", async () => {
    const before = bench.taken();
    const { outcome } = await send("accept");
    expect(outcome).toEqual({ outcome: "accepted", reference: expect.stringMatching(/./) });
    expect(bench.taken()).toBe(before + 1);
  });

  test.each(kind.knows.map((situation) => [situation] as const))("%s", async (situation) => {
    const before = bench.taken();
    const { outcome, request } = await send(situation);
    expect(outcome).toMatchObject(expected[situation]);
    quiet(outcome, request.to);
    // the point of `unknown`: the vendor did take it, and sending it again would be a second message
    if (outcome.outcome === "unknown") expect(bench.taken()).toBe(before + 1);
    // and after any failure the sender is as good as new
    expect((await send("accept")).outcome).toMatchObject({ outcome: "accepted" });
  });

  test("nobody there: nothing was sent, so it may be tried again", async () => {
    const lost = opened(kind.sender, bench.nobodyThere, kind.channel);
    const request = requestFor(kind.channel, undefined, bench.toNobody);
    const outcome = await lost.send(request);
    expect(outcome).toMatchObject({ outcome: "retryLater" });
    quiet(outcome, request.to);
    if (!kind.asksNobody)
      expect(await lost.check()).toContainEqual(expect.objectContaining({ ok: false, todo: expect.any(String) }));
    await lost.close?.();
  });

  test("doctor: well with good credentials, told what to do with wrong ones, and no secret said", async () => {
    await bench.become("accept");
    expect((await sender.check()).filter((check) => !check.ok)).toEqual([]);
    const before = bench.taken();
    await bench.become("wrongCredentials");
    const checks = await sender.check();
    if (!kind.asksNobody)
      expect(checks).toContainEqual(expect.objectContaining({ ok: false, todo: expect.stringMatching(/\w/) }));
    quiet(checks, "+393331234567");
    expect(bench.taken()).toBe(before);
  });

  test("a sender asked for another channel refuses, as a value", async () => {
    const other = kind.channel === "email" ? "sms" : "email";
    expect(await sender.send(requestFor(other))).toMatchObject({ outcome: "rejected", kind: "permanent" });
  });
});

describe("outbox", () => {
  test.each([...channelNames, "celebration"] as const)("%s: the same message twice is one row", async (channel) => {
    const sender = opened("outbox", {}, channel);
    const request = requestFor(channel);
    const outcomes = await Promise.all([sender.send(request), sender.send(request), sender.send(request)]);
    for (const outcome of outcomes) expect(outcome).toEqual({ outcome: "accepted", reference: request.key });
    const rows = await database.rows(
      "select channel, address, subject, text, html, at from outbox where message_id = $1",
      [request.key],
    );
    const mail = request.rendered.channel === "email" ? request.rendered : undefined;
    expect(rows).toEqual([
      {
        channel,
        address: request.to,
        subject: mail?.subject ?? null,
        text: request.rendered.text,
        html: mail?.html ?? null,
        at: new Date("2026-11-23T09:30:00Z"),
      },
    ]);
    expect(await sender.check()).toEqual([expect.objectContaining({ ok: true })]);
  });

  test("a database that is away is patience, not a throw", async () => {
    const away = await freshDatabase();
    await away.close();
    const result = openSender("outbox", {}, "sms", { ...around, sql: away });
    if (!result.ok) throw new Error("not opened");
    expect(await result.sender.send(requestFor("sms"))).toMatchObject({ outcome: "retryLater" });
  });
});

describe("openSender", () => {
  const problems = (kind: string, settings: unknown, channel: Carried) => {
    const result = openSender(kind, settings, channel, around);
    return result.ok ? [] : result.problems;
  };
  test("names the setting that is wrong and what is expected, never the value", () => {
    const token = "a-secret-that-must-not-be-shown";
    const found = problems(
      "twilio",
      { accountSid: token, authToken: token, from: "+15005550006", extra: token },
      "sms",
    );
    expect(found.map(({ path }) => path)).toContain("accountSid");
    expect(JSON.stringify(found)).not.toContain(token);
    expect(problems("twilio", { accountSid: `AC${"0".repeat(32)}`, from: "+1" }, "sms")).toEqual([
      { path: "authToken", message: "expected authToken, or apiKeySid with apiKeySecret" },
    ]);
    expect(problems("smtp", { host: "mail.example.com", from: { name: "A", address: "no address" } }, "email")).toEqual(
      [{ path: "from.address", message: expect.stringMatching(/email/i) }],
    );
    for (const nothing of [undefined, null, 7, "x", []]) expect(problems("meta", nothing, "whatsapp")).not.toEqual([]);
  });
  test("an unknown sender, or one that does not carry the channel, is told which ones do", () => {
    expect(problems("pigeon", {}, "email")).toEqual([
      { path: "sender", message: "Unknown sender: expected one of smtp, outbox" },
    ]);
    expect(problems("smtp", {}, "sms")).toEqual([
      { path: "sender", message: "SMTP does not carry sms: expected one of twilio, vonage, amazon-sns, outbox" },
    ]);
  });
});

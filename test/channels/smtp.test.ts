/** Mail over real SMTP, read back as a mail program reads it. */
import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Sender, SendRequest } from "../../src/channels/channel.ts";
import { openSender } from "../../src/channels/index.ts";
import { type SmtpMood, type SmtpSink, startSmtpSink } from "../support/smtp-sink.ts";
import { about, claimUrl, shippedRenderer } from "./messages.ts";

let sink: SmtpSink;
const open: Sender[] = [];
beforeEach(async () => {
  sink = await startSmtpSink();
});
afterEach(async () => {
  for (const sender of open.splice(0)) await sender.close?.();
  await sink.close();
});

const senderWith = (settings: Record<string, unknown> = {}): Sender => {
  const { user, password, port } = sink;
  const from = { name: "Premi di Example Srl", address: "rewards@example.com" };
  const complete = { host: "127.0.0.1", port, user, password, from, requireTls: false, timeoutMs: 1_500, ...settings };
  const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
  const around = { sql, now: () => new Date(), publicUrl: "https://accolade.example" };
  const result = openSender("smtp", complete, "email", around);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  open.push(result.sender);
  return result.sender;
};

const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const request = async (language = "it"): Promise<SendRequest> => {
  const renderer = await shippedRenderer();
  const rendered = renderer.renderReward("email", language, about({ subjectName: "Società Già Città 東京" }));
  return { key, to: "giulia.rossi@example.org", name: "Giulia Rossi", rendered };
};

describe("the mail that arrives", () => {
  test("text and HTML, in the reader's language, each with the link, under our Message-ID", async () => {
    const outcome = await senderWith({ replyTo: "help@example.com", unsubscribe: "stop@example.com" }).send(
      await request(),
    );
    expect(outcome).toEqual({ outcome: "accepted", reference: `<${key}@example.com>` });
    const [received] = sink.received;
    if (!received) throw new Error("nothing arrived");
    const { mail } = received;
    expect(received.from).toBe("rewards@example.com");
    expect(received.to).toEqual(["giulia.rossi@example.org"]);
    expect(mail.messageId).toBe(`<${key}@example.com>`);
    expect(mail.subject).toBe("La trattativa Società Già Città 東京 è vinta: per te 100 EUR");
    expect(mail.from?.text).toBe('"Premi di Example Srl" <rewards@example.com>');
    expect(mail.replyTo?.text).toBe("help@example.com");
    expect(mail.headers.get("content-type")).toMatchObject({ value: "multipart/alternative" });
    expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
    expect(received.raw).toContain("List-Unsubscribe: <mailto:stop@example.com>");
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain(claimUrl);
      expect(part).toContain("Società Già Città 東京");
    }
    expect(mail.html).toContain('lang="it"');
    // the link once more, for a phone that is held up to it
    expect(mail.attachments).toEqual([
      expect.objectContaining({
        cid: "claim-link",
        contentType: "image/png",
        contentDisposition: "inline",
        related: true,
      }),
    ]);
  });

  test("every attempt of one message has the same Message-ID", async () => {
    const sender = senderWith();
    await sender.send(await request());
    await sender.send(await request("en"));
    expect(sink.received.map(({ mail }) => mail.messageId)).toEqual([`<${key}@example.com>`, `<${key}@example.com>`]);
  });

  test("an address or name that would add a recipient or a header reaches nobody else", async () => {
    const sender = senderWith();
    const mail = await request();
    for (const to of ["a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org", "nobody", ""]) {
      const outcome = await sender.send({ ...mail, to });
      if (outcome.outcome !== "accepted") expect(outcome).toMatchObject({ outcome: "rejected", kind: "badAddress" });
    }
    await sender.send({ ...mail, name: 'x" <b@example.org>\r\nBcc: b@example.org' });
    for (const { to, mail } of sink.received) {
      expect(to).not.toContain("b@example.org");
      expect(mail.bcc).toBeUndefined();
    }
  });

  test("signed with DKIM where a key is given, the List-Unsubscribe header covered", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const dkim = { domainName: "example.com", keySelector: "accolade", privateKey };
    await senderWith({ dkim, unsubscribe: "stop@example.com" }).send(await request());
    const signature = /DKIM-Signature:[\s\S]*?b=/.exec(sink.received[0]?.raw ?? "")?.[0].replace(/\s+/g, "");
    expect(signature).toContain("d=example.com;");
    expect(signature).toContain("s=accolade;");
    expect(signature?.toLowerCase()).toContain(":message-id:");
    expect(signature?.toLowerCase()).toContain(":list-unsubscribe");
  });
});

describe("what the server answers, and when the line is cut", () => {
  test.each<[SmtpMood, Record<string, string>, number]>([
    ["refuseSender", { outcome: "rejected", kind: "configuration" }, 0],
    ["refuseRecipient", { outcome: "rejected", kind: "badAddress" }, 0],
    ["refuseRelaying", { outcome: "rejected", kind: "configuration" }, 0],
    ["deferRecipient", { outcome: "retryLater" }, 0],
    ["cutAtGreeting", { outcome: "retryLater" }, 0],
    ["cutAtRecipient", { outcome: "retryLater" }, 0],
    ["refuseContent", { outcome: "rejected", kind: "permanent" }, 1],
    ["deferContent", { outcome: "retryLater" }, 1],
    ["closeAfterData", { outcome: "retryLater" }, 1],
    ["cutAfterData", { outcome: "unknown" }, 1],
    ["hang", { outcome: "unknown" }, 1],
  ])("%s", async (mood, expected, arrived) => {
    sink.setMood(mood);
    const outcome = await senderWith().send(await request());
    expect(outcome).toMatchObject(expected);
    expect(sink.received).toHaveLength(arrived);
    expect(JSON.stringify(outcome)).not.toContain("giulia.rossi");
  });

  test.each<[SmtpMood, string]>([
    ["cutAtRecipient", "retryLater"],
    ["cutAfterData", "unknown"],
  ])("%s, on a connection that sent before and with DKIM", async (mood, outcome) => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const sender = senderWith({ dkim: { domainName: "example.com", keySelector: "accolade", privateKey } });
    await sender.send(await request());
    sink.setMood(mood);
    expect(await sender.send(await request())).toMatchObject({ outcome });
    expect(sink.received).toHaveLength(outcome === "unknown" ? 2 : 1);
  });

  test("a server that asks for a login which is not configured is the admin's matter", async () => {
    const outcome = await senderWith({ user: undefined, password: undefined }).send(await request());
    expect(outcome).toMatchObject({ outcome: "rejected", kind: "configuration", code: "530" });
  });

  test("without STARTTLS nothing is sent, unless the admin allows it", async () => {
    const outcome = await senderWith({ requireTls: true }).send(await request());
    expect(outcome).toMatchObject({ outcome: "rejected", kind: "configuration", code: "ETLS" });
    expect(sink.received).toEqual([]);
  });

  test("forty at once over five connections: each arrives once", async () => {
    const sender = senderWith();
    const mail = await request();
    const keys = Array.from({ length: 40 }, () => crypto.randomUUID());
    const outcomes = await Promise.all(keys.map((each) => sender.send({ ...mail, key: each })));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ outcome: "accepted" });
    const ids = sink.received.map(({ mail }) => mail.messageId);
    expect(ids.sort()).toEqual(keys.map((each) => `<${each}@example.com>`).sort());
  });
});

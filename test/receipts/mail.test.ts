/** Mail as inboxes judge it, and what comes back: signatures read by mailauth, bounces to an address of their own, links that stop it. */
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { authenticate } from "mailauth";
import { packageRoot } from "../../src/package-root.ts";
import { explainGrant } from "../../src/pipeline/explain.ts";
import { wordsIn } from "../../src/pipeline/explain-texts/index.ts";
import { grantLines } from "../../src/pipeline/explain-words.ts";
import { pauseSending, resumeSending } from "../../src/pipeline/pause.ts";
import { complaintMail, deliveryStatusMail } from "../support/mail-services.ts";
import { PUBLIC_URL } from "../support/workspace.ts";
import { type ReceiptBench, startReceiptBench } from "./bench.ts";

const SECRET = "a secret of these tests, long enough";
const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "der" },
});

let bench: ReceiptBench;
beforeAll(async () => {
  const dkim = `dkim: { domainName: acme.example, keySelector: accolade, privateKey: ${JSON.stringify(keys.privateKey)} }`;
  bench = await startReceiptBench({
    email: `, unsubscribe: stop@acme.example, ${dkim}, receipts: { from: bounces, secret: "${SECRET}" }`,
  });
}, 60_000);
afterAll(() => bench?.close(), 60_000);

const mailed = async (owner: number, kind: "email" | "sms" = "email") => {
  const deal = await bench.win(kind, `p${owner}`);
  const grant = await bench.grantWhen(deal, "is told by mail", ({ messages }) =>
    messages.some(({ channel, state }) => channel === "email" && state === "sent"),
  );
  const message = grant.messages.find(({ channel }) => channel === "email");
  const received = bench.smtp.received.find(({ mail }) => mail.messageId === message?.reference);
  if (!message || !received) throw new Error("no mail");
  const link = /<(https:[^>]+\/u\/[^>]+)>/.exec(received.raw.replace(/\r\n[ \t]+/g, " "))?.[1] ?? "";
  return { deal, grant, message, received, link: link.replace(PUBLIC_URL, bench.running.door) };
};
const messageOf = async (deal: string) => (await bench.grantOf(deal))?.messages.at(-1);
const bounced = (body: string, token = SECRET) =>
  fetch(`${bench.running.door}/receipts/email`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body,
  });

test("the signature holds, and covers both headers of RFC 8058; List-Unsubscribe is one header with both ways", async () => {
  const { received, message } = await mailed(0);
  const { dkim } = await authenticate(received.raw, {
    ip: "192.0.2.1",
    sender: received.from,
    disableArc: true,
    disableBimi: true,
    disableDmarc: true,
    resolver: async (name: string, type: string) => {
      if (name === "accolade._domainkey.acme.example" && type === "TXT")
        return [[`v=DKIM1; k=rsa; p=${keys.publicKey.toString("base64")}`]];
      throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
    },
  });
  const [result] = dkim.results;
  expect(result?.status.result).toBe("pass");
  const signed = String(Reflect.get(result ?? {}, "signingHeaders")?.keys ?? "").toLowerCase();
  for (const name of ["list-unsubscribe", "list-unsubscribe-post", "message-id", "from", "to"])
    expect(signed.split(/[:,\s]+/)).toContain(name);
  const headers = received.raw.slice(0, received.raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  expect(headers.match(/^List-Unsubscribe:/gim)).toHaveLength(1);
  expect(headers).toMatch(/^List-Unsubscribe: <https:\/\/rewards\.example\/u\/[^>]+>, <mailto:stop@acme\.example>$/m);
  expect(headers).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
  expect(received.mail.messageId).toBe(`<${message.id}@acme.example>`);
  for (const part of [received.mail.html, received.mail.text]) expect(part).toContain(`${PUBLIC_URL}/u/`);
});

test("every mail has an envelope sender of its own; a bounce to it is read, whoever hands it in", async () => {
  const { deal, received } = await mailed(1);
  expect(received.from).toMatch(/^bounce\+[a-z2-7]{42}@acme\.example$/);
  expect(received.from.indexOf("@")).toBeLessThanOrEqual(64);
  const dead = deliveryStatusMail(received.from, { action: "failed", status: "5.1.1", said: "550 5.1.1 user unknown" });
  for (const delivered of [await bounced(dead), await bounced(dead)]) expect(delivered.status).toBe(200);
  expect(await messageOf(deal)).toMatchObject({ state: "failed", reason: "bounced: 550 5.1.1 user unknown" });
  const later = await bench.win("email", "p1");
  const kept = await bench.grantWhen(later, "says why nobody is told", ({ waiting }) => waiting !== null);
  expect(kept).toMatchObject({
    state: "issued",
    messages: [],
    waiting: expect.stringMatching(
      /^unreachable: this rep is not told \(the email address does not work, since [-\d]{10}\); the reward stays on their page$/,
    ),
  });
});

test.each([
  ["delayed", { action: "delayed", status: "4.4.1", said: "451 try later" }, { state: "sent" }],
  ["a full mailbox", { action: "failed", status: "5.2.2", said: "552 over quota" }, { state: "failed" }],
  ["delivered", { action: "delivered", status: "2.0.0", said: "250 ok" }, { state: "delivered" }],
])("a report of %s: the address stays in use", async (_, fields, expected) => {
  const { deal, received } = await mailed(2);
  await bounced(deliveryStatusMail(received.from, fields));
  expect(await messageOf(deal)).toMatchObject(expected);
});

test("a token that we did not sign, another secret, a holiday: nothing is noted", async () => {
  const { deal, received } = await mailed(3);
  const fields = { action: "failed", status: "5.1.1", said: "550 no" };
  const forged = received.from.replace(/.@/, (end) => (end === "a@" ? "b@" : "a@"));
  expect((await bounced(deliveryStatusMail(forged, fields))).status).toBe(200);
  expect((await bounced(deliveryStatusMail(received.from, fields), "a guess")).status).toBe(401);
  await bounced(
    `To: ${received.from}\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.`,
  );
  expect(await messageOf(deal)).toMatchObject({ state: "sent" });
});

test("a complaint, through the mail server's pipe: it had arrived, and nothing more is sent there", async () => {
  const { deal, received } = await mailed(4);
  const said = await piped(complaintMail(received.raw));
  expect(said).toEqual({ code: 0, out: "Noted: delivered.\n" });
  expect(await piped("From: a friend\r\n\r\nHello")).toEqual({
    code: 0,
    out: "Nothing to note: it is no report about a mail of ours.\n",
  });
  expect(await messageOf(deal)).toMatchObject({ state: "delivered" });
  const later = await bench.win("email", "p4");
  await bench.grantWhen(
    later,
    "says why",
    ({ waiting }) => waiting?.includes("a message by email was reported as unwanted") ?? false,
  );
}, 60_000);

const piped = (mail: string): Promise<{ code: number | null; out: string }> =>
  new Promise((resolve, reject) => {
    const { DATABASE_URL, PATH } = { DATABASE_URL: bench.running.config.databaseUrl, PATH: process.env.PATH };
    const env = { DATABASE_URL, PATH, PUBLIC_URL, ACCOLADE_HOME: bench.running.config.home };
    const child = spawn(process.execPath, [path.join(packageRoot, "bin", "accolade.js"), "bounce"], {
      cwd: bench.running.folder,
      env,
    });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        out += chunk.toString();
      });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
    child.stdin.end(mail);
  });

test("one click: no question, no redirect; the next reward is not mailed, its page works, and explain says why", async () => {
  const { link, received } = await mailed(5);
  const claim = /https:\/\/rewards\.example(\/me\/[^\s"<]+)/.exec(received.mail.text ?? "")?.[1] ?? "";
  // a scanner opens every link and changes nothing
  for (let time = 0; time < 3; time++) expect((await fetch(link)).status).toBe(200);
  await mailed(5);

  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const clicked = await fetch(link, {
    method: "POST",
    headers,
    body: "List-Unsubscribe=One-Click",
    redirect: "manual",
  });
  expect(clicked.status).toBe(200);
  const deal = await bench.win("email", "p5");
  const kept = await bench.grantWhen(deal, "says why", ({ waiting }) => waiting !== null);
  expect(kept).toMatchObject({ state: "issued", messages: [] });
  expect(kept.waiting).toContain("opted out of this kind of message by email");
  expect((await fetch(bench.running.door + claim)).status).toBe(200);
  for (const [language, words] of [
    ["en", "waits: not told: opted out of this kind of message by email (one-click)"],
    ["it", "in attesa: non comunicato: non vuole messaggi di questo tipo per email (one-click)"],
  ] as const)
    expect(await explained(kept.id, language)).toContain(words);
});

const explained = async (grantId: string, language: string) => {
  const found = await explainGrant(bench.running.server.opened.corridor, grantId);
  return found ? grantLines({ words: wordsIn(language), timeZone: "UTC" }, found).join("\n") : "";
};

test("other channels stay; a multipart click counts too, and a mistake can be undone", async () => {
  const { link } = await mailed(6);
  const form = new FormData();
  form.set("List-Unsubscribe", "One-Click");
  expect((await fetch(link, { method: "POST", body: form })).status).toBe(200);
  const deal = await bench.win("sms", "p6");
  await bench.grantWhen(
    deal,
    "is told by SMS",
    ({ messages }) => messages[0]?.channel === "sms" && messages[0].state === "sent",
  );
  const again = new URLSearchParams({ again: "1" });
  const missed = await bench.win("email", "p6");
  await bench.grantWhen(missed, "says why", ({ waiting }) => waiting !== null);
  expect(await (await fetch(link, { method: "POST", body: again })).text()).toContain("You get these emails again");
  // what they missed is told now, and so is what comes
  await bench.grantWhen(
    missed,
    "is told",
    ({ messages, waiting }) => messages[0]?.state === "sent" && waiting === null,
  );
  await mailed(6);
});

test("a mail that waited while its person unsubscribed is not sent any more", async () => {
  const { link } = await mailed(7);
  const { database } = bench.running.server.opened;
  await database.transaction((tx) =>
    pauseSending(tx, { scope: "channel:email", since: new Date(), by: "anna", why: "a look at the words" }),
  );
  const deal = await bench.win("email", "p7");
  await bench.grantWhen(deal, "waits", ({ messages }) => messages[0]?.reason !== null && messages.length === 1);
  await fetch(link, { method: "POST" });
  await database.transaction((tx) => resumeSending(tx, { by: "anna", at: new Date() }));
  const message = (await bench.grantOf(deal))?.messages[0]?.id;
  await database.run("update messages set not_before = now() - interval '1 minute' where id = $1", [message]);
  const grant = await bench.grantWhen(deal, "is skipped", ({ messages }) => messages[0]?.state === "skipped");
  expect(grant.messages[0]?.reason).toContain("opted out of this kind of message by email (one-click)");
}, 30_000);

test("a link that we did not make stops nothing", async () => {
  const { link, deal } = await mailed(8);
  for (const token of ["x", `${link.split("/u/")[1]}x`, (link.split("/u/")[1] ?? "").replace("reward", "declined")])
    for (const method of ["GET", "POST"])
      expect((await fetch(`${bench.running.door}/u/${token}`, { method })).status).toBe(404);
  expect((await bench.grantOf(deal))?.waiting).toBeNull();
  await mailed(8);
});

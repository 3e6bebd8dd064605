/** Notifications, as a device gets them: Chromium itself decrypts what the push service was given. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Sender } from "../../src/channels/channel.ts";
import { openSender } from "../../src/channels/index.ts";
import type { Database } from "../../src/db/sql.ts";
import { browserAtHand, openBrowser } from "../http/browser.ts";
import { freshDatabase } from "../support/database.ts";
import { type PushService, startPushService } from "../support/push-service.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { about, claimUrl, shippedRenderer } from "./messages.ts";
import { subscribe, vapidKeys } from "./sender-benches.ts";

const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const keys = vapidKeys();
let database: Database;
let service: PushService;
let person: string;
beforeAll(async () => {
  [database, service] = await Promise.all([freshDatabase(), startPushService(keys.publicKey)]);
  const row = await database.row<{ id: string }>(
    "insert into recipients (kind, source) values ('rep', 'test') returning id",
  );
  person = row?.id ?? "";
});
afterAll(async () => {
  await service.close();
  await database.close();
});

const sender = (more: Record<string, unknown> = {}): Sender => {
  const settings = { ...keys, subject: "mailto:rewards@example.com", hosts: [new URL(service.url).host], ...more };
  const around = { sql: database, now: () => new Date(), publicUrl: "https://accolade.example" };
  const result = openSender("web-push", settings, "push", around);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.sender;
};
const send = async (by: Sender) => {
  const rendered = (await shippedRenderer()).renderReward(
    "push",
    "it",
    about({ subjectName: "Società Già Città 東京" }),
  );
  return by.send({ key, to: person, name: null, rendered });
};
const devices = () => database.rows("select endpoint from push_subscriptions where recipient_id = $1", [person]);

/** RFC 8291, section 4, and RFC 8188 for the frame, with the browser's own cryptography. Runs in the page. */
const decryptInPage = async (given: {
  body: string;
  privateKey: string;
  publicKey: string;
  auth: string;
}): Promise<string> => {
  const bytes = (text: string) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  const base64url = (of: Uint8Array) =>
    btoa(String.fromCharCode(...of))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replace(/=+$/, "");
  const [body, own] = [bytes(given.body), bytes(given.publicKey)];
  const salt = body.slice(0, 16);
  const length = body[20] ?? 0;
  const theirs = body.slice(21, 21 + length);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: base64url(own.slice(1, 33)),
    y: base64url(own.slice(33)),
    d: given.privateKey,
  };
  const secret = await crypto.subtle.importKey("jwk", jwk, curve, false, ["deriveBits"]);
  const sender = await crypto.subtle.importKey("raw", theirs, curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: sender }, secret, 256);
  const derive = async (
    from: ArrayBuffer | Uint8Array<ArrayBuffer>,
    saltOf: Uint8Array<ArrayBuffer>,
    info: Uint8Array<ArrayBuffer>,
    size: number,
  ) =>
    crypto.subtle.deriveBits(
      { name: "HKDF", hash: "SHA-256", salt: saltOf, info },
      await crypto.subtle.importKey("raw", from, "HKDF", false, ["deriveBits"]),
      size * 8,
    );
  const text = new TextEncoder();
  const info = new Uint8Array([...text.encode("WebPush: info\0"), ...own, ...theirs]);
  const material = await derive(shared, bytes(given.auth), info, 32);
  const content = await derive(material, salt, text.encode("Content-Encoding: aes128gcm\0"), 16);
  const nonce = await derive(material, salt, text.encode("Content-Encoding: nonce\0"), 12);
  const opening = await crypto.subtle.importKey("raw", content, "AES-GCM", false, ["decrypt"]);
  const plain = new Uint8Array(
    await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, opening, body.slice(21 + length)),
  );
  // the last record ends with a 2, and zeros after it
  return new TextDecoder().decode(plain.slice(0, plain.lastIndexOf(2)));
};

(browserAtHand() ? describe : describe.skip)("in Chromium", () => {
  test("what arrives is decrypted by the device, and says what happened in its reader's language", async () => {
    await subscribe(database, person, service.subscription);
    expect(await send(sender())).toEqual({ outcome: "accepted", reference: key });
    const [message] = service.messages;
    expect(message?.headers).toMatchObject({
      ttl: String(72 * 3_600),
      urgency: "normal",
      topic: key.replaceAll("-", ""),
    });
    // the browser's cryptography is there for pages of this machine and for https only
    const pages = createServer((_request, response) =>
      response.setHeader("content-type", "text/html").end("<p>page</p>"),
    );
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
      const body = message?.body.toString("base64url") ?? "";
      const text = await page.evaluate(decryptInPage, { body, ...service.device });
      expect(JSON.parse(text)).toEqual({
        title: "La trattativa Società Già Città 東京 è vinta: per te 100 EUR",
        body: "Il tuo premio è una carta regalo da 100 EUR.",
        url: claimUrl,
        tag: key,
        lang: "it",
      });
      expect(message?.body.toString("latin1")).not.toContain("premio");
    } finally {
      await browser.close();
      await new Promise((resolve) => pages.close(resolve));
    }
  }, 60_000);
});

test("a device that is gone is forgotten; with none left, another channel has to tell", async () => {
  await subscribe(database, person, service.subscription);
  const gone = { ...service.subscription, endpoint: `${service.url}/send/somebody-else` };
  await subscribe(database, person, gone);
  expect(await send(sender())).toMatchObject({ outcome: "accepted" });
  expect(await devices()).toEqual([{ endpoint: service.subscription.endpoint }]);
  service.setMood("badAddress");
  expect(await send(sender())).toMatchObject({ outcome: "rejected", kind: "badAddress" });
  service.setMood("accept");
  expect(await devices()).toEqual([]);
  expect(await send(sender())).toMatchObject({ outcome: "rejected", kind: "badAddress", code: "no_device" });
});

test.each([
  "http://169.254.169.254/latest/meta-data",
  "https://127.0.0.1:5432/",
  "https://fcm.googleapis.com.evil.example/send",
  "https://user:password@fcm.googleapis.com/send",
  "http://fcm.googleapis.com/send",
  "https://push.services.mozilla.com.evil.example/",
  "file:///etc/passwd",
])("an endpoint that is no browser's push service is not called: %s", async (endpoint) => {
  await database.run("delete from push_subscriptions");
  await subscribe(database, person, { ...service.subscription, endpoint });
  const outcome = await send(sender({ hosts: undefined }));
  expect(outcome).toMatchObject({ outcome: "rejected", kind: "badAddress" });
  expect(await devices()).toEqual([]);
});

test("keys that do not belong together are refused at the start, and `accolade push keys` makes a pair that does", async () => {
  const around = { sql: database, now: () => new Date(), publicUrl: "https://accolade.example" };
  const settings = { publicKey: keys.publicKey, privateKey: vapidKeys().privateKey, subject: "mailto:a@example.com" };
  expect(openSender("web-push", settings, "push", around)).toMatchObject({
    ok: false,
    problems: [{ path: "publicKey", message: "expected the two keys that `accolade push keys` printed together" }],
  });
  const { code, stdout } = await runAccolade(["push", "keys"], ".", {});
  expect(code).toBe(0);
  const [, publicKey, privateKey] =
    /^ACCOLADE_PUSH_PUBLIC_KEY=(\S{87})\nACCOLADE_PUSH_PRIVATE_KEY=(\S{43})\n$/.exec(stdout) ?? [];
  expect(openSender("web-push", { publicKey, privateKey, subject: settings.subject }, "push", around).ok).toBe(true);
});

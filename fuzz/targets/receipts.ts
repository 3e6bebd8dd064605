/** What vendors of messages and rewards send back, signed as they sign: the parsers behind the signature. */
import { createHash, createHmac } from "node:crypto";
import nock from "nock";
import twilioSdk from "twilio";
import { openSender } from "../../src/channels/index.ts";
import { believable } from "../../src/pipeline/believable.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { openProvider } from "../../src/rewards/index.ts";
import { createSealer } from "../../src/sealer.ts";
import { type ReceiptBench, receiptBenchKinds } from "../../test/channels/receipt-benches.ts";
import { sendgridAccount, snsTopic } from "../../test/support/mail-services.ts";
import { must, soundMoment, unpolluted } from "../sound.ts";
import type { Target } from "../target.ts";

const now = new Date("2026-11-23T09:30:00Z");
const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
const around = { sql, now: () => now, publicUrl: "https://accolade.example" };

const base64url = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

interface Signer {
  settings?: Record<string, unknown>;
  sign(genuine: ReceiptRequest, body: Buffer): ReceiptRequest;
}

const topic = snsTopic(now);
const account = sendgridAccount();
const mail = (receipts: Record<string, unknown>) => ({
  host: "127.0.0.1",
  from: { name: "Acme", address: "rewards@acme.example" },
  receipts,
});

/** By the name of the bench: how its vendor signs any body at all. The others send a login along. */
const signers: Readonly<Record<string, Signer>> = {
  Twilio: {
    sign(genuine, body) {
      const form = Object.fromEntries(new URLSearchParams(body.toString("utf8")));
      const signature = twilioSdk.getExpectedTwilioSignature("the-auth-token", genuine.url, form);
      return { ...genuine, headers: { ...genuine.headers, "x-twilio-signature": signature }, body };
    },
  },
  Meta: {
    sign: (genuine, body) => ({
      ...genuine,
      headers: { "x-hub-signature-256": `sha256=${createHmac("sha256", "the-app-secret").update(body).digest("hex")}` },
      body,
    }),
  },
  Vonage: {
    sign(genuine, body) {
      const hash = createHash("sha256").update(body).digest("hex");
      const claims = { iss: "Vonage", payload_hash: hash, iat: Math.floor(now.getTime() / 1000) };
      const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
      const signature = createHmac("sha256", "the-signature-secret").update(signed).digest("base64url");
      return { ...genuine, headers: { authorization: `Bearer ${signed}.${signature}` }, body };
    },
  },
  "SMTP, told by SES": {
    settings: mail({ from: "ses", topicArn: topic.topicArn }),
    sign(genuine, body) {
      const fields = {
        Type: "Notification",
        MessageId: "m",
        Message: body.toString("utf8"),
        Timestamp: now.toISOString(),
      };
      return { ...genuine, body: Buffer.from(JSON.stringify(topic.message(fields))) };
    },
  },
  "SMTP, told by SendGrid": {
    settings: mail({ from: "sendgrid", verificationKey: account.verificationKey }),
    sign(genuine, body) {
      const { headers } = account.request([], now, body.toString("utf8"));
      return { ...genuine, headers, body: Buffer.from(body.toString("utf8")) };
    },
  },
};

/** What a receipt is about, without the envelope that its vendor puts around it. */
const bodyOf = (name: string, request: ReceiptRequest): Buffer =>
  name.endsWith("SES") ? Buffer.from(String(JSON.parse(request.body.toString("utf8")).Message)) : request.body;

const shapeOf = (name: string): Target["shape"] =>
  name === "Twilio" ? "words" : name.endsWith("bounces") ? "lines" : "json";

const judge = (received: Awaited<ReturnType<NonNullable<ReturnType<typeof senderFor>["receive"]>>> | undefined) => {
  if (!received || "refused" in received) return;
  for (const receipt of received.receipts) {
    soundMoment(believable(receipt.at, now));
    must(typeof receipt.key === "string" && receipt.key !== "", "a receipt without a key");
    if (receipt.what === "state")
      must(["sent", "delivered", "read", "failed"].includes(receipt.state), `the state ${receipt.state}`);
  }
  unpolluted();
};

const senderFor = (sender: string, settings: unknown, channel: (typeof receiptBenchKinds)[number]["channel"]) => {
  const opened = openSender(sender, settings, channel, around);
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.sender;
};

const senderTargets = (): Target[] =>
  receiptBenchKinds.map((kind) => {
    const bench: ReceiptBench = kind.start(now);
    const signer = signers[kind.name];
    const sender = senderFor(kind.sender, signer?.settings ?? bench.settings, kind.channel);
    const genuine = (["delivered", "dead"] as const).map((fate) => bench.request(key, fate, now));
    const [first] = genuine;
    if (!first) throw new Error(kind.name);
    return {
      name: `${kind.name} (${kind.channel})`
        .replaceAll(/[^\w]+/g, "-")
        .toLowerCase()
        .replace(/-$/, ""),
      samples: genuine.map((request) => bodyOf(kind.name, request)),
      shape: shapeOf(kind.name),
      async read(input) {
        judge(await sender.receive?.(signer ? signer.sign(first, input) : { ...first, body: input }));
        if (sender.hearMail) judge({ receipts: await sender.hearMail(input) });
      },
    };
  });

const noSql = () => Promise.reject(new Error("no database here"));
const providerTargets = (): Target[] => {
  const surroundings = {
    id: "p",
    sql: { rows: noSql, row: noSql, run: noSql, transaction: noSql },
    sealer: createSealer(["a".repeat(40)]),
    now: () => now,
    warn: () => {},
  };
  const opened = (kind: string, settings: unknown) => {
    const provider = openProvider(kind, settings, surroundings);
    if (!provider.ok) throw new Error(JSON.stringify(provider.problems));
    return provider.provider;
  };
  // nobody is there: what an event is about cannot be asked for
  const nobody = "http://127.0.0.1:1";
  const tremendous = opened("tremendous", {
    apiKey: "TEST_key",
    environment: "sandbox",
    apiBase: nobody,
    webhookKey: "the-private-key",
  });
  const plum = opened("plum", {
    clientId: "c",
    clientSecret: "s",
    refreshToken: "r",
    environment: "sandbox",
    apiBase: `${nobody}/chef`,
    webhookKey: "abcdefghijklm123",
  });
  const ask = async (provider: typeof plum, request: ReceiptRequest) => {
    const received = await provider.receive?.(request);
    if (!received || "refused" in received) return;
    for (const receipt of received.receipts) {
      must(["order", "funds", "catalog"].includes(receipt.what), `a receipt of ${receipt.what}`);
    }
    unpolluted();
  };
  const event = { event: "FUNDING_SOURCES.FUNDED", uuid: "u", created_utc: "2026-11-23T09:00:00.000Z" };
  const resource = { resource: { id: "R1", type: "funding_sources" }, meta: {} };
  const order = { data: { orderId: 7, poNumber: key, deliveryStatus: "DELIVERED", email: "x@y.example" } };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  return [
    {
      name: "tremendous",
      samples: [json({ ...event, payload: resource }), json({ ...event, event: "PRODUCTS.ADDED", payload: resource })],
      shape: "json",
      read: (body) => {
        const signature = `sha256=${createHmac("sha256", "the-private-key").update(body).digest("hex")}`;
        const headers = { "tremendous-webhook-signature": signature };
        return ask(tremendous, { method: "POST", url: "https://accolade.example/receipts/p", headers, body });
      },
    },
    {
      name: "plum",
      samples: [json(order)],
      shape: "json",
      read: (body) =>
        ask(plum, {
          method: "POST",
          url: "https://accolade.example/receipts/p",
          headers: { "x-api-key": "abcdefghijklm123" },
          body,
        }),
    },
  ];
};

export const receiptTargets = (): readonly Target[] => {
  const targets = [...senderTargets(), ...providerTargets()];
  // one certificate, kept once it was read
  if (!nock.isActive()) nock.activate();
  const { origin, pathname } = new URL(topic.certificateUrl);
  nock(origin).persist().get(pathname).reply(200, topic.pem);
  return targets;
};

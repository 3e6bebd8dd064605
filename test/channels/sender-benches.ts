/** A bench per sender and channel: the vendor's stand-in, the settings that reach it, and how to put it into a mood. */

import webPush from "web-push";
import { z } from "zod";
import type { Carried, Rendered, SendRequest } from "../../src/channels/channel.ts";
import type { Database } from "../../src/db/sql.ts";
import { type Mood, startVendor } from "../support/message-vendor.ts";
import { startMetaApi } from "../support/meta-api.ts";
import { startPushService } from "../support/push-service.ts";
import { startSlackApi } from "../support/slack-api.ts";
import { type SmtpMood, startSmtpSink } from "../support/smtp-sink.ts";
import { startSnsApi } from "../support/sns-api.ts";
import { startTeamsApi } from "../support/teams-api.ts";
import { startTwilioApi } from "../support/twilio-api.ts";
import { startVonageApi } from "../support/vonage-api.ts";

export type Situation = Mood | "limitedByReply";

export interface Bench {
  settings: Record<string, unknown>;
  /** The same settings pointed at a port where nobody listens. */
  nobodyThere: Record<string, unknown>;
  /** Who is written to, where the channel's usual address is not it; and somebody whose vendor is not there. */
  to?: string;
  toNobody?: string;
  /** Secrets that may stand in no outcome. */
  secrets: string[];
  become(situation: Situation): void | Promise<void>;
  /** How many messages the vendor has taken so far. */
  taken(): number;
  close(): Promise<void>;
}

export interface BenchKind {
  sender: string;
  channel: Carried;
  /** Its check asks nobody, since asking would be sending. */
  asksNobody?: true;
  /** Situations that this vendor knows. */
  knows: readonly Situation[];
  start(database: Database): Promise<Bench>;
}

/** Short, so that a hanging vendor costs a test little; long enough for a busy machine. */
const timeoutMs = 1_500;

const httpSituations: readonly Situation[] = [
  "badAddress",
  "optedOut",
  "wrongCredentials",
  "limited",
  "limitedFor7",
  "refuseOddly",
  "hang",
  "reset",
  "failAfter",
  "garble",
];

/** A port that was free a moment ago. */
const closedPort = async (): Promise<number> => {
  const vendor = await startVendor(() => ({ status: 200, body: {} }));
  await vendor.close();
  return Number(new URL(vendor.url).port);
};

const twilioBench = (channel: "sms" | "whatsapp"): BenchKind => ({
  sender: "twilio",
  channel,
  knows: httpSituations,
  async start() {
    const api = await startTwilioApi();
    const { accountSid, authToken } = api;
    const templates = { reward: { en: `HX${"a1".repeat(16)}`, it: `HX${"b2".repeat(16)}` } };
    const settings = { accountSid, authToken, from: "+15005550006", templates, apiBase: api.url, timeoutMs };
    return {
      settings,
      nobodyThere: { ...settings, apiBase: `http://127.0.0.1:${await closedPort()}` },
      secrets: [authToken],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
});

const metaBench: BenchKind = {
  sender: "meta",
  channel: "whatsapp",
  knows: httpSituations,
  async start() {
    const api = await startMetaApi();
    const { accessToken, phoneNumberId } = api;
    const settings = { accessToken, phoneNumberId, apiBase: api.url, timeoutMs };
    return {
      settings,
      nobodyThere: { ...settings, apiBase: `http://127.0.0.1:${await closedPort()}` },
      secrets: [accessToken],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
};

const smtpMoods: Partial<Record<Situation, SmtpMood>> = {
  accept: "accept",
  badAddress: "refuseRecipient",
  wrongCredentials: "wrongCredentials",
  limitedByReply: "deferRecipient",
  refuseOddly: "refuseContent",
  hang: "hang",
  reset: "cutAfterData",
};

const smtpBench: BenchKind = {
  sender: "smtp",
  channel: "email",
  knows: z.array(z.custom<Situation>()).parse(Object.keys(smtpMoods).filter((each) => each !== "accept")),
  async start() {
    const sink = await startSmtpSink();
    const from = { name: "Accolade", address: "rewards@example.com" };
    const { user, password, port } = sink;
    const settings = { host: "127.0.0.1", port, requireTls: false, user, password, from, timeoutMs };
    return {
      settings,
      nobodyThere: { ...settings, port: await closedPort() },
      secrets: [password],
      become: (situation) => sink.setMood(smtpMoods[situation] ?? "accept"),
      taken: () => sink.received.length,
      close: sink.close,
    };
  },
};

const httpMood = (situation: Situation): Mood => (situation === "limitedByReply" ? "limited" : situation);

const without = (...unknown: Situation[]) => httpSituations.filter((each) => !unknown.includes(each));

const vonageBench: BenchKind = {
  sender: "vonage",
  channel: "sms",
  knows: without("optedOut"),
  async start() {
    const api = await startVonageApi();
    const { applicationId, privateKey } = api;
    const settings = { applicationId, privateKey, from: "+390612345678", apiBase: api.url, timeoutMs };
    return {
      settings,
      nobodyThere: { ...settings, apiBase: `http://127.0.0.1:${await closedPort()}` },
      secrets: [privateKey],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
};

const snsBench: BenchKind = {
  sender: "amazon-sns",
  channel: "sms",
  knows: httpSituations,
  async start() {
    const api = await startSnsApi();
    const { region, accessKeyId, secretAccessKey } = api;
    const settings = {
      region,
      accessKeyId,
      secretAccessKey,
      senderId: "Accolade",
      maxPrice: 0.1,
      apiBase: api.url,
      timeoutMs,
    };
    return {
      settings,
      nobodyThere: { ...settings, apiBase: `http://127.0.0.1:${await closedPort()}` },
      secrets: [secretAccessKey],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
};

const slackBench: BenchKind = {
  sender: "slack",
  channel: "slack",
  knows: without("optedOut"),
  async start() {
    const api = await startSlackApi();
    const settings = { botToken: api.botToken, apiBase: api.url, timeoutMs };
    return {
      settings,
      nobodyThere: { ...settings, apiBase: `http://127.0.0.1:${await closedPort()}` },
      secrets: [api.botToken],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
};

const slackWebhookBench: BenchKind = {
  sender: "slack-webhook",
  channel: "celebration",
  knows: without("optedOut", "badAddress"),
  async start() {
    const api = await startSlackApi();
    return {
      settings: { webhook: api.webhook, allowPrivate: true, timeoutMs },
      nobodyThere: { webhook: `http://127.0.0.1:${await closedPort()}/services/x`, allowPrivate: true, timeoutMs },
      secrets: [new URL(api.webhook).pathname],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
};

const teamsBench = (channel: "teams" | "celebration"): BenchKind => ({
  sender: "teams",
  channel,
  asksNobody: true,
  // it answers without a body, so nothing in it can be garbled
  knows: without("optedOut", "badAddress", "garble"),
  async start() {
    const api = await startTeamsApi();
    return {
      settings: { webhook: api.webhook, allowPrivate: true, timeoutMs },
      nobodyThere: { webhook: `http://127.0.0.1:${await closedPort()}/workflows?sig=x`, allowPrivate: true, timeoutMs },
      secrets: [new URL(api.webhook).search],
      become: (situation) => api.setMood(httpMood(situation)),
      taken: () => api.messages.length,
      close: api.close,
    };
  },
});

/** A fresh pair, as `accolade push keys` prints it. */
export const vapidKeys = () => webPush.generateVAPIDKeys();

const pushBench: BenchKind = {
  sender: "web-push",
  channel: "push",
  asksNobody: true,
  knows: without("optedOut", "garble"),
  async start(database) {
    const keys = vapidKeys();
    const service = await startPushService(keys.publicKey);
    const lost = `127.0.0.1:${await closedPort()}`;
    const [to = "", toNobody = ""] = await Promise.all(
      [service.subscription, { ...service.subscription, endpoint: `http://${lost}/send/x` }].map(async (device) => {
        const row = await database.row<{ id: string }>(
          "insert into recipients (kind, source) values ('rep', 'people.yaml') returning id",
        );
        await subscribe(database, row?.id ?? "", device);
        return row?.id;
      }),
    );
    const settings = {
      ...keys,
      subject: "mailto:rewards@example.com",
      hosts: [new URL(service.url).host, lost],
      timeoutMs,
    };
    return {
      settings,
      nobodyThere: settings,
      to,
      toNobody,
      secrets: [keys.privateKey, service.subscription.auth],
      // who answers 410 is forgotten: the device subscribes again
      async become(situation) {
        service.setMood(httpMood(situation));
        await subscribe(database, to, service.subscription);
      },
      taken: () => service.messages.length,
      close: service.close,
    };
  },
};

/** As a page does once its reader has allowed notifications. */
export const subscribe = (
  database: Database,
  recipientId: string,
  { endpoint, p256dh, auth }: { endpoint: string; p256dh: string; auth: string },
) =>
  database.run(
    "insert into push_subscriptions (recipient_id, endpoint, p256dh, auth, created_at) values ($1, $2, $3, $4, now()) on conflict do nothing",
    [recipientId, endpoint, p256dh, auth],
  );

export const benchKinds: readonly BenchKind[] = [
  smtpBench,
  twilioBench("sms"),
  twilioBench("whatsapp"),
  vonageBench,
  snsBench,
  metaBench,
  slackBench,
  slackWebhookBench,
  teamsBench("teams"),
  teamsBench("celebration"),
  pushBench,
];

const link = "https://accolade.example/me/3kTMd0vR8mYh";
const card = {
  title: "Giulia, la trattativa Rossi <&> *è* vinta.",
  lines: ["Il tuo premio è una carta regalo da 100 EUR."],
  button: { label: "Apri il premio", url: link },
  more: { label: "Perché questo premio?", url: `${link}#why` },
  footer: "Il link è personale.",
};
const rendered: Record<Carried, Rendered> = {
  slack: { channel: "slack", card, text: "Giulia, la trattativa Rossi è vinta." },
  teams: { channel: "teams", card, text: "Giulia, la trattativa Rossi è vinta." },
  push: {
    channel: "push",
    title: "La trattativa Rossi è vinta",
    body: "Una carta regalo",
    url: link,
    language: "it",
    text: "…",
  },
  celebration: {
    channel: "celebration",
    title: "Giulia · EMEA",
    body: "La trattativa Rossi è vinta",
    text: "Giulia: …",
  },
  email: {
    channel: "email",
    subject: "La trattativa Rossi è vinta: per te 100 EUR",
    html: `<p>Giulia, la trattativa Rossi è vinta. <a href="${link}">Aprila</a></p>`,
    text: `Giulia, la trattativa Rossi è vinta. Aprila: ${link}`,
  },
  sms: { channel: "sms", text: `Giulia, la trattativa Rossi è vinta & pagata: 62.000 EUR + 100%. Aprila: ${link}` },
  whatsapp: {
    channel: "whatsapp",
    template: "reward",
    language: "it",
    variables: ["Rossi Srl", "Giulia, la trattativa Rossi è vinta", "una carta regalo da 100 EUR", link],
    text: "…",
  },
};

/** A message that a person could get. `key` is a fresh message id unless given. */
export const requestFor = (channel: Carried, key: string = crypto.randomUUID(), to?: string): SendRequest => ({
  key,
  to: to ?? (["email", "slack", "teams"].includes(channel) ? "giulia.rossi@example.org" : "+393331234567"),
  name: "Giulia Rossi",
  rendered: rendered[channel],
});

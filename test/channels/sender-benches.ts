/** A bench per sender and channel: the vendor's stand-in, the settings that reach it, and how to put it into a mood. */
import { z } from "zod";
import type { ChannelName, Rendered, SendRequest } from "../../src/channels/channel.ts";
import { type Mood, startVendor } from "../support/message-vendor.ts";
import { startMetaApi } from "../support/meta-api.ts";
import { type SmtpMood, startSmtpSink } from "../support/smtp-sink.ts";
import { startTwilioApi } from "../support/twilio-api.ts";

export type Situation = Mood | "limitedByReply";

export interface Bench {
  settings: Record<string, unknown>;
  /** The same settings pointed at a port where nobody listens. */
  nobodyThere: Record<string, unknown>;
  /** Secrets that may stand in no outcome. */
  secrets: string[];
  become(situation: Situation): void;
  /** How many messages the vendor has taken so far. */
  taken(): number;
  close(): Promise<void>;
}

export interface BenchKind {
  sender: string;
  channel: ChannelName;
  /** Situations that this vendor knows. */
  knows: readonly Situation[];
  start(): Promise<Bench>;
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

export const benchKinds: readonly BenchKind[] = [smtpBench, twilioBench("sms"), twilioBench("whatsapp"), metaBench];

const link = "https://accolade.example/me/3kTMd0vR8mYh";
const rendered: Record<ChannelName, Rendered> = {
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
export const requestFor = (channel: ChannelName, key: string = crypto.randomUUID()): SendRequest => ({
  key,
  to: channel === "email" ? "giulia.rossi@example.org" : "+393331234567",
  name: "Giulia Rossi",
  rendered: rendered[channel],
});

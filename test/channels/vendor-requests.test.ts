/** What Twilio and Meta receive from us. Twilio's own SDK says the same thing, and reads what we sent. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import twilioSdk from "twilio";
import type { Rendered, Sender } from "../../src/channels/channel.ts";
import { openSender, type RewardMessage } from "../../src/channels/index.ts";
import { type MetaApi, startMetaApi } from "../support/meta-api.ts";
import { startTwilioApi, type TwilioApi } from "../support/twilio-api.ts";
import { claimUrl, rossi, shippedRenderer } from "./messages.ts";

let twilio: TwilioApi;
let meta: MetaApi;
beforeEach(async () => {
  [twilio, meta] = await Promise.all([startTwilioApi(), startMetaApi()]);
});
afterEach(() => Promise.all([twilio.close(), meta.close()]));

const open = (kind: string, channel: "sms" | "whatsapp", settings: Record<string, unknown>): Sender => {
  const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
  const around = { sql, now: () => new Date(), publicUrl: "https://accolade.example" };
  const result = openSender(kind, settings, channel, around);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.sender;
};
const render = async (channel: "sms" | "whatsapp", language: string, data: RewardMessage = rossi): Promise<Rendered> =>
  (await shippedRenderer()).renderReward(channel, language, data);

const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const to = "+393331234567";
const name = "Giulia Rossi";
const templates = { reward: { en: `HX${"a1".repeat(16)}`, it: `HX${"b2".repeat(16)}` } };

/** Twilio's SDK, its requests led to the stand-in. */
const sdk = () => {
  const client = new twilioSdk.RequestClient();
  const request = client.request.bind(client);
  client.request = (options) => request({ ...options, uri: options.uri.replace("https://api.twilio.com", twilio.url) });
  return twilioSdk(twilio.accountSid, twilio.authToken, { httpClient: client });
};

describe("Twilio", () => {
  const settings = () => ({ accountSid: twilio.accountSid, authToken: twilio.authToken, apiBase: twilio.url });

  test("a text message: the same form that Twilio's SDK sends, and the SDK reads it back", async () => {
    const rendered = await render("sms", "it");
    const outcome = await open("twilio", "sms", { ...settings(), from: "+15005550006" }).send({
      key,
      to,
      name,
      rendered,
    });
    const statusCallback = `https://accolade.example/receipts/sms?message=${key}`;
    await sdk().messages.create({ to, from: "+15005550006", body: rendered.text, statusCallback });
    const [ours, theirs] = twilio.messages;
    expect(ours?.form).toEqual(theirs?.form);
    if (outcome.outcome !== "accepted") throw new Error(JSON.stringify(outcome));
    const read = await sdk().messages(outcome.reference).fetch();
    expect(read).toMatchObject({ sid: ours?.sid, to, body: rendered.text, status: "queued" });
    expect(read.body).toContain(claimUrl);
  });

  test("a WhatsApp template through a Messaging Service: the same form that Twilio's SDK sends", async () => {
    const service = `MG${"c3".repeat(16)}`;
    const rendered = await render("whatsapp", "it");
    if (rendered.channel !== "whatsapp") throw new Error(rendered.channel);
    const sender = open("twilio", "whatsapp", { ...settings(), messagingServiceSid: service, templates });
    expect(await sender.send({ key, to, name, rendered })).toMatchObject({ outcome: "accepted" });
    const [company, opening, prize, link] = rendered.variables;
    await sdk().messages.create({
      to: `whatsapp:${to}`,
      messagingServiceSid: service,
      contentSid: templates.reward.it,
      statusCallback: `https://accolade.example/receipts/whatsapp?message=${key}`,
      contentVariables: JSON.stringify({ 1: company, 2: opening, 3: prize, 4: link }),
    });
    expect(twilio.messages[0]?.form).toEqual(twilio.messages[1]?.form);
    expect(link).toBe(claimUrl);
  });

  test("a number for WhatsApp may be written with or without its prefix", async () => {
    const rendered = await render("whatsapp", "en");
    for (const from of ["+15005550006", "whatsapp:+15005550006"])
      await open("twilio", "whatsapp", { ...settings(), from, templates }).send({ key, to, name, rendered });
    expect(twilio.messages.map(({ form }) => form.From)).toEqual(["whatsapp:+15005550006", "whatsapp:+15005550006"]);
  });

  test("a language without an approved template is the admin's matter, and nothing is sent", async () => {
    const sender = open("twilio", "whatsapp", {
      ...settings(),
      from: "+15005550006",
      templates: { reward: { en: templates.reward.en } },
    });
    const outcome = await sender.send({ key, to, name, rendered: await render("whatsapp", "it") });
    expect(outcome).toMatchObject({
      outcome: "rejected",
      kind: "configuration",
      detail: expect.stringContaining("templates.reward.it"),
    });
    expect(twilio.messages).toEqual([]);
  });

  test("doctor says when WhatsApp has no templates", async () => {
    const checks = await open("twilio", "whatsapp", { ...settings(), from: "+15005550006" }).check();
    expect(checks).toContainEqual(expect.objectContaining({ ok: false, what: "Twilio WhatsApp templates" }));
  });
});

describe("Meta", () => {
  const settings = () => ({ accessToken: meta.accessToken, phoneNumberId: meta.phoneNumberId, apiBase: meta.url });

  test("a template message in the reader's language, with the message id to come back in receipts", async () => {
    const rendered = await render("whatsapp", "it");
    if (rendered.channel !== "whatsapp") throw new Error(rendered.channel);
    const outcome = await open("meta", "whatsapp", settings()).send({ key, to, name, rendered });
    expect(outcome).toEqual({ outcome: "accepted", reference: expect.stringMatching(/^wamid\./) });
    expect(meta.messages).toEqual([
      {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: "393331234567",
        type: "template",
        template: {
          name: "accolade_reward",
          language: { policy: "deterministic", code: "it" },
          components: [{ type: "body", parameters: rendered.variables.map((text) => ({ type: "text", text })) }],
        },
        biz_opaque_callback_data: key,
      },
    ]);
  });

  test("an admin's own template names and language codes", async () => {
    meta.templates.set("our_reward/en_US", 4);
    const own = { reward: { en: { name: "our_reward", language: "en_US" } } };
    const sender = open("meta", "whatsapp", { ...settings(), templates: own });
    expect(await sender.send({ key, to, name, rendered: await render("whatsapp", "en") })).toMatchObject({
      outcome: "accepted",
    });
    expect(await sender.send({ key, to, name, rendered: await render("whatsapp", "it") })).toMatchObject({
      outcome: "rejected",
      kind: "configuration",
      code: "no_template",
    });
  });

  test.each([
    ["missing at Meta", () => meta.templates.clear(), "132001"],
    ["approved with another number of variables", () => meta.templates.set("accolade_reward/it", 3), "132000"],
  ])("a template that is %s is the admin's matter", async (_, change, code) => {
    change();
    const outcome = await open("meta", "whatsapp", settings()).send({
      key,
      to,
      name,
      rendered: await render("whatsapp", "it"),
    });
    expect(outcome).toMatchObject({ outcome: "rejected", kind: "configuration", code });
  });
});

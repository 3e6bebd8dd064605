/** One workspace with every connector and every channel, its vendors in our hands. */
import { startHubSpotApi } from "../support/hubspot-api.ts";
import { CLIENT_SECRET } from "../support/hubspot-door.ts";
import { startMetaApi } from "../support/meta-api.ts";
import { clientId, startSalesforceApi } from "../support/salesforce-api.ts";
import { startSmtpSink } from "../support/smtp-sink.ts";
import { startTremendousApi } from "../support/tremendous-api.ts";
import { startTwilioApi } from "../support/twilio-api.ts";
import type { WorkspaceFiles } from "../support/workspace.ts";

export const ORG = "00Dxx0000001gPLEAY";
export const SECRET_PATH = "a-secret-path-of-32-characters-00";
export const WEBHOOK_SECRET = `whsec_${Buffer.from("a webhook secret for these tests").toString("base64")}`;

export const startVendors = async () => {
  const [hubspot, salesforce, smtp, twilio, meta, tremendous] = await Promise.all([
    startHubSpotApi(),
    startSalesforceApi(),
    startSmtpSink(),
    startTwilioApi(),
    startMetaApi(),
    startTremendousApi(),
  ]);
  const all = { hubspot, salesforce, smtp, twilio, meta, tremendous };
  return { ...all, close: () => Promise.all(Object.values(all).map((vendor) => vendor.close())) };
};
export type Vendors = Awaited<ReturnType<typeof startVendors>>;

/** `whatsapp`: who carries it. Deals whose name begins with a channel's name are told over that channel. */
export const filesFor = (
  vendors: Vendors,
  whatsapp: "meta" | "twilio",
  env: Record<string, string> = {},
): WorkspaceFiles => ({
  config: `
workspace: { name: Acme Rewards, currency: EUR, timeZone: Europe/Rome, language: en }
connections:
  hub-plain: { connector: hubspot, clientSecret: ${CLIENT_SECRET}, portalId: 62515 }
  hub-read: { connector: hubspot, clientSecret: ${CLIENT_SECRET}, portalId: 62515, accessToken: pat-dummy, apiBase: "${vendors.hubspot.url}" }
  hub-flow: { connector: hubspot, clientSecret: ${CLIENT_SECRET}, workflow: { kind: deal } }
  sf-plain: { connector: salesforce, orgId: ${ORG}, secretPath: ${SECRET_PATH}, calloutSecret: ${WEBHOOK_SECRET} }
  sf-read: { connector: salesforce, orgId: ${ORG}, secretPath: ${SECRET_PATH}, api: { loginUrl: "${vendors.salesforce.loginUrl}", clientId: ${clientId}, clientSecret: sample_consumer_secret } }
  shop: { connector: webhook, secret: ${WEBHOOK_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool, lowStock: 1 }
  cards: { provider: tremendous, environment: sandbox, apiKey: ${vendors.tremendous.apiKey}, apiBase: "${vendors.tremendous.url}", timeoutMs: 2000 }
channels:
  email: { sender: smtp, host: 127.0.0.1, port: ${vendors.smtp.port}, user: ${vendors.smtp.user}, password: "${vendors.smtp.password}", requireTls: false, from: { name: Acme Rewards, address: rewards@acme.example } }
  sms: { sender: twilio, accountSid: ${vendors.twilio.accountSid}, authToken: ${vendors.twilio.authToken}, from: "+15005550006", apiBase: "${vendors.twilio.url}" }
  whatsapp: ${
    whatsapp === "meta"
      ? `{ sender: meta, accessToken: ${vendors.meta.accessToken}, phoneNumberId: "${vendors.meta.phoneNumberId}", apiBase: "${vendors.meta.url}" }`
      : `{ sender: twilio, accountSid: ${vendors.twilio.accountSid}, authToken: ${vendors.twilio.authToken}, from: "+15005550006", apiBase: "${vendors.twilio.url}", templates: { reward: { en: HX00000000000000000000000000000001, it: HX00000000000000000000000000000002 } } }`
  }
people: people.yaml
`,
  rules: {
    "journeys.yaml": `
rewards:
  - { id: card, title: { en: A gift card, it: Una carta regalo }, provider: cards, products: [amazon-it] }
  - { id: points, title: { en: Points, it: Punti }, provider: points, value: 30 points }
  - { id: code, title: { en: A coffee code, it: Un codice caffè }, provider: codes, pool: coffee, value: 5 EUR }
rules:
  - { id: email, title: Told by email, on: deal.won, where: ['deal.name.startsWith("email")'], reward: { to: owner, give: card, value: 25 EUR }, notify: [email], from: 2026-01-01 }
  - { id: sms, title: Told by SMS, on: deal.won, where: ['deal.name.startsWith("sms")'], reward: { to: owner, give: points }, notify: [sms], from: 2026-01-01 }
  - { id: whatsapp, title: Told on WhatsApp, on: deal.won, where: ['deal.name.startsWith("whatsapp")'], reward: { to: owner, give: code }, notify: [whatsapp, email], from: 2026-01-01 }
`,
  },
  people: `
people:
  - name: Giulia Bianchi
    email: giulia@acme.example
    phone: "+39 347 123 4567"
    language: it
    crm: { hub-plain: "77", hub-read: "77", hub-flow: "77", sf-plain: 005xx000001SvkBAAS, sf-read: 005xx000001SvkBAAS, shop: giulia }
`,
  env,
});

/** The workspace that is broken: three CRMs, three kinds of rewards, two channels, and people known to all of them. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Vendors } from "./vendors.ts";

export const PUBLIC_URL = "https://rewards.example";
export const SECRET_KEY = "a-secret-key-of-the-campaign-that-is-long-enough";
export const POOL = "coffee";

const config = ({ tremendous, smtp, twilio }: Vendors) => `
workspace: { name: Acme, timeZone: Europe/Rome, quietHours: off }
connections:
  hub: { connector: hubspot, clientSecret: 3f1b2c4d-0000-4000-8000-1a2b3c4d5e6f }
  sales: { connector: salesforce, orgId: 00Dxx0000001gPLEAY, secretPath: a-secret-address-of-a-campaign-0123456789 }
  any: { connector: webhook, secret: whsec_${Buffer.from("a secret of thirty-two characters").toString("base64")} }
providers:
  points: { provider: points }
  codes: { provider: code-pool }
  cards: { provider: tremendous, environment: sandbox, apiKey: ${tremendous.apiKey}, apiBase: "${tremendous.url}", timeoutMs: 1000, lookupAfterMs: 500 }
channels:
  email: { sender: smtp, host: 127.0.0.1, port: ${smtp.port}, user: ${smtp.user}, password: "${smtp.password}", requireTls: false, timeoutMs: 1000, from: { name: Acme, address: rewards@acme.example } }
  sms: { sender: twilio, accountSid: ${twilio.accountSid}, authToken: ${twilio.authToken}, from: "+15005550006", apiBase: "${twilio.url}", timeoutMs: 1000 }
people: people.yaml
`;

const people = `people:
  - { name: Giulia, email: giulia@acme.example, phone: "+39 347 123 4567", crm: { hub: "77", sales: 005xx000001SvkAAAS, any: user-a } }
  - { name: Tom, email: tom@acme.example, phone: "+44 7400 123456", crm: { hub: "78", sales: 005xx000001SvkBAAS, any: user-b } }
  - { name: Ana, email: ana@acme.example, crm: { hub: "79", sales: 005xx000001SvkCAAS, any: user-c } }
`;

/** The reps above, as each CRM calls them. */
export const REPS: ReadonlyMap<string, readonly string[]> = new Map([
  ["hub", ["77", "78", "79"]],
  ["sales", ["005xx000001SvkAAAS", "005xx000001SvkBAAS", "005xx000001SvkCAAS"]],
  ["any", ["user-a", "user-b", "user-c"]],
]);

/** `edition`: another text, and so another version, that gives the same. */
export const rulesOf = (edition: number): string => `
budgets:
  - { id: quarter, amount: 1000000 EUR, from: 2020-01-01, until: 2100-01-01 }
rewards:
  - { id: points, title: Points, provider: points, value: 10 points }
  - { id: code, title: A code, provider: codes, pool: ${POOL}, value: 5 EUR }
  - { id: card, title: A card, provider: cards, products: [amazon-it], value: 10 EUR }
rules:
  - { id: points, title: Points ${edition}, from: 2020-01-01, on: deal.won, reward: { to: owner, give: points }, notify: [sms, email] }
  - { id: codes, title: Codes, from: 2020-01-01, on: deal.won, where: [deal.amount >= 2000], reward: { to: owner, give: code }, notify: [email] }
  - { id: cards, title: Cards, from: 2020-01-01, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: card }, budget: quarter, notify: [sms, email] }
  - { id: welcome, title: Welcome, from: 2020-01-01, on: contact.subscribed, reward: { to: contact, give: code }, once: per contact, notify: [email] }
`;

export const ruleFile = (folder: string): string => path.join(folder, "rules", "all.yaml");

export const writeWorkspace = async (folder: string, vendors: Vendors): Promise<void> => {
  await mkdir(path.join(folder, "rules"), { recursive: true });
  await Promise.all([
    writeFile(path.join(folder, "accolade.yaml"), config(vendors)),
    writeFile(path.join(folder, "people.yaml"), people),
    writeFile(ruleFile(folder), rulesOf(1)),
  ]);
};

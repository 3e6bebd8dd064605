/** The workspace of the benches that decide: deals of HubSpot, gifts of Tremendous out of a budget, messages into the outbox. */
import { FIRST_OWNER, OWNERS, REWARDED_FROM } from "./deal-lives.ts";
import { connections } from "./requests.ts";
import type { ServerFiles } from "./server.ts";

/** Where no vendor is to be called. */
const NOBODY = "http://127.0.0.1:9";
export const VENDOR_KEY = "TEST_a-key-of-a-bench";

/** One rule that rewards, and three that listen and never match: their near misses are kept, as they are for everybody. */
const rules = `budgets:
  - { id: all, amount: 100000000 EUR, from: 2020-01-01, until: 2100-01-01 }
rewards:
  - { id: gift, title: { en: A gift card, it: Una carta regalo }, provider: gifts, products: [PRODUCT], value: 50 EUR }
rules:
  - id: big-win
    title: A big deal won
    on: deal.won
    where: [deal.amount >= ${REWARDED_FROM}]
    reward: { to: owner, give: gift }
    notify: [email]
    limits: [100000 per owner per quarter]
    budget: all
    from: 2020-01-01
  - { id: huge, title: Huge, on: deal.won, where: [deal.amount >= 1000000, deal.cycle_days <= 5], reward: { to: owner, give: gift }, from: 2020-01-01 }
  - { id: opened, title: Opened, on: deal.created, where: [deal.amount >= 1000000], reward: { to: owner, give: gift }, from: 2020-01-01 }
  - { id: moved, title: Moved, on: deal.stage_changed, where: ['milestone.to == "contractsent"', deal.amount >= 1000000], reward: { to: owner, give: gift }, from: 2020-01-01 }
`;

const people = `people:
${Array.from(
  { length: OWNERS },
  (_, index) =>
    `  - { name: Rep ${index}, email: rep${index}@acme.example, language: ${index % 2 === 0 ? "en" : "it"}, team: Team ${index % 5}, crm: { hub: "${FIRST_OWNER + index}" } }`,
).join("\n")}
`;

/** `more`: rules beside those, as YAML. */
export const workspaceFiles = ({ vendorUrl = NOBODY, more = "" } = {}): ServerFiles => ({
  config: `workspace: { name: Bench, currency: EUR, timeZone: Europe/Rome, language: en, quietHours: "off" }
connections:
${connections}providers:
  gifts: { provider: tremendous, apiKey: ${VENDOR_KEY}, environment: sandbox, apiBase: "${vendorUrl}" }
channels:
  email: { sender: outbox }
people: people.yaml
`,
  rules: `${rules}${more}`,
  people,
});

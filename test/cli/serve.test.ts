/** What a newcomer gets from `npm start`, and an integrator from a server with an accolade.yaml. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Database } from "../../src/db/sql.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { type SandboxFolder, sandboxFolder } from "../support/sandbox-server.ts";

let sandbox: SandboxFolder;
beforeEach(async () => {
  sandbox = await sandboxFolder();
}, 30_000);
afterEach(() => sandbox.remove(), 30_000);

const tables = ["inbox", "events", "facts", "milestones", "grants", "orders", "messages", "outbox", "codes"] as const;
const counts = async (database: Database) => {
  const columns = tables.map((table) => `(select count(*) from ${table}) as ${table}`);
  return database.row<Record<string, number>>(`select ${columns.join(", ")}`);
};

test("the first start plays a scene and says what came of it; the second one plays nothing twice", async () => {
  const first = await sandbox.start();
  await first.says("Ctrl+C stops it");
  const said = first.stdout();
  for (const line of [
    /^ {2}HubSpot: deal "Rossi" won, 62,000 EUR → rule deal-won → 100 points to Giulia Bianchi → email \(outbox\) · \d+ ms$/m,
    /^ {2}HubSpot: deal "Rossi" won, 62,000 EUR → rule big-deal → 620 points to Giulia Bianchi → email \(outbox\) · \d+ ms$/m,
    /^ {2}HubSpot: deal "Rossi" won, 62,000 EUR → rule big-deal → 50 points to Nora Keller → email \(outbox\) · \d+ ms$/m,
    /^ {2}Salesforce: deal "Harbour Foods" won, 18,500 EUR → rule deal-won → 100 points to Tom Okafor → email \(outbox\) · \d+ ms$/m,
    /^ {2}Salesforce: deal "Harbour Foods" won, 18,500 EUR → rule fast-close is in shadow: would give 50 points to Tom Okafor$/m,
    /^ {2}HubSpot: contact Marta Conti subscribed → rule welcome-subscriber → "A thank-you code" \(5 EUR\) to Marta Conti → email \(outbox\) · \d+ ms$/m,
    /^ {2}Salesforce: deal "Brandt" lost, 33,000 EUR → no reward: no rule listens to deal\.lost$/m,
  ])
    expect(said).toMatch(line);
  expect(said).toContain(`${sandbox.url}/outbox`);
  expect(said).toMatch(new RegExp(`accolade(\\.js)? simulate --url ${sandbox.url}`));
  expect(said).toContain("docs/connect-hubspot.md");
  // sentences only: no lines for operators
  expect(said).not.toMatch(/level|step|grant=|warn/i);

  expect((await fetch(`${sandbox.url}/readyz`)).status).toBe(200);
  const outbox = await (await fetch(`${sandbox.url}/outbox`)).text();
  for (const reader of [
    "giulia.bianchi@sandbox.example",
    "nora.keller@sandbox.example",
    "marta.conti@customers.example",
  ])
    expect(outbox).toContain(reader);
  const event = /rules explain (\d+)/.exec(said)?.[1] ?? "";
  const explained = await runAccolade(["rules", "explain", event], sandbox.folder, sandbox.env);
  expect(explained.stdout).toMatch(/big-deal: matched\n.*deal\.amount >= 50000/);
  expect(explained.code).toBe(0);

  const database = await sandbox.database();
  const played = await counts(database);
  await database.close();
  expect(played).toMatchObject({ inbox: 3, grants: 6, messages: 5, outbox: 5 });
  expect(await first.stop("SIGTERM")).toBe(0);
  expect(first.stdout()).toMatch(/\nStopped\.\n$/);
  expect(first.stderr()).toBe("");
  expect(sandbox.postgresRuns()).toBe(false);

  const second = await sandbox.start();
  await second.says("Ctrl+C stops it");
  expect(second.stdout()).toContain("So far: 3 webhooks, 5 rewards to 4 people.");
  expect(second.stdout()).toContain(`rules explain ${event}`);
  expect(second.stdout()).not.toContain("→");
  const again = await sandbox.database();
  expect(await counts(again)).toEqual(played);
  await again.close();
  expect(await second.stop("SIGINT")).toBe(0);
  expect(second.stderr()).toBe("");
  expect(sandbox.postgresRuns()).toBe(false);
}, 120_000);

test("a rule that is edited while a sandbox runs is taken over, and one that is broken is named; both in words", async () => {
  const rules = path.join(sandbox.folder, "own-rules.yaml");
  await writeFile(rules, "rewards:\n  - { id: p, title: Points, provider: points, value: 1 point }\n");
  sandbox.env.ACCOLADE_RULES = sandbox.folder;
  const server = await sandbox.start();
  await server.says("Ctrl+C stops it");
  expect(server.stdout()).toContain("no rule listens to deal.won");
  const rule = (on: string) => `  - { id: won, title: Won, on: ${on}, reward: { to: owner, give: p } }\n`;
  const rewards = "rewards:\n  - { id: p, title: Points, provider: points, value: 1 point }\nrules:\n";
  await writeFile(rules, rewards + rule("deal.won"));
  await server.says("Rules taken over: 1 rule is in force.");
  await writeFile(rules, rewards + rule("deal.wonn"));
  await server.says("own-rules.yaml");
  expect(server.stdout()).toContain("the last good version stays in force");
}, 120_000);

test("with an accolade.yaml nothing is played, and the webhook addresses are said", async () => {
  await writeFile(
    path.join(sandbox.folder, "accolade.yaml"),
    "workspace: { name: Acme }\nconnections:\n  hub: { connector: hubspot, clientSecret: a-secret-of-the-app }\nproviders:\n  points: { provider: points }\n  code-pool: { provider: code-pool }\n",
  );
  const server = await sandbox.start();
  await server.says(`${sandbox.url}/webhooks/hub`);
  const lines = server
    .stdout()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({ step: "listening", connection: "hub", url: `${sandbox.url}/webhooks/hub` }),
  );
  const database = await sandbox.database();
  expect(await counts(database)).toMatchObject({ inbox: 0, grants: 0, codes: 0 });
  await database.close();
  expect(server.stdout()).not.toContain("a-secret-of-the-app");
}, 120_000);

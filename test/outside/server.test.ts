/** A whole server that tells: over real HTTP, checked with the package that receivers use; what an admin types, calls and reads. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { outgoingEventsPage } from "../../scripts/outgoing-events-page.ts";
import { readConfigFile } from "../../src/config-file.ts";
import { packageRoot } from "../../src/package-root.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import { won } from "../support/deals.ts";
import { CLIENT_SECRET, signedBatch } from "../support/hubspot-door.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { runHere } from "../support/run-here.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";
import { eventually, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const TOKEN = "paolo-token-of-these-tests-only";

let receiver: WebhookReceiver;
let running: RunningWorkspace;
beforeAll(async () => {
  receiver = await startWebhookReceiver(SECRET);
  running = await startWorkspace({
    config: `connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
channels:
  email: { sender: outbox }
webhooks:
  - { id: crm, url: "${receiver.url}", secret: "\${CRM_SECRET}", allowPrivate: true }
users: [{ email: paolo@acme.example, name: Paolo, roles: [admin], token: ${TOKEN} }]
`,
    rules: {
      "all.yaml": `rewards:\n  - { id: p, title: P, provider: points, value: 50 points }
rules:\n  - { id: win, title: Won, on: deal.won, reward: { to: owner, give: p }, from: 2026-01-01 }\n`,
    },
    env: { ACCOLADE_SECRET_KEY: KEY, CRM_SECRET: SECRET },
  });
}, 60_000);
afterAll(async () => {
  await running?.stop();
  await receiver?.close();
}, 60_000);

const win = async (deal: number) => {
  const { headers, body } = signedBatch("hub", won(deal, Date.now() - 60_000), new Date());
  const answer = await fetch(`${running.door}/webhooks/hub`, { method: "POST", headers, body });
  expect(answer.status).toBeLessThan(300);
};
const accolade = (...args: string[]) =>
  // doctor ends its process, so it has one of its own
  (args[0] === "doctor" ? runAccolade : runHere)(args, running.folder, {
    DATABASE_URL: running.config.databaseUrl ?? "",
    ACCOLADE_SECRET_KEY: KEY,
    CRM_SECRET: SECRET,
  });
/** What the API says, as far as these tests look into it. */
interface Said {
  endpoints: { state: string }[];
  events: unknown[];
  next: number | null;
  replayed: number;
}
const call = async (method: string, at: string, body?: unknown) => {
  const answer = await fetch(`${running.door}/api/v1${at}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Said };
};

test("a deal that is won is told within seconds, with a signature that the receiver's package takes", async () => {
  await win(1);
  await eventually("the reward is told", async () => receiver.received.length >= 2);
  expect(receiver.received.map(({ type, verified }) => [type, verified])).toEqual([
    ["grant.created", true],
    ["grant.issued", true],
  ]);
  expect(receiver.received[0]?.headers).toMatchObject({
    "content-type": "application/json",
    "webhook-id": expect.stringMatching(/^msg_[0-9a-f-]{36}$/),
  });
});

test("on the command line: list, log, test, replay", async () => {
  expect((await accolade("webhooks", "list")).stdout).toMatch(/crm +working +0 +0 +20\d\d-/);
  const { stdout } = await accolade("webhooks", "log", "--json");
  const [issued] = JSON.parse(stdout);
  expect(issued).toMatchObject({ type: "grant.issued", state: "delivered", tries: 1 });
  expect((await accolade("webhooks", "log", "--failed")).stdout).toBe("Nothing.\n");

  expect(await accolade("webhooks", "test", "crm")).toMatchObject({ code: 0, stdout: "crm took it: 204.\n" });
  receiver.next = [{ status: 401 }];
  expect(await accolade("webhooks", "test", "crm")).toMatchObject({
    code: 1,
    stdout: "crm did not take it: answered 401.\n",
  });
  expect(await accolade("webhooks", "test", "crn")).toMatchObject({
    code: 1,
    stderr: "endpoint crn: found no such endpoint, expected one of crm\n",
  });

  const before = receiver.received.length;
  expect((await accolade("webhooks", "replay", String(issued.id))).stdout).toMatch(/^1 event will be told again/);
  await eventually("it is told again", async () => receiver.received.length > before);
  expect(receiver.received.at(-1)).toMatchObject({ id: issued.webhookId, type: "grant.issued", verified: true });
  expect((await accolade("webhooks", "replay")).stderr).toMatch(/neither ids nor --since/);
  expect((await accolade("webhooks", "replay", "--since", "yesterday")).stderr).toMatch(/found yesterday, expected/);
});

test("by API: endpoints, log in pages, replay since a moment, test, enable", async () => {
  expect(await call("GET", "/webhooks")).toMatchObject({
    status: 200,
    body: { endpoints: [{ id: "crm", personal: false, waiting: 0 }] },
  });
  const page = await call("GET", "/webhooks/log?limit=1");
  const rest = await call("GET", `/webhooks/log?limit=100&before=${page.body.next}`);
  expect(page.body.events.length).toBe(1);
  expect(rest.body).toMatchObject({
    next: null,
    events: expect.arrayContaining([expect.objectContaining({ type: "grant.created" })]),
  });
  const before = receiver.received.length;
  const replayed = await call("POST", "/webhooks/replay", { since: "2026-01-01T00:00:00Z", endpoint: "crm" });
  expect(replayed.status).toBe(200);
  expect(replayed.body.replayed).toBeGreaterThanOrEqual(2);
  await eventually("all of it is told again", async () => receiver.received.length === before + replayed.body.replayed);
  expect(await call("POST", "/webhooks/crm/test", {})).toMatchObject({ body: { ok: true, status: 204 } });
  expect(await call("POST", "/webhooks/crm/enable", {})).toMatchObject({ body: { enabled: true } });
  expect(await call("POST", "/webhooks/nobody/test", {})).toMatchObject({ status: 404 });
});

test("doctor names an endpoint that is gone; the secret is in no line of the log", async () => {
  receiver.usual = { status: 410 };
  await win(2);
  await eventually("the endpoint is gone", async () => {
    const { body } = await call("GET", "/webhooks");
    return body.endpoints[0]?.state === "disabled";
  });
  const doctor = JSON.parse((await accolade("doctor", "--json")).stdout || "null") as unknown;
  expect(JSON.stringify(doctor)).toContain("accolade webhooks enable crm");
  expect(running.logged.filter((line) => line.includes(SECRET.slice(6)))).toEqual([]);
});

test("accolade.yaml: private addresses, weak secrets and unknown events are refused with their place", () => {
  const read = readConfigFile(
    "accolade.yaml",
    `webhooks:
  - { id: a, url: "https://169.254.169.254/latest", secret: "\${S}" }
  - { id: b, url: "http://example.com/", secret: "\${S}" }
  - { id: c, url: "https://example.com/", secret: "\${WEAK}" }
  - { id: d, url: "https://example.com/", secret: "\${S}", events: [grant.gone] }
  - { id: e, url: "https://example.com/", secret: "\${S}" }
  - { id: e, url: "https://example.com/", secret: "\${S}" }
`,
    (name) => (name === "S" ? SECRET : "whsec_c2hvcnQ="),
  );
  expect(read.ok).toBe(false);
  const lines = read.ok ? [] : read.problems.map(problemLine);
  expect(lines.length).toBe(4);
  expect(lines[0]).toMatch(/accolade.yaml:2:.*169\.254.*allowPrivate: true/);
  expect(lines[1]).toMatch(/:3:.*https:\/\//);
  expect(lines[2]).toMatch(/:4:.*24 to 64 bytes/);
  expect(lines[3]).toMatch(/:5:.*any of .*grant\.\*/);
  expect(lines.join()).not.toContain("c2hvcnQ");
  const twice = readConfigFile(
    "accolade.yaml",
    `webhooks:\n  - { id: e, url: "https://example.com/", secret: "\${S}" }\n  - { id: e, url: "https://example.com/", secret: "\${S}" }\n`,
    () => SECRET,
  );
  expect(twice.ok ? [] : twice.problems.map(problemLine)).toEqual([expect.stringContaining("for the second time")]);
});

test("docs/outgoing-events.md is what the declarations say; `npm run docs` writes it", () =>
  expect(readFileSync(path.join(packageRoot, "docs/outgoing-events.md"), "utf8")).toBe(outgoingEventsPage()));

/** The database away: 503, and recovery without a restart. The queue away or wiped: accepted, decided, and sent when it is back. */
import { describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { openGate } from "../queue/gate.ts";
import { freshDatabaseUrl } from "../support/database.ts";
import { CLIENT_SECRET, hubspotEvent, signedBatch } from "../support/hubspot-door.ts";
import { redisAtHand, startRedis } from "../support/redis.ts";
import { eventually, type RunningWorkspace, startWorkspace, type WorkspaceFiles } from "../support/workspace.ts";

const files = (env: Record<string, string>): WorkspaceFiles => ({
  config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\nchannels:\n  email: { sender: outbox }\npeople: people.yaml\n`,
  rules: {
    "all.yaml":
      "rewards:\n  - { id: p, title: P, provider: points, value: 5 points }\nrules:\n  - { id: won, title: Won, on: deal.won, reward: { to: owner, give: p } }\n",
  },
  people: `people:\n  - { name: Giulia, email: giulia@acme.example, crm: { hub: "77" } }\n`,
  env,
});

let deals = 0;
const won = async (running: RunningWorkspace, id = ++deals) => {
  const occurredAt = Date.now();
  const change = (propertyName: string, propertyValue: string) =>
    hubspotEvent({ subscriptionType: "deal.propertyChange", objectId: id, occurredAt, propertyName, propertyValue });
  const { headers, body } = signedBatch(
    "hub",
    [change("hubspot_owner_id", "77"), change("dealstage", "closedwon")],
    new Date(),
  );
  const answer = await fetch(`${running.door}/webhooks/hub`, { method: "POST", headers, body });
  return { id, answer };
};
const told = (running: RunningWorkspace) =>
  running.server.opened.database.row<{ n: number }>("select count(*)::int as n from outbox").then((row) => row?.n ?? 0);

test("the database away: 503 with Retry-After and nothing half done; back again: it goes on without a restart", async () => {
  const url = new URL(await freshDatabaseUrl());
  const gate = await openGate(Number(url.port));
  url.port = String(gate.port);
  const running = await startWorkspace(files({ DATABASE_URL: url.href }));
  try {
    expect((await won(running)).answer.status).toBe(202);
    await eventually("the first message", async () => (await told(running)) === 1);

    await gate.shut();
    const refused = await won(running);
    expect(refused.answer.status).toBe(503);
    expect(Number(refused.answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await fetch(`${running.door}/healthz`)).status).toBe(200);
    expect((await fetch(`${running.door}/readyz`)).status).toBe(503);

    await gate.open();
    await eventually("readiness", async () => (await fetch(`${running.door}/readyz`)).ok);
    // the CRM sends again what was not taken
    expect((await won(running, refused.id)).answer.status).toBe(202);
    expect((await won(running)).answer.status).toBe(202);
    await eventually("the messages after it", async () => (await told(running)) === 3);
  } finally {
    await running.stop();
    await gate.shut();
  }
}, 60_000);

test("the database hangs: 503 after a bounded time, and what is sent again counts once", async () => {
  const url = new URL(await freshDatabaseUrl());
  const gate = await openGate(Number(url.port));
  url.port = String(gate.port);
  const running = await startWorkspace(files({ DATABASE_URL: url.href }));
  try {
    gate.freeze();
    const asked = performance.now();
    const refused = await won(running);
    expect(refused.answer.status).toBe(503);
    expect(performance.now() - asked).toBeLessThan(9_000);
    gate.thaw();
    await eventually("the database to answer", async () => (await won(running, refused.id)).answer.status === 202);
    await eventually("the message", async () => (await told(running)) === 1);
    const grants = await running.server.opened.database.rows("select from grants");
    expect(grants).toHaveLength(1);
  } finally {
    await running.stop();
    await gate.shut();
  }
}, 60_000);

const usable = redisAtHand() || process.env.CI !== undefined;
if (!usable) console.warn("skipped: Redis away needs redis-server (apt-get install redis-server)");
(usable ? describe : describe.skip)("Redis", () => {
  test("away and wiped: webhooks are accepted and decided, and rewards go out when it is back", async () => {
    const redis = await startRedis();
    const running = await startWorkspace(files({ REDIS_URL: redis.url }));
    const issued = async () =>
      (
        await running.server.opened.database.row<{ n: number }>(
          "select count(*)::int as n from grants where state = 'issued'",
        )
      )?.n;
    const granted = async () =>
      (await running.server.opened.database.row<{ n: number }>("select count(*)::int as n from grants"))?.n;
    try {
      await won(running);
      await eventually("the first message", async () => (await told(running)) === 1);
      await redis.stop();
      for (let n = 0; n < 5; n++) expect((await won(running)).answer.status).toBe(202);
      await eventually("the grants", async () => (await granted()) === 6);
      expect(await issued()).toBe(1);

      // started anew it has forgotten everything
      await redis.start();
      await eventually("the messages", async () => (await told(running)) === 6, 30_000);

      const client = new Redis(redis.url);
      await client.flushall();
      await client.quit();
      for (let n = 0; n < 5; n++) await won(running);
      await eventually("the messages after the wipe", async () => (await told(running)) === 11, 30_000);
    } finally {
      await running.stop();
      await redis.stop();
    }
  }, 90_000);
});

/** More comes in than is decided: past the stated backlog webhooks are put off, until it is worked off. */
import { expect, test } from "@jest/globals";
import { CLIENT_SECRET, hubspotEvent, signedBatch } from "../support/hubspot-door.ts";
import { eventually, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

const files = {
  config: `server: { mostWaiting: 100 }\nconnections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n`,
  rules: { "all.yaml": "rewards:\n  - { id: p, title: P, provider: points, value: 5 points }\n" },
};

let deals = 0;
const post = (running: RunningWorkspace, forged = false) => {
  const properties = { subscriptionType: "deal.propertyChange", propertyName: "amount", propertyValue: "10" };
  const event = hubspotEvent({ ...properties, objectId: ++deals, occurredAt: Date.now() });
  const { headers, body } = signedBatch("hub", [event], new Date());
  const sent = forged ? Buffer.concat([body, Buffer.from(" ")]) : body;
  return fetch(`${running.door}/webhooks/hub`, { method: "POST", headers, body: sent });
};

test("503 with Retry-After past `server.mostWaiting`, whoever asks; what was taken is decided, and then more is taken", async () => {
  // nothing is decided by a process that only takes webhooks
  const ingress = await startWorkspace({ ...files, env: { ACCOLADE_ROLES: "ingress" } });
  const { database, databaseUrl } = ingress.server.opened;
  let decider: RunningWorkspace | undefined;
  try {
    const answers = await Promise.all(Array.from({ length: 150 }, () => post(ingress)));
    const taken = answers.filter(({ status }) => status === 202).length;
    expect(taken).toBeGreaterThan(100);
    await eventually("the first webhook that is put off", async () => (await post(ingress)).status === 503);

    for (const refused of [await post(ingress), await post(ingress, true)]) {
      expect([refused.status, await refused.text()]).toEqual([503, "try again\n"]);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(10);
    }
    const unknown = await fetch(`${ingress.door}/webhooks/other`, { method: "POST" });
    expect(unknown.status).toBe(404);
    // it is counted once a second, and no further than just past what may wait
    const metrics = await eventually("the gauge", async () => {
      const text = await (await fetch(`${ingress.door}/metrics`)).text();
      return /^accolade_backlog 101$/m.test(text) && text;
    });
    expect(metrics).toMatch(/^accolade_webhooks_total\{connection="hub",outcome="overloaded"\} [1-9]/m);
    expect(ingress.logged.filter((line) => line.includes("too much waits"))).toHaveLength(1);
    const kept = await database.row<{ n: number }>("select count(*) as n from inbox");

    decider = await startWorkspace({ ...files, env: { ACCOLADE_ROLES: "decide", DATABASE_URL: databaseUrl } });
    await eventually("room for more", async () => (await post(ingress)).status === 202);
    const decided = () =>
      database
        .row<{ n: number }>("select count(*) as n from events where state = 'decided'")
        .then((row) => row?.n ?? 0);
    await eventually("the last one to be decided", async () => (await decided()) > (kept?.n ?? Number.NaN));
    expect(await database.rows("select from inbox where state <> 'done'")).toEqual([]);
    expect(ingress.logged.some((line) => line.includes("webhooks are taken again"))).toBe(true);
  } finally {
    await decider?.stop();
    await ingress.stop();
  }
}, 180_000);

/** A CRM that cannot be read: what can go on goes on, the rest waits and says why, and no grant is ever wrong. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { daily, type HubSpotApi, noScope, startHubSpotApi, tenSecondly } from "../support/hubspot-api.ts";
import { CLIENT_SECRET, deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
let api: HubSpotApi;
let bench: Bench;

beforeAll(async () => {
  api = await startHubSpotApi();
  api.owner({
    id: "77",
    email: "giulia@acme.example",
    firstName: "Giulia",
    lastName: "Bianchi",
    updatedAt: "2026-01-01T00:00:00Z",
    archived: false,
  });
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET}, accessToken: pat-dummy, apiBase: "${api.url}", limits: { requestsPer10Seconds: 1000, timeoutSeconds: 1 } }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml": `rewards:\n  - { id: p, title: P, provider: points, value: 5 points }\nrules:\n  - { id: won, title: Won, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: p }, from: 2026-01-01 }\n`,
      },
    },
    clock,
  );
});
afterAll(async () => {
  await bench.close();
  await api.close();
});

let deals = 700;
const wonInCrm = (amount = "5000") => {
  const id = String(++deals);
  api.put("deals", id, "2026-11-01T09:00:00Z", {
    dealname: `Deal ${id}`,
    dealstage: "appointmentscheduled",
    amount,
    hubspot_owner_id: "77",
    pipeline: "default",
  });
  api.put("deals", id, "2026-11-20T09:00:00Z", { dealstage: "closedwon" });
  return id;
};
const hint = (id: string) =>
  hubspotEvent({
    subscriptionType: "deal.propertyChange",
    objectId: Number(id),
    occurredAt: clock.now().getTime(),
    propertyName: "dealstage",
    propertyValue: "closedwon",
  });
const events = (ids: readonly string[]) =>
  bench.opened.database.rows<{ subject_id: string; state: string; reason: string | null; wait: number }>(
    "select subject_id, state, reason, extract(epoch from not_before - $2)::float8 as wait from events where subject_id = any ($1) order by subject_id",
    [ids, clock.now()],
  );
const grants = (ids: readonly string[]) =>
  bench.opened.database.rows<{ subject_id: string }>(
    "select m.subject_id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = any ($1) order by 1",
    [ids],
  );

const troubles = [
  {
    what: "a token that is not taken",
    trouble: { status: 401, body: { status: "error", message: "Authentication credentials not found" } },
    says: /401|token/i,
    atLeastS: 30,
  },
  {
    what: "a missing scope",
    trouble: noScope("crm.objects.deals.read"),
    says: /crm\.objects\.deals\.read/,
    atLeastS: 30,
  },
  { what: "too many calls", trouble: tenSecondly, says: /too many calls/i, atLeastS: 5 },
  { what: "the daily limit", trouble: daily, says: /daily/i, atLeastS: 60 },
  { what: "a server error", trouble: { status: 502, text: "<html>Bad gateway</html>" }, says: /502/, atLeastS: 2 },
  { what: "an answer that never comes", trouble: { does: "hang" as const }, says: /answer|time/i, atLeastS: 2 },
  { what: "a connection that breaks", trouble: { does: "reset" as const }, says: /./, atLeastS: 2 },
];

test.each(troubles)(
  "$what: the event waits with its reason, and goes on when the CRM is back",
  async ({ trouble, says, atLeastS }) => {
    const id = wonInCrm();
    // the connector may try a refused token once more
    api.trouble("/crm/v3/objects/deals/batch/read", trouble);
    await deliver(bench, "hub", [hint(id)]);
    await bench.drain();
    const [waiting] = await events([id]);
    expect(waiting).toMatchObject({ state: "reading" });
    expect(waiting?.reason).toMatch(says);
    expect(waiting?.wait).toBeGreaterThanOrEqual(atLeastS);
    expect(await grants([id])).toEqual([]);

    clock.advance(2 * 3_600_000);
    await bench.drain();
    expect(await events([id])).toMatchObject([{ state: "decided", reason: null }]);
    expect(await grants([id])).toEqual([{ subject_id: id }]);
  },
);

test("half a batch missing: the half that came is decided, the other waits, and is parked in the end with its reason", async () => {
  const known = wonInCrm();
  const unknown = String(++deals);
  await deliver(bench, "hub", [hint(known), hint(unknown)]);
  await bench.drain();
  expect(await grants([known, unknown])).toEqual([{ subject_id: known }]);
  const [, waiting] = await events([known, unknown]);
  expect(waiting).toMatchObject({ state: "reading" });
  for (let n = 0; n < 12; n++) {
    clock.advance(3_600_000);
    await bench.drain();
  }
  const [, parked] = await events([known, unknown]);
  expect(parked).toMatchObject({ state: "parked" });
  expect(parked?.reason).toMatch(/\S/);
});

test("a hint is not a fact: what the webhook says and the CRM does not is not rewarded", async () => {
  const id = String(++deals);
  api.put("deals", id, "2026-11-01T09:00:00Z", {
    dealname: "Still open",
    dealstage: "appointmentscheduled",
    amount: "5000",
    hubspot_owner_id: "77",
    pipeline: "default",
  });
  await deliver(bench, "hub", [hint(id)]);
  await bench.drain();
  expect(await events([id])).toMatchObject([{ state: "decided" }]);
  expect(await grants([id])).toEqual([]);
});

test("many hints of one record are read once", async () => {
  const id = wonInCrm();
  const before = api.calls.filter((call) => call.path.includes("/deals/batch/read")).length;
  await deliver(
    bench,
    "hub",
    Array.from({ length: 40 }, (_, index) => ({ ...hint(id), occurredAt: clock.now().getTime() + index })),
  );
  await bench.drain();
  expect(api.calls.filter((call) => call.path.includes("/deals/batch/read")).length).toBe(before + 1);
  expect(await grants([id])).toEqual([{ subject_id: id }]);
});

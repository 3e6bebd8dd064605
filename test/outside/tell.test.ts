/** What happens to a grant is told to other systems: in the words of the list, at least once, in order, and nothing is lost. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { signatureProblem } from "../../connectors/standard-webhooks.ts";
import { type OutgoingType, outgoingEvents } from "../../src/outgoing-events.ts";
import { eraseRecipients } from "../../src/people/recipients.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { tell } from "../../src/pipeline/tell.ts";
import { enableEndpoint, listEndpoints, syncEndpoints } from "../../src/pipeline/tell-endpoints.ts";
import { outgoingLog, replayOutgoing, testEndpoint } from "../../src/pipeline/tell-log.ts";
import { lost, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver } from "../support/hubspot-door.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";
import { type Bench, type Clock, clockAt, openBench } from "../support/workspace.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER = "whsec_c2VjcmV0LW9mLXRoZXNlLXRlc3RzLW9ubHktb2xkZXI=";
const START = "2026-11-20T10:00:00Z";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const rules = `
budgets:
  - { id: small, amount: 100 EUR, until: 2028-01-01, alert: 50% }
rewards:
  - { id: p, title: { en: Points, it: Punti }, provider: points, value: 50 points }
  - { id: c, title: { en: A code, it: Un codice }, provider: codes, pool: x, value: 60 EUR }
rules:
  - { id: win, title: Won, on: deal.won, where: [deal.amount < 9000], reward: { to: owner, give: p }, from: 2026-01-01 }
  - { id: big, title: Big, on: deal.won, where: [deal.amount >= 9000], reward: { to: owner, give: c }, budget: small, from: 2026-01-01 }
`;

let crm: WebhookReceiver;
let desk: WebhookReceiver;
let bench: Bench;
let clock: Clock;
beforeEach(async () => {
  crm = await startWebhookReceiver(SECRET);
  desk = await startWebhookReceiver(SECRET);
  clock = clockAt(START);
  bench = await openBench(
    {
      config: `connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool, lowStock: 0 }
webhooks:
  - { id: crm, url: "${crm.url}", secret: [${SECRET}, ${OLDER}], allowPrivate: true }
  - { id: desk, url: "${desk.url}", secret: ${SECRET}, events: [grant.issued, budget.*], personal: true, allowPrivate: true }
people: people.yaml
`,
      rules: { "all.yaml": rules },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, crm: { hub: "77" } }\n`,
    },
    clock,
  );
  await syncEndpoints(bench.opened.corridor);
});
afterEach(async () => {
  await bench.close();
  await crm.close();
  await desk.close();
});

/** What the server does: the sweeper rings, and each ring is answered. Until nothing is rung for. */
const tellAll = async (): Promise<void> => {
  for (;;) {
    const rung: string[] = [];
    const ring = async (job: string, ids: readonly string[]) => {
      if (job === "tell") rung.push(...ids);
    };
    const corridor = { ...bench.opened.corridor, doorbell: { ...bench.opened.corridor.doorbell, ring } };
    await sweep(corridor);
    if (rung.length === 0) return;
    while (rung.length > 0) await Promise.all(rung.splice(0).map((id) => tell(corridor, id)));
  }
};
const win = async (deal: number, amount = "5000") => {
  await deliver(bench, "hub", won(deal, clock.now().getTime() - MINUTE, { amount }));
  await bench.drain();
  const row = await bench.opened.database.row<{ id: string }>(
    "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1",
    [String(deal)],
  );
  return row?.id ?? "";
};
const types = ({ received }: WebhookReceiver) => received.map(({ type }) => type);
const log = (endpoint = "crm") => outgoingLog(bench.opened.corridor, { endpoint, limit: 100 });

test("a reward's life is told in order, signed with both secrets, with ids and no names", async () => {
  const grant = await win(1);
  await fulfil(bench.opened.corridor, grant);
  clock.advance(MINUTE);
  await deliver(bench, "hub", [lost(1, clock.now().getTime())]);
  await bench.drain();
  await settleMark(bench.opened.corridor, grant);
  await tellAll();
  expect(types(crm)).toEqual(["grant.created", "grant.issued", "grant.reversed"]);
  expect(types(desk)).toEqual(["grant.issued"]);
  for (const { type, body, headers } of [...crm.received, ...desk.received]) {
    const parsed: unknown = JSON.parse(body);
    expect(parsed).toEqual({ type, timestamp: expect.stringMatching(/^\d{4}-.*Z$/), data: expect.anything() });
    outgoingEvents[type as OutgoingType].data.parse((parsed as { data: unknown }).data);
    const request = {
      method: "POST",
      url: "",
      rest: "",
      headers: headers as unknown as Record<string, string>,
      body: Buffer.from(body),
    };
    expect(signatureProblem(request, [SECRET], clock.now())).toBeNull();
  }
  const [created] = crm.received;
  expect(created?.data).toMatchObject({
    grant,
    state: "approved",
    before: null,
    rule: "win",
    value: { minor: 50, currency: "PTS" },
    milestone: { type: "deal.won", connection: "hub", kind: "deal", id: "1" },
    recipient: { kind: "rep", crm: [{ connection: "hub", kind: "user", id: "77" }] },
  });
  const both = {
    ...created?.headers,
    "webhook-signature": String(created?.headers["webhook-signature"]).split(" ")[1],
  };
  const old = {
    method: "POST",
    url: "",
    rest: "",
    headers: both as unknown as Record<string, string>,
    body: Buffer.from(created?.body ?? ""),
  };
  expect(signatureProblem(old, [OLDER], clock.now())).toBeNull();
  expect(crm.received.some(({ body }) => body.includes("giulia") || body.includes("Giulia"))).toBe(false);
  expect(desk.received[0]?.data).toMatchObject({ recipient: { email: "giulia@acme.example", name: "Giulia Bianchi" } });
  // one event, one id, whoever is told
  expect(desk.received[0]?.id).toBe(crm.received[1]?.id);
});

test("what is undone with its transaction is told to nobody; a shadow neither", async () => {
  await expect(
    bench.opened.database.transaction(async (tx) => {
      await tx.run(`insert into budget_alerts (budget, percent, amount_minor) values ('small', 50, 1)`);
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  await tellAll();
  expect(crm.received).toEqual([]);
});

test("of one grant the earlier is told first, also while it fails; other grants go on meanwhile", async () => {
  crm.next = [{ status: 500, text: "no luck for giulia@acme.example" }];
  const first = await win(1);
  await tellAll();
  await fulfil(bench.opened.corridor, first);
  const second = await win(2);
  await tellAll();
  expect(types(crm)).toEqual(["grant.created", "grant.created"]);
  expect(crm.received[1]?.data).toMatchObject({ grant: second });
  expect((await log()).map(({ type, state, tries }) => [type, state, tries])).toEqual([
    ["grant.created", "delivered", 1],
    ["grant.issued", "waiting", 0],
    ["grant.created", "waiting", 1],
  ]);
  expect((await log())[2]?.reason).toMatch(/^answered 500: no luck for (?!giulia)/);
  clock.advance(10_000);
  await tellAll();
  expect(crm.received.slice(2).map(({ type, data }) => [type, data.grant])).toEqual([
    ["grant.created", first],
    ["grant.issued", first],
  ]);
  expect(crm.received[2]?.id).toBe(crm.received[0]?.id);
  expect(crm.received[2]?.body).toBe(crm.received[0]?.body);
});

test.each([
  ["500", { status: 500 }],
  ["a redirect", { status: 302, headers: { location: "http://127.0.0.1:1/" } }],
  ["an answer that never came whole", { does: "reset" as const }],
])(
  "%s is tried again after the pauses that Standard Webhooks advises, then given up, and can be replayed",
  async (_, answer) => {
    crm.usual = answer;
    await win(1);
    await tellAll();
    // every other minute something else is taken, so that the endpoint is not thought down
    const { database } = bench.opened;
    for (const pause of [
      6_000,
      6 * MINUTE,
      36 * MINUTE,
      2.4 * HOUR,
      6 * HOUR,
      12 * HOUR,
      17 * HOUR,
      24 * HOUR,
      29 * HOUR,
    ]) {
      await database.run("update webhook_endpoints set failures = 0, failing_since = null");
      const before = crm.received.length;
      await tellAll();
      expect(crm.received.length).toBe(before);
      clock.advance(pause);
      await tellAll();
      expect(crm.received.length).toBe(before + 1);
    }
    expect(new Set(crm.received.map(({ id }) => id)).size).toBe(1);
    const [entry] = await log();
    expect(entry).toMatchObject({ state: "failed", tries: 10 });
    clock.advance(100 * HOUR);
    await tellAll();
    expect(crm.received.length).toBe(10);
    expect(bench.logged.some((line) => line.includes("not told") && line.includes("accolade webhooks replay"))).toBe(
      true,
    );

    crm.usual = { status: 200 };
    expect(await replayOutgoing(bench.opened.corridor, { ids: [entry?.id ?? 0] })).toBe(1);
    await tellAll();
    expect(crm.received.length).toBe(11);
    expect((await log())[0]).toMatchObject({ state: "delivered" });
  },
);

test("Retry-After is honoured, and nothing else is sent there meanwhile", async () => {
  crm.next = [{ status: 429, headers: { "retry-after": "600" } }];
  await win(1);
  await tellAll();
  await win(2);
  clock.advance(9 * MINUTE);
  await tellAll();
  expect(crm.received.length).toBe(1);
  clock.advance(2 * MINUTE);
  await tellAll();
  expect(crm.received.length).toBe(3);
});

test("410 switches the endpoint off: nothing more is sent, until it is enabled again", async () => {
  crm.usual = { status: 410 };
  const first = await win(1);
  await win(2);
  await tellAll();
  await fulfil(bench.opened.corridor, first);
  await win(3);
  clock.advance(48 * HOUR);
  await tellAll();
  expect(crm.received.length).toBeLessThanOrEqual(2);
  const { corridor } = bench.opened;
  expect((await listEndpoints(corridor))[0]).toMatchObject({ id: "crm", state: "disabled", waiting: 0 });
  expect(await testEndpoint(corridor, "crm")).toMatchObject({ ok: false });

  crm.usual = { status: 200 };
  const before = crm.received.length;
  await enableEndpoint(corridor, "crm");
  await replayOutgoing(corridor, { since: new Date(START), endpoint: "crm" });
  await win(4);
  await tellAll();
  expect(types(crm).slice(before).sort()).toEqual(["grant.created", "grant.created", "grant.created"]);
});

test("an endpoint that is down for long is paused with one alert, looked for each hour, and then gets everything", async () => {
  crm.usual = { status: 503 };
  for (let deal = 1; deal <= 6; deal++) await win(deal);
  await tellAll();
  clock.advance(61 * MINUTE);
  await tellAll();
  const { corridor } = bench.opened;
  expect((await listEndpoints(corridor))[0]).toMatchObject({
    state: "paused",
    waiting: 6,
    lastFailure: "answered 503",
  });
  const before = crm.received.length;
  for (let hour = 1; hour <= 40; hour++) {
    if (hour % 4 === 0) await win(100 + hour);
    clock.advance(61 * MINUTE);
    await tellAll();
  }
  // one look in an hour, whatever waits
  expect(crm.received.length - before).toBeLessThanOrEqual(41);
  expect(crm.received.length - before).toBeGreaterThan(30);
  expect(bench.logged.filter((line) => line.includes("endpoint paused")).length).toBe(1);
  expect(await log().then((rows) => rows.filter(({ state }) => state !== "waiting"))).toEqual([]);

  crm.usual = { status: 200 };
  crm.received.length = 0;
  clock.advance(61 * MINUTE);
  await tellAll();
  expect(crm.received.length).toBe(16);
  expect((await listEndpoints(corridor))[0]).toMatchObject({ state: "working", waiting: 0 });
  // the other endpoint never noticed
  expect((await listEndpoints(corridor))[1]).toMatchObject({ id: "desk", state: "working" });
}, 120_000);

test("a call whose process died is made again, with the same id", async () => {
  await win(1);
  const { database, corridor } = bench.opened;
  await database.run("update outgoing set state = 'sending', not_before = $1", [
    new Date(clock.now().getTime() + MINUTE),
  ]);
  await tellAll();
  expect(crm.received).toEqual([]);
  clock.advance(2 * MINUTE);
  await tellAll();
  expect(crm.received.length).toBe(1);
  const [row] = await log();
  await Promise.all([tell(corridor, String(row?.id)), tell(corridor, String(row?.id))]);
  expect(crm.received.length).toBe(1);
});

test("two workers that take the same row at once call once", async () => {
  await win(1);
  const [row] = await log();
  await Promise.all(Array.from({ length: 6 }, () => tell(bench.opened.corridor, String(row?.id))));
  expect(crm.received.length).toBe(1);
});

test("a budget that is low, and then empty, is told once each", async () => {
  await win(1, "9000");
  await tellAll();
  await win(2, "9001");
  await tellAll();
  await tellAll();
  expect(types(desk)).toEqual(["budget.low", "budget.empty"]);
  expect(desk.received[0]?.data).toEqual({
    budget: "small",
    percent: 50,
    amount: { minor: 10_000, currency: "EUR" },
    available: { minor: 4_000, currency: "EUR" },
  });
  expect(desk.received[1]?.data).toMatchObject({ budget: "small", percent: 60 });
  for (const { type, data } of desk.received) outgoingEvents[type as OutgoingType].data.parse(data);
});

test("who is forgotten is forgotten in what was told and waits to be told", async () => {
  desk.usual = { status: 500 };
  const grant = await win(1);
  await fulfil(bench.opened.corridor, grant);
  await tellAll();
  const [person] = await bench.opened.database.rows<{ recipient_id: string }>(
    "select recipient_id from recipient_ids where connection = 'hub' and crm_id = '77'",
  );
  await bench.opened.database.transaction((tx) => eraseRecipients(tx, [person?.recipient_id ?? ""], clock.now()));
  desk.usual = { status: 200 };
  clock.advance(MINUTE);
  await tellAll();
  expect(desk.received.at(-1)?.body).not.toMatch(/giulia/i);
  const rows = await bench.opened.database.rows<{ body: string }>("select body from outgoing");
  expect(rows.filter(({ body }) => /giulia/i.test(body))).toEqual([]);
});

describe("a test on request", () => {
  test("says what the endpoint answered, also of one that is paused, which then works again", async () => {
    const { corridor, database } = bench.opened;
    expect(await testEndpoint(corridor, "crm")).toEqual({ ok: true, status: 204 });
    expect(crm.received[0]).toMatchObject({ type: "endpoint.test", data: { endpoint: "crm" } });
    crm.usual = { status: 401, text: "who are you?" };
    expect(await testEndpoint(corridor, "crm")).toEqual({ ok: false, why: "answered 401: who are you?" });
    clock.advance(HOUR);
    await tellAll();
    expect(crm.received.length).toBe(2);
    await database.run("update webhook_endpoints set paused_at = $1, probe_at = $2", [
      clock.now(),
      new Date(clock.now().getTime() + HOUR),
    ]);
    crm.usual = { status: 200 };
    expect(await testEndpoint(corridor, "crm")).toEqual({ ok: true, status: 200 });
    expect((await listEndpoints(corridor))[0]).toMatchObject({ state: "working" });
  });
});

/** The kill switch: once it is committed nothing is ordered and nobody is told; afterwards everything goes on by itself. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { type PauseScope, pausedFor, pauseSending, resumeSending } from "../../src/pipeline/pause.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { senders } from "../journeys/senders.ts";
import { filesFor, startVendors, type Vendors } from "../journeys/workspaces.ts";
import { deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { runHere } from "../support/run-here.ts";
import { clockAt, eventually, openBench, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const TOKEN = "paolo-token-of-these-tests-only";
let vendors: Vendors;
let running: RunningWorkspace;

beforeAll(async () => {
  vendors = await startVendors();
  const files = filesFor(vendors, "meta", { ACCOLADE_SECRET_KEY: KEY });
  running = await startWorkspace({
    ...files,
    config: `${files.config.replace("timeoutMs: 2000", "timeoutMs: 1000, lookupAfterMs: 200")}
users: [{ email: paolo@acme.example, name: Paolo, roles: [admin], token: ${TOKEN} }]
`,
  });
}, 60_000);
afterAll(async () => {
  await running?.stop();
  await vendors?.close();
}, 60_000);
afterEach(async () => {
  vendors.tremendous.faults.afterAccept = undefined;
  await resume();
});

const database = () => running.server.opened.database;
const pause = (scope: PauseScope = "all", why = "a price is wrong") =>
  database().transaction((tx) => pauseSending(tx, { scope, since: new Date(), by: "anna", why }));
const resume = () => database().transaction((tx) => resumeSending(tx, { by: "anna", at: new Date() }));
const accolade = (...args: string[]) =>
  runHere(args, running.folder, { DATABASE_URL: running.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY });

let deals = 900;
const win = async (channel: "email" | "sms"): Promise<string> => {
  const id = String(++deals);
  const request = senders.shop?.({ id, name: `${channel} ${id}`, amount: 9_000 }, vendors);
  const answer = await fetch(running.door + request?.path, {
    method: "POST",
    headers: request?.headers ?? {},
    body: request?.body ?? "",
  });
  expect(answer.status).toBeLessThan(300);
  return id;
};

interface Seen {
  id: string;
  state: string;
  waiting: string | null;
  messages: string[];
}
const grantOf = (deal: string) =>
  database().row<Seen>(
    `select g.id, g.state, g.waiting,
       array(select channel || ' ' || state || coalesce(': ' || reason, '') from messages where grant_id = g.id order by created_at, id) as messages
     from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1`,
    [deal],
  );
const grantWhen = (deal: string, what: string, holds: (grant: Seen) => boolean) =>
  eventually(`deal ${deal}: ${what}`, async () => {
    const grant = await grantOf(deal);
    return grant && holds(grant) ? grant : undefined;
  });
const told = (deal: string) => grantWhen(deal, "is told", ({ messages }) => / sent$/.test(messages.at(-1) ?? ""));

test("a pause by API: no order reaches the vendor until it is ended, and then one", async () => {
  const call = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${running.door}/api/v1${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  };
  expect(await call("/pause", { what: "all", why: "the API says so" })).toMatchObject({ status: 200 });
  const orders = vendors.tremendous.orders.length;
  const deal = await win("email");
  const waiting = await grantWhen(deal, "waits for the pause", (grant) => grant.waiting !== null);
  expect(waiting.waiting).toContain("by paolo@acme.example: the API says so");
  expect(vendors.tremendous.orders.length).toBe(orders);
  expect(await call("/resume", {})).toMatchObject({ status: 200, body: { resumed: [{ scope: "all" }] } });
  await told(deal);
  expect(vendors.tremendous.orders.length).toBe(orders + 1);
});

test("accolade pause and resume: decided meanwhile, ordered and told afterwards, once each", async () => {
  const paused = await accolade("pause", "--why", "a price is wrong");
  expect([paused.code, paused.stderr]).toEqual([0, ""]);
  expect(paused.stdout).toMatch(/^Paused: everything\./);
  const before = { orders: vendors.tremendous.orders.length, mails: vendors.smtp.received.length };
  const deal = await win("email");
  const waiting = await grantWhen(deal, "waits for the pause", (grant) => grant.waiting !== null);
  expect(waiting).toMatchObject({ state: "approved", messages: [] });
  expect(waiting.waiting).toMatch(
    /^paused since \d{4}-.* UTC by .+: a price is wrong; `accolade resume` lets it go on$/,
  );

  expect((await accolade("pause")).stdout).toMatch(/^It is paused already: paused since .*a price is wrong/);
  const doctor = JSON.parse((await accolade("doctor", "--json")).stdout);
  const money = doctor.sections.find(({ title }: { title: string }) => title === "Money");
  expect(money.lines[0]).toMatchObject({
    status: "bad",
    what: "sending",
    found: expect.stringContaining("a price is wrong"),
  });
  expect(vendors.tremendous.orders).toHaveLength(before.orders);

  expect((await accolade("resume")).stdout).toBe("Goes on: everything.\n");
  expect(await told(deal)).toMatchObject({ state: "issued", waiting: null });
  expect(vendors.tremendous.orders).toHaveLength(before.orders + 1);
  expect(vendors.smtp.received).toHaveLength(before.mails + 1);
  expect((await accolade("resume")).stdout).toBe("Nothing was paused.\n");
  expect(
    running.logged.filter((line) => line.includes('"sending paused"') && line.includes("a price is wrong")),
  ).toHaveLength(1);
}, 60_000);

test("one channel: rewards are ordered, and only its messages wait", async () => {
  await pause("channel:email");
  const mails = vendors.smtp.received.length;
  const [byMail, bySms] = [await win("email"), await win("sms")];
  const waiting = await grantWhen(byMail, "has a message that waits", ({ messages }) =>
    /paused/.test(messages[0] ?? ""),
  );
  expect(waiting).toMatchObject({ state: "issued", waiting: null });
  expect(waiting.messages[0]).toMatch(/^email queued: paused \(channel email\) since .* by anna: a price is wrong/);
  await told(bySms);
  expect(vendors.smtp.received).toHaveLength(mails);
  await resume();
  await told(byMail);
  expect(vendors.smtp.received).toHaveLength(mails + 1);
});

test("one provider: the others go on", async () => {
  await pause("provider:cards");
  const orders = vendors.tremendous.orders.length;
  const [byCard, points] = [await win("email"), await win("sms")];
  await grantWhen(byCard, "waits", (grant) => /^paused \(provider cards\)/.test(grant.waiting ?? ""));
  await told(points);
  expect(vendors.tremendous.orders).toHaveLength(orders);
  await resume();
  await told(byCard);
  expect(vendors.tremendous.orders).toHaveLength(orders + 1);
});

test("paused while an order of unknown outcome is out: not looked up, not sent again, found by its key afterwards", async () => {
  vendors.tremendous.faults.afterAccept = "reset";
  const orders = vendors.tremendous.orders.length;
  const deal = await win("email");
  await grantWhen(deal, "is unknown", ({ state }) => state === "unknown");
  await pause();
  vendors.tremendous.faults.afterAccept = undefined;
  await grantWhen(deal, "waits", ({ waiting }) => waiting?.startsWith("paused") ?? false);
  const asked = vendors.tremendous.requests.length;
  expect(await grantOf(deal)).toMatchObject({ state: "unknown" });
  await resume();
  await told(deal);
  expect(vendors.tremendous.orders).toHaveLength(orders + 1);
  expect(vendors.tremendous.requests.length).toBeGreaterThan(asked);
});

test("paused while orders are being started: those that had begun finish, and none begins once the pause is committed", async () => {
  await pause("provider:cards");
  const won = await Promise.all(Array.from({ length: 12 }, () => win("email")));
  const waiting = await Promise.all(won.map((deal) => grantWhen(deal, "waits", (grant) => grant.waiting !== null)));
  await resume();
  const orders = vendors.tremendous.orders.length;
  const starting = waiting.map(async ({ id }) => {
    await database().run("update grants set not_before = now() where id = $1 and state = 'approved'", [id]);
    await fulfil(running.server.opened.corridor, id);
  });
  await starting[0];
  await pause("provider:cards");
  // what was started is a row by now, and nothing else may become one
  const begun = () =>
    database().row<{ n: number }>(
      "select count(*)::int as n from attempts where what = 'order' and grant_id = any ($1)",
      [waiting.map(({ id }) => id)],
    );
  const atPause = (await begun())?.n ?? -1;
  await Promise.all(starting);
  expect((await begun())?.n).toBe(atPause);
  expect(vendors.tremendous.orders).toHaveLength(orders + atPause);
  await resume();
  await Promise.all(won.map(told));
  expect(vendors.tremendous.orders).toHaveLength(orders + 12);
}, 60_000);

test("a pause waits for a call that is just being started, and the next one waits for the pause", async () => {
  const seen: string[] = [];
  let pausing: Promise<unknown> | undefined;
  let asking: Promise<unknown> | undefined;
  await database().transaction(async (tx) => {
    expect(await pausedFor(tx, "provider:cards")).toBeUndefined();
    pausing = pause().then(() => seen.push("paused"));
    await blocked(1);
    const asked = database().transaction((other) => pausedFor(other, "provider:cards"));
    asking = asked.then((why) => seen.push(why?.words.slice(0, 12) ?? "may start"));
    await blocked(2);
    seen.push("started");
  });
  await Promise.all([pausing, asking]);
  expect(seen[0]).toBe("started");
  expect(seen.slice(1).sort()).toEqual(["paused", "paused since"]);
});
/** Until this many wait for the lock of pauses. */
const blocked = (n: number) =>
  eventually(`${n} to wait`, async () => {
    const row = await database().row<{ n: number }>(
      "select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
    );
    return (row?.n ?? 0) >= n;
  });

test("paused between a look-up that found nothing and the order that would follow: none is sent", async () => {
  const clock = clockAt(new Date().toISOString());
  const bench = await openBench(filesFor(vendors, "meta"), clock);
  try {
    const { corridor } = bench.opened;
    const change = (propertyName: string, propertyValue: string) =>
      hubspotEvent({
        subscriptionType: "deal.propertyChange",
        objectId: 7,
        occurredAt: clock.now().getTime(),
        propertyName,
        propertyValue,
      });
    const won = [change("dealname", "email 7"), change("hubspot_owner_id", "77"), change("dealstage", "closedwon")];
    await deliver(bench, "hub-plain", won);
    await bench.drain();
    const seen = () =>
      corridor.database.row<{ id: string; state: string; waiting: string | null }>(
        "select id, state, waiting from grants",
      );
    const id = (await seen())?.id ?? "";

    vendors.tremendous.faults.instead = { to: "POST /orders", status: 500 };
    await fulfil(corridor, id);
    vendors.tremendous.faults.instead = undefined;
    expect(await seen()).toMatchObject({ state: "unknown" });

    const cards = corridor.providers.get("cards");
    if (!cards) throw new Error("no provider");
    const lookup: typeof cards.provider.lookup = async (...asked) => {
      const found = await cards.provider.lookup(...asked);
      expect(found).toEqual({ found: false });
      await corridor.database.transaction((tx) =>
        pauseSending(tx, { scope: "all", since: clock.now(), by: "anna", why: "wait" }),
      );
      return found;
    };
    const providers = new Map([["cards", { ...cards, provider: { ...cards.provider, lookup } }]]);
    const orders = vendors.tremendous.orders.length;
    clock.advance(600_000);
    await fulfil({ ...corridor, providers }, id);
    expect(await seen()).toMatchObject({
      state: "unknown",
      waiting: expect.stringMatching(/^paused since .* by anna: wait/),
    });
    expect(vendors.tremendous.orders).toHaveLength(orders);

    await corridor.database.transaction((tx) => resumeSending(tx, { by: "anna", at: clock.now() }));
    await sweep(corridor);
    await fulfil(corridor, id);
    expect(await seen()).toMatchObject({ state: "issued", waiting: null });
    expect(vendors.tremendous.orders).toHaveLength(orders + 1);
  } finally {
    await bench.close();
  }
});

test("what is not set up cannot be paused", async () => {
  const { code, stderr } = await accolade("pause", "--what", "provider", "card");
  expect(code).toBe(1);
  expect(stderr).toBe(
    "--what: found `provider card`, expected one of all, provider points, provider codes, provider cards, channel email, channel sms, channel whatsapp, sender smtp, sender twilio, sender meta\n",
  );
});

test("pauses are history: nobody changes or deletes one", async () => {
  await pause();
  await resume();
  for (const statement of [
    "update pauses set why = 'nothing'",
    "update pauses set resumed_at = now()",
    "update pauses set resumed_at = null, resumed_by = null where resumed_at is not null",
    "delete from pauses",
    "truncate pauses",
  ])
    await expect(database().run(statement)).rejects.toThrow(/append only/);
});

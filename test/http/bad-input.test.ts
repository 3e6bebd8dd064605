/** What a stranger, a broken sender or an impatient CRM sends to the real server, and what it gets. */
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { senders } from "../journeys/senders.ts";
import { filesFor, SECRET_PATH, startVendors, type Vendors } from "../journeys/workspaces.ts";
import { CLIENT_SECRET, hubspotEvent } from "../support/hubspot-door.ts";
import { sign } from "../support/sign-hubspot.ts";
import { eventually, PUBLIC_URL, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

let vendors: Vendors;
let running: RunningWorkspace;
beforeAll(async () => {
  vendors = await startVendors();
  running = await startWorkspace(filesFor(vendors, "meta"));
}, 60_000);
afterAll(async () => {
  await running?.stop();
  await vendors?.close();
}, 60_000);

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(running.door + path, { method: "POST", body, headers });
const signed = (body: string | Buffer, options: { now?: Date; secret?: string; path?: string } = {}) =>
  sign(
    {
      method: "POST",
      url: PUBLIC_URL + (options.path ?? "/webhooks/hub-plain"),
      rest: "",
      body,
      now: options.now ?? new Date(),
    },
    { clientSecret: options.secret ?? CLIENT_SECRET, signatures: ["v3"] },
  );
const stored = async () =>
  (await running.server.opened.database.row<{ n: number }>("select count(*)::int as n from inbox"))?.n ?? 0;
const doctype = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`;
const good = JSON.stringify([hubspotEvent({ subscriptionType: "deal.restore", objectId: 1, occurredAt: Date.now() })]);

const refusals: { what: string; status: number; send: () => Promise<Response> }[] = [
  { what: "an unknown connection", status: 404, send: () => post("/webhooks/nobody", good, signed(good)) },
  {
    what: "no signature",
    status: 401,
    send: () => post("/webhooks/hub-plain", good, { "content-type": "application/json" }),
  },
  {
    what: "a signature by another secret",
    status: 401,
    send: () => post("/webhooks/hub-plain", good, signed(good, { secret: "another" })),
  },
  {
    what: "a stale signature",
    status: 401,
    send: () => post("/webhooks/hub-plain", good, signed(good, { now: new Date(Date.now() - 301_000) })),
  },
  {
    what: "a changed byte",
    status: 401,
    send: () => post("/webhooks/hub-plain", good.replace("deal", "Deal"), signed(good)),
  },
  {
    what: "a body over the limit",
    status: 413,
    send: () => post("/webhooks/hub-plain", randomBytes(6_000_000), { "content-type": "application/json" }),
  },
  {
    what: "a bomb behind gzip",
    status: 413,
    send: () => post("/webhooks/hub-plain", gzipSync(Buffer.alloc(50_000_000)), { "content-encoding": "gzip" }),
  },
  { what: "no JSON", status: 400, send: () => post("/webhooks/hub-plain", "{not json", signed("{not json")) },
  {
    what: "deep nesting",
    status: 400,
    send: () =>
      post("/webhooks/hub-plain", "[".repeat(5_000) + "]".repeat(5_000), signed("[".repeat(5_000) + "]".repeat(5_000))),
  },
  {
    what: "no XML",
    status: 400,
    send: () => post(`/webhooks/sf-plain/${SECRET_PATH}`, "hello", { "content-type": "text/xml" }),
  },
  {
    what: "a DTD",
    status: 400,
    send: () => post(`/webhooks/sf-plain/${SECRET_PATH}`, doctype, { "content-type": "text/xml" }),
  },
  {
    what: "a wrong secret path",
    status: 404,
    send: () => post("/webhooks/sf-plain/guessed-path-0123456789-0123456789", "<a/>", { "content-type": "text/xml" }),
  },
];

test.each(refusals)("$what: $status, a short reason, nothing stored, counted", async ({ status, send }) => {
  const before = await stored();
  const answer = await send();
  expect(answer.status).toBe(status);
  const text = await answer.text();
  expect(text.length).toBeLessThan(80);
  expect(text).not.toMatch(/secret|stack|signature of|at \w+ \(/i);
  expect(await stored()).toBe(before);
});

test("refusals are counted in /metrics, and logged without the sender's bytes", async () => {
  const metrics = await (await fetch(`${running.door}/metrics`)).text();
  expect(metrics).toMatch(/accolade_webhooks_total\{connection="hub-plain",outcome="\w+"\} \d+/);
  expect(running.logged.join("")).not.toContain("{not json");
});

test("one bad event in a batch of 100: the others go on, the bad one is parked with its reason and can be sent again", async () => {
  const events = Array.from({ length: 100 }, (_, index) =>
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId: index === 41 ? "no number" : 5_000 + index,
      occurredAt: Date.now(),
      propertyName: "dealname",
      propertyValue: `Deal ${index}`,
    }),
  );
  const body = JSON.stringify(events);
  expect((await post("/webhooks/hub-plain", body, signed(body))).status).toBe(202);
  const { database } = running.server.opened;
  const counts = () =>
    database.row<{ decided: number; parked: number; reason: string | null }>(
      `select count(*) filter (where state = 'decided')::int as decided, count(*) filter (where state = 'parked')::int as parked,
         min(reason) filter (where state = 'parked') as reason
       from events where connection = 'hub-plain' and (subject_id like '50__' or state = 'parked')`,
    );
  const seen = await eventually("99 decided", async () => {
    const row = await counts();
    return row?.decided === 99 && row;
  });
  expect(seen.parked).toBe(1);
  expect(seen.reason).toMatch(/^\[41\]\.objectId: found .*, expected /);

  const { replay } = await import("../../src/pipeline/replay.ts");
  expect(await replay(running.server.opened.corridor, "parked")).toEqual({ deliveries: 1, events: 0, windows: 0 });
  running.server.pump.wake();
  await eventually("parked again, and nothing decided twice", async () => {
    const row = await counts();
    return row?.decided === 99 && row.parked === 1;
  });
});

test("the same delivery forty times at once: one set of grants", async () => {
  const request = senders["hub-plain"]?.({ id: "7777", name: "sms once", amount: 9_000 }, vendors);
  if (!request) throw new Error("no sender");
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => post(request.path, request.body, request.headers)),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
  await eventually("the message", async () =>
    vendors.twilio.messages.some((message) => message.form.Body?.includes("sms once")),
  );
  await eventually("the rest to be worked off", async () => {
    const row = await running.server.opened.database.row<{ n: number }>(
      "select count(*)::int as n from inbox where state = 'received'",
    );
    return row?.n === 0;
  });
  const grants = await running.server.opened.database.rows(
    "select from grants g join milestones m on m.id = g.milestone_id where m.subject_id = '7777'",
  );
  expect(grants).toHaveLength(1);
  expect(vendors.twilio.messages.filter((message) => message.form.Body?.includes("sms once"))).toHaveLength(1);
});

/** What a signed sender may still put into a delivery: our own CRM, in the hands of somebody else. docs/security.md has a row for each test here. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { connectorById } from "../../connectors/index.ts";
import { sign as signHubspot } from "../support/sign-hubspot.ts";
import { sign as signWebhook } from "../support/sign-webhook.ts";
import { type Bench, clockAt, openBench, PUBLIC_URL } from "../support/workspace.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRET_PATH = "sample_path_secret_0123456789";
const CLIENT_SECRET = "3f1b2c4d-0000-4000-8000-1a2b3c4d5e6f";
const clock = clockAt("2026-11-23T09:30:00Z");

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `
connections:
  shop: { connector: webhook, secret: ${SECRET} }
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
  sf: { connector: salesforce, orgId: 00Dxx0000001gEREAY, secretPath: ${SECRET_PATH}, calloutSecret: ${SECRET} }
providers:
  points: { provider: points }
channels:
  email: { sender: outbox }
people: people.yaml
`,
      rules: {
        "rules.yaml": `
rewards:
  - { id: points, title: Points, provider: points, value: 30 points }
  - { id: cash, title: Cash, provider: points }
rules:
  - { id: any, title: Won, on: deal.won, reward: { to: owner, give: points }, from: 2026-01-01 }
  - { id: share, title: A share, on: deal.won, where: [deal.amount > 0], reward: { to: owner, give: cash, value: { expression: deal.amount * 0.01, currency: PTS, cap: 500 points } }, from: 2026-01-01 }
`,
      },
      people: `people:\n  - { name: Giulia, email: giulia@acme.example, crm: { shop: "7", hub: "7", sf: 005xx000001SvkBAAS } }\n`,
    },
    clock,
  );
});
afterAll(() => bench?.close());

const post = async (connection: string, rest: string, body: string | Buffer, headers: Record<string, string>) =>
  bench.accept(connection, {
    method: "POST",
    url: `${PUBLIC_URL}/webhooks/${connection}${rest && `/${rest}`}`,
    rest,
    headers,
    body: Buffer.from(body),
  });
const shop = (body: string) =>
  post(
    "shop",
    "",
    body,
    signWebhook({ method: "POST", url: "", rest: "", body, now: clock.now() }, { secret: SECRET }),
  );
const callout = (body: string) =>
  post(
    "sf",
    "callout",
    body,
    signWebhook({ method: "POST", url: "", rest: "", body, now: clock.now() }, { secret: SECRET }),
  );
const hub = (body: string) =>
  post(
    "hub",
    "",
    body,
    signHubspot(
      { method: "POST", url: `${PUBLIC_URL}/webhooks/hub`, rest: "", body, now: clock.now() },
      { clientSecret: CLIENT_SECRET, signatures: ["v3"] },
    ),
  );
const xml = (body: string) => post("sf", SECRET_PATH, body, { "content-type": "text/xml" });

const won = (id: string, record: string, more = "") =>
  `{"type":"deal.won","subject":{"kind":"deal","id":"${id}"},"occurredAt":"2026-11-23T09:00:00Z","record":{"name":"x","amount":1000,"owner":"7"${record}}${more}}`;
const grants = async (deal: string) =>
  (
    await bench.opened.database.rows<{ rule: string; value: number }>(
      `select g.rule_id as rule, g.value_minor as value from grants g join milestones m on m.id = g.milestone_id
       where m.subject_id = $1 order by 1`,
      [deal],
    )
  ).map(({ rule, value }) => `${rule} ${value}`);
const parked = async () =>
  (
    await bench.opened.database.row<{ n: number }>(
      `select (select count(*) from events where state = 'parked')::int + (select count(*) from inbox where state = 'parked')::int as n`,
    )
  )?.n;

test("names that mean something to JavaScript are fields like others", async () => {
  const before = await parked();
  for (const [at, field] of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"].entries()) {
    const id = `proto${at}`;
    expect(await shop(won(id, `,"${field}":"polluted"`))).toMatchObject({ status: 202 });
    expect(await shop(won(`${id}b`, `,"fields":null`, `,"${field}":{"polluted":true}`))).toMatchObject({ status: 202 });
    await bench.drain();
    expect(await grants(id)).toEqual(["any 30", "share 10"]);
  }
  const property = { propertyName: "__proto__", propertyValue: "polluted" };
  const event = {
    eventId: 1,
    subscriptionId: 7,
    portalId: 62_515,
    appId: 1,
    objectId: 1,
    occurredAt: 1_700_000_000_000,
  };
  const body = JSON.stringify([{ ...event, subscriptionType: "deal.propertyChange", ...property }]);
  expect(await hub(body)).toMatchObject({ status: expect.any(Number) });
  await bench.drain();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  // a key beside those of an event is said to be unknown, and set aside with its reason
  expect(await parked()).toBeGreaterThan(before ?? 0);
});

test("a text that PostgreSQL cannot keep costs that text, and not the rewards of its delivery", async () => {
  const before = await parked();
  for (const [at, name] of ["\\u0000", "a\\ud800b", "\\udc00"].entries()) {
    const bad = won(`nul${at}`, `,"name":"${name}","note":"${name}"`);
    const good = won(`beside${at}`, "");
    expect(await shop(`{"events":[${bad},${good}]}`)).toMatchObject({ status: 202 });
    await bench.drain();
    expect(await grants(`beside${at}`)).toEqual(["any 30", "share 10"]);
    expect(await grants(`nul${at}`)).toEqual(["any 30", "share 10"]);
  }
  expect(await parked()).toBe(before);
});

test("a number beyond all measure is no money", async () => {
  for (const [at, amount] of ["1e308", "-1e308", "1e400", `1${"0".repeat(400)}`, '"9e99"', "1e-400"].entries()) {
    const id = `big${at}`;
    await shop(won(id, `,"amount":${amount}`));
    await bench.drain();
    for (const grant of await grants(id)) expect(["any 30", "share 500"]).toContain(grant);
  }
  // and those behind them go on
  await shop(won("after-big", ""));
  await bench.drain();
  expect(await grants("after-big")).toEqual(["any 30", "share 10"]);
  const faults = await bench.opened.database.rows("select from grants where value_minor < 0 or value_minor > 50000");
  expect(faults).toEqual([]);
});

test("nesting beyond any use is refused, or set aside with its reason, by every connector", async () => {
  for (const depth of [50, 50_000]) {
    const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const nested = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    for (const body of [deep, nested, won("deep", `,"x":${deep}`), `{"orgId":"00Dxx0000001gER","fields":${nested}}`]) {
      for (const send of [shop, callout, hub]) expect(await send(body)).toMatchObject({ refused: 400 });
    }
    const tags = `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;
    expect(await xml(tags)).toMatchObject({ refused: 400 });
  }
});

test("entities of XML are not taken: none is unfolded, none reads a file, none calls anybody", async () => {
  const laughs = Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join("");
  const message = (doctype: string, text: string) =>
    `<?xml version="1.0"?>${doctype}<Envelope><Body><notifications><OrganizationId>00Dxx0000001gEREAY</OrganizationId><Notification><Id>04lxx</Id><sObject xsi:type="sf:Opportunity"><Id>006xx</Id><Name>${text}</Name></sObject></Notification></notifications></Body></Envelope>`;
  const started = performance.now();
  for (const [doctype, text] of [
    [`<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]>`, "&l10;"],
    [`<!DOCTYPE x [<!ENTITY l0 SYSTEM "file:///etc/passwd">]>`, "&l0;"],
    [`<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">`, ""],
    [`<!doctype x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]>`, ""],
    [`<!ENTITY l0 "ha">`, "&l0;"],
  ] as const)
    expect(await xml(message(doctype, text))).toMatchObject({ refused: 400 });
  expect(performance.now() - started).toBeLessThan(2_000);
});

/** Processor time, which a busy machine does not change much. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

test("a large delivery that was made to be slow is judged in seconds", () => {
  const salesforce = connectorById("salesforce")?.open("sf", { orgId: "00Dxx0000001gEREAY", secretPath: SECRET_PATH });
  const hubspot = connectorById("hubspot")?.open("hub", { clientSecret: CLIENT_SECRET });
  if (!salesforce || !hubspot || "problems" in salesforce || "problems" in hubspot) throw new Error("not opened");
  const MOST = 2_000_000;
  // what grows with the square of the length takes minutes at this one
  const SECONDS_MS = 15_000;
  const fill = (piece: string) => piece.repeat(Math.floor(MOST / piece.length));
  const envelope = (inside: string) =>
    `<Envelope><Body><notifications><OrganizationId>00Dxx0000001gEREAY</OrganizationId>${inside}</notifications></Body></Envelope>`;
  const slow = [
    fill("<"),
    fill("<a "),
    fill("<!--"),
    fill("<![CDATA["),
    fill("&amp;"),
    `<a ${fill('b="c" ')}/>`,
    `<a b="${fill("x")}"/>`,
    fill("<a/>"),
    `${fill("<a>").slice(0, 3_000_000)}`,
    envelope(fill("<SessionId>")),
    envelope(`<SessionId>${fill("<SessionId >")}`),
    envelope(`<SessionId>secret</SessionId>${fill("<SessionId x")}`),
    envelope(`<SessionId>secret</SessionId><Notification/><x><![CDATA[${"<SessionId>".repeat(20_000)}]]></x>`),
    fill("<?a "),
    `<a>${fill("]]>")}</a>`,
  ];
  for (const body of slow) {
    const started = cpuMs();
    salesforce.connection.verify(
      { method: "POST", url: "", rest: SECRET_PATH, headers: {}, body: Buffer.from(body) },
      clock.now(),
    );
    expect([body.slice(0, 30), cpuMs() - started < SECONDS_MS]).toEqual([body.slice(0, 30), true]);
  }
  const url = `${PUBLIC_URL}/webhooks/hub`;
  for (const body of [
    fill('"\\'),
    `[${fill("1,")}1]`,
    `{${fill('"a":1,')}"a":1}`,
    `[${fill("{},")}{}]`,
    `"${fill("é")}`,
  ]) {
    const headers = signHubspot(
      { method: "POST", url, rest: "", body, now: clock.now() },
      { clientSecret: CLIENT_SECRET, signatures: ["v3"] },
    );
    const started = cpuMs();
    const answer = hubspot.connection.verify(
      { method: "POST", url, rest: "", headers, body: Buffer.from(body) },
      clock.now(),
    );
    if (!("refused" in answer))
      hubspot.connection.unpack({
        connection: "hub",
        format: answer.format,
        body: answer.body,
        receivedAt: clock.now(),
      });
    expect([body.slice(0, 30), cpuMs() - started < SECONDS_MS]).toEqual([body.slice(0, 30), true]);
  }
}, 120_000);

/** Events from any other system: their signature, our shape, and foreign shapes through a map. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import type { RawRequest, Unpacked } from "../../connectors/connector.ts";
import { webhook } from "../../connectors/webhook/index.ts";
import { derivedMilestones, postedMilestones, recordKinds } from "../../src/events.ts";

const now = new Date("2026-11-23T09:30:00.000Z");
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const settings = webhook.settings.parse({ secret });

const request = (body: string | Buffer, headers: RawRequest["headers"], rest = ""): RawRequest => ({
  method: "POST",
  url: "https://accolade.example/webhooks/acme",
  rest,
  headers,
  body: Buffer.from(body),
});
const signed = (body: string, by = secret, at = now, rest = "") =>
  request(
    body,
    {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(by).sign("msg_1", at, body),
    },
    rest,
  );
const unpack = (body: unknown, chosen = settings, receivedAt = now): Unpacked[] => {
  const answer = webhook.verify(signed(JSON.stringify(body)), chosen, now);
  if ("refused" in answer) throw new Error(`refused: ${answer.reason}`);
  return webhook.unpack({ connection: "acme", format: answer.format, body: answer.body, receivedAt }, chosen);
};
const event = { type: "deal.won", subject: { kind: "deal", id: "d-1" }, occurredAt: "2026-11-23T09:00:00Z" };
const factsOf = (part: Unpacked | undefined): Record<string, unknown> => {
  if (!part || !("event" in part)) throw new Error(`no event: ${JSON.stringify(part)}`);
  return Object.fromEntries(part.event.facts.map((fact) => [fact.field, fact.value]));
};
const said = (change: object) => factsOf(unpack({ ...event, ...change })[0]);
const parked = (change: object) => {
  const [part] = unpack({ ...event, ...change });
  return part && "bad" in part ? part.bad : part;
};

describe("the signature", () => {
  // the vector of the specification's own JavaScript library
  const at = new Date(1614265330_000);
  const body = '{"test": 2432232314}';
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const verify = (change: object = {}, content: string | Buffer = body, when = at) =>
    webhook.verify(request(content, { ...headers, ...change }), settings, when);

  test("of the specification's example is right", () => expect(verify()).toHaveProperty("format", "events"));

  test("fails with any one byte of the body changed", () => {
    for (let i = 0; i < body.length; i++) {
      const changed = Buffer.from(body);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(verify({}, changed)).toEqual({ refused: 401, reason: "signature-wrong" });
    }
  });

  test("fails with any one character of itself, the id or the time changed", () => {
    for (const [name, value] of Object.entries(headers)) {
      for (let i = 0; i < value.length; i++) {
        const other = value[i] === "2" ? "3" : "2";
        expect(verify({ [name]: value.slice(0, i) + other + value.slice(i + 1) })).toHaveProperty("refused", 401);
      }
    }
  });

  test("may stand beside others, of older secrets or other kinds", () => {
    const other = "v1,bm9ldHUobm9ldHUobm9ldHUobm9ldHUobm9ldHUoISE=";
    const list = `v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== ${other} ${headers["webhook-signature"]}`;
    expect(verify({ "webhook-signature": list })).toHaveProperty("format");
    expect(verify({ "webhook-signature": other })).toHaveProperty("refused", 401);
    expect(verify({ "webhook-signature": headers["webhook-signature"].replace("v1,", "v1a,") })).toHaveProperty(
      "refused",
      401,
    );
    expect(verify({ "webhook-signature": headers["webhook-signature"].replace("v1,", "") })).toHaveProperty(
      "refused",
      401,
    );
  });

  test("holds for five minutes, before and after", () => {
    const shifted = (seconds: number) => verify({}, body, new Date(at.getTime() + seconds * 1000));
    expect(shifted(300)).toHaveProperty("format");
    expect(shifted(-300)).toHaveProperty("format");
    expect(shifted(301)).toEqual({ refused: 401, reason: "timestamp-stale" });
    expect(shifted(-301)).toEqual({ refused: 401, reason: "timestamp-stale" });
    for (const time of ["1614265330.0", "0x6037bd32", "1e9", " 1614265330", "", "NaN", "9".repeat(400)]) {
      expect(verify({ "webhook-timestamp": time })).toHaveProperty("refused", 401);
    }
  });

  test("is taken by the newer and the older secret while they change", () => {
    const both = webhook.settings.parse({ secret: ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", secret] });
    for (const by of ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", secret]) {
      expect(webhook.verify(signed(JSON.stringify(event), by), both, now)).toHaveProperty("format");
    }
  });

  test("agrees with the package that senders use, for any text", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (record) => {
        const text = JSON.stringify({ ...event, record });
        expect(webhook.verify(signed(text), settings, now)).toHaveProperty("format");
      }),
      { numRuns: 50 },
    );
  });

  test("is asked for before the body or anything else is judged", () => {
    expect(webhook.verify(request("not JSON", {}), settings, now)).toEqual({
      refused: 401,
      reason: "signature-missing",
    });
    expect(webhook.verify(signed(JSON.stringify(event), secret, now, "more"), settings, now)).toHaveProperty(
      "refused",
      404,
    );
  });
});

describe("the body", () => {
  const judged = (body: string) => webhook.verify(signed(body), settings, now);
  const nested = (depth: number) =>
    JSON.stringify({ ...event, details: JSON.parse("[".repeat(depth) + "]".repeat(depth)) });

  test.each([
    ["not JSON", "hello"],
    ["text", '"hello"'],
    ["nothing", ""],
    ["null", "null"],
    ["events that are no list", '{"events":{}}'],
    ["more than 100 events", JSON.stringify({ events: Array.from({ length: 101 }, () => event) })],
    ["deep nesting", nested(20)],
    ["nesting without end", "[".repeat(100_000)],
  ])("is refused where it is %s", (_, body) =>
    expect(judged(body)).toEqual({ refused: 400, reason: "body-not-events" }),
  );

  test("is taken with 100 events, with none, and nested 20 deep", () => {
    expect(unpack({ events: Array.from({ length: 100 }, (_, i) => ({ ...event, key: `k${i}` })) })).toHaveLength(100);
    expect(unpack({ events: [] })).toEqual([]);
    expect(judged(nested(19))).toHaveProperty("format");
  });
});

describe("our own shape", () => {
  test.each([
    ["deal.won", { status: "won" }],
    ["deal.lost", { status: "lost" }],
    ["deal.reopened", { status: "open" }],
    ["deal.created", { exists: true, created_at: "2026-11-23T09:00:00.000Z" }],
    ["deal.deleted", { exists: false }],
    ["deal.restored", { exists: true }],
    ["deal.changed", {}],
    ["contact.subscribed", { subscribed: true }],
    ["contact.unsubscribed", { subscribed: false }],
    ["contact.erased", { erased: true }],
    ["lead.converted", { converted: true }],
    ["company.restored", { exists: true }],
    ["survey.answered", { "happened:survey.answered": "k-1" }],
    ["lead.qualified", { "happened:lead.qualified": "k-1" }],
    ["custom.webinar_attended", { "happened:custom.webinar_attended": "k-1" }],
  ])("%s says %j", (type, facts) => {
    const kind = recordKinds.find((one) => type.startsWith(one)) ?? "contact";
    expect(said({ type, subject: { kind, id: 7 }, key: "k-1" })).toEqual(facts);
  });

  test("takes every type that rules can listen to", () => {
    for (const type of [...derivedMilestones, ...postedMilestones]) {
      const kind = recordKinds.find((one) => type.startsWith(`${one}.`)) ?? "deal";
      const record = type.endsWith(".merged") ? { merged_into: "x" } : {};
      expect(unpack({ ...event, type, subject: { kind, id: "x" }, record })[0]).toHaveProperty("event.type", type);
    }
  });

  test("keeps fields of the record, with the meaning that they have", () => {
    const record = {
      amount: "1200.50",
      currency: "EUR",
      owner: 7,
      close_date: "2026-11-30",
      created_at: "2026-10-01T10:00:00+02:00",
      contacts: ["a", 2],
      name: "Rossi",
      seats: 40,
      vip: true,
      note: null,
    };
    expect(said({ type: "deal.changed", record })).toEqual({
      amount: 1200.5,
      currency: "EUR",
      owner: "7",
      close_date: "2026-11-30",
      created_at: "2026-10-01T08:00:00.000Z",
      "contact:a": true,
      "contact:2": true,
      name: "Rossi",
      seats: 40,
      vip: true,
      note: null,
    });
  });

  test("the type has the last word over the record, except on the day of creation", () => {
    expect(said({ type: "deal.won", record: { status: "open" } })).toEqual({ status: "won" });
    expect(said({ type: "deal.created", record: { created_at: "2026-01-01T00:00:00Z" } })).toMatchObject({
      created_at: "2026-01-01T00:00:00.000Z",
    });
  });

  test("details travel with what happened, under the same key", () => {
    const facts = said({ type: "survey.answered", subject: { kind: "contact", id: "p" }, details: { b: 1, a: [2] } });
    const key = facts["happened:survey.answered"];
    expect(facts[`details:${key}`]).toBe('{"a":[2],"b":1}');
  });

  test("the key is the sender's, or made of the content in whatever order it is written", () => {
    const keyOf = (body: object) => unpack(body).map((part) => ("event" in part ? part.event.key : ""))[0];
    const { type, subject, occurredAt } = event;
    expect(keyOf({ ...event, key: "mine" })).toBe("mine");
    expect(keyOf({ occurredAt, subject: { id: "d-1", kind: "deal" }, type })).toBe(
      keyOf({ type, subject, occurredAt }),
    );
    expect(keyOf({ ...event, subject: { kind: "deal", id: "d-2" } })).not.toBe(keyOf(event));
    expect(keyOf({ events: [event] })).toBe(keyOf(event));
  });

  test.each([
    [{ type: "deal.wno" }, "type", "deal.wno", /deal\.won.*custom\.<name>/],
    [{ type: 7 }, "type", "7", /a type of event/],
    [{ subject: { kind: "planet", id: "x" } }, "subject.kind", "planet", /one of deal, contact/],
    [{ subject: { kind: "contact", id: "x" } }, "subject.kind", "contact", /deal, as the type says/],
    [{ subject: undefined }, "subject", "nothing", /kind and id/],
    [{ subject: { kind: "deal" } }, "subject.id", "nothing", /an id/],
    [{ occurredAt: undefined }, "occurredAt", "nothing", /2026-11-23T09:30:00Z/],
    [{ occurredAt: "2026-11-23 09:30" }, "occurredAt", "text of 16 characters", /offset/],
    [{ occurredAt: 1795426200 }, "occurredAt", "1795426200", /offset/],
    [{ record: { amount: "a lot" } }, "record.amount", "text of 5 characters", /a number/],
    [{ record: { currency: "euro" } }, "record.currency", "euro", /EUR/],
    [{ record: { status: "closed" } }, "record.status", "closed", /open, won or lost/],
    [{ record: { contacts: [{}] } }, "record.contacts", "a list of 1", /contact ids/],
    [{ record: { address: {} } }, "record.address", "an object", /text, a number/],
    [{ record: { "happened:deal.won": "x" } }, "record.happened:deal.won", "x", /a field name/],
    [{ record: [] }, "record", "a list of 0", /an object/],
    [{ details: { a: 1 } }, "details", "an object", /survey\.answered/],
    [{ key: "" }, "key", "text of 0 characters", /1 to 150/],
    [{ recrod: {} }, "recrod", "a key that is not known here", /only type, subject/],
    [{ type: "deal.merged" }, "record.merged_into", "nothing", /the record that remains/],
  ])("%j is parked at %s", (change, place, found, expected) => {
    expect(parked(change)).toEqual({
      key: expect.stringMatching(/^bad:/),
      place,
      found,
      expected: expect.stringMatching(expected),
    });
  });

  test("a bad event is shown without anyone's address", () => {
    expect(JSON.stringify(parked({ occurredAt: "ada.bianchi@rossi.example" }))).not.toContain("ada");
  });

  test("names of fields cannot reach what JavaScript keeps behind objects", () => {
    const body = `{"type":"deal.changed","subject":{"kind":"deal","id":"d"},"occurredAt":"2026-11-23T09:00:00Z","record":{"__proto__":"x","constructor":"y"}}`;
    const parts = webhook.unpack(
      { connection: "acme", format: "events", body: Buffer.from(body), receivedAt: now },
      settings,
    );
    expect(parts).toHaveLength(1);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("a map", () => {
  const map = {
    each: "data.deals",
    key: "id",
    type: { from: "state", values: { closed: "deal.won", dropped: "deal.lost" } },
    subject: { kind: "=deal", id: "deal.id" },
    occurredAt: "at",
    record: {
      name: "deal.title",
      amount: "deal.value[0]",
      currency: "$.currency",
      priority: { from: "level", values: { "1": "high" }, otherwise: "low" },
    },
  };
  const mapped = (item: object, change: object = {}) =>
    unpack(
      { currency: "EUR", data: { deals: [item] } },
      webhook.settings.parse({ secret, map: { ...map, ...change } }),
    );
  const item = {
    id: "e-1",
    state: "closed",
    at: "2026-11-23T09:00:00Z",
    deal: { id: 5, title: "Rossi", value: [10, 20] },
    level: 1,
  };

  test("takes from the item, from the whole body, from constants and by translation", () => {
    const [part] = mapped(item);
    expect(part).toMatchObject({
      event: {
        key: "e-1",
        type: "deal.won",
        subject: { kind: "deal", id: "5" },
        occurredAt: "2026-11-23T09:00:00.000Z",
      },
    });
    expect(factsOf(part)).toEqual({ name: "Rossi", amount: 10, currency: "EUR", priority: "high", status: "won" });
    expect(factsOf(mapped({ ...item, level: 2, deal: { id: 5 } })[0])).toEqual({
      currency: "EUR",
      priority: "low",
      status: "won",
    });
  });

  test("leaves aside what its type does not speak of", () => {
    for (const state of ["viewed", undefined, null, 7, {}, "constructor"])
      expect(mapped({ ...item, state })).toEqual([]);
  });

  test.each([
    ["2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00.000Z"],
    [1795424400, "2026-11-23T09:00:00.000Z"],
    [1795424400123, "2026-11-23T09:00:00.123Z"],
    ["1795424400", "2026-11-23T09:00:00.000Z"],
  ])("reads the time %s", (at, occurredAt) =>
    expect(mapped({ ...item, at })[0]).toHaveProperty("event.occurredAt", occurredAt),
  );

  test("without a time takes the moment of receipt, and then needs a key", () => {
    const { occurredAt: _, ...timeless } = map;
    const chosen = webhook.settings.parse({ secret, map: timeless });
    const later = new Date(now.getTime() + 60_000);
    const [first] = unpack({ data: { deals: [item] } }, chosen);
    const [again] = unpack({ data: { deals: [item] } }, chosen, later);
    expect(first).toMatchObject({ event: { key: "e-1", occurredAt: now.toISOString() } });
    expect(again).toMatchObject({ event: { key: "e-1" } });
    expect(unpack({ data: { deals: [{ ...item, id: undefined }] } }, chosen)[0]).toMatchObject({
      bad: { place: "data.deals[0].key" },
    });
  });

  test("parks an item that lacks what it needs, at its place", () => {
    expect(mapped({ ...item, deal: {} })[0]).toMatchObject({
      bad: { place: "data.deals[0].subject.id", found: "nothing" },
    });
    expect(mapped({ ...item, at: "soon" })[0]).toMatchObject({
      bad: { place: "data.deals[0].occurredAt", found: "soon" },
    });
  });

  test("refuses a body without its list, or with too long a one", () => {
    const chosen = webhook.settings.parse({ secret, map });
    for (const body of [{}, { data: { deals: {} } }, { data: { deals: Array.from({ length: 101 }, () => item) } }]) {
      expect(webhook.verify(signed(JSON.stringify(body)), chosen, now)).toEqual({
        refused: 400,
        reason: "body-not-events",
      });
    }
  });

  test.each([
    [{ type: "=deal.wno" }, /map\.type: "deal\.wno" is not a type/],
    [{ type: { from: "state", values: { a: "deal.wno" } } }, /map\.type: "deal\.wno"/],
    [{ subject: { kind: "=planet", id: "id" } }, /map\.subject\.kind: "planet"/],
    [{ key: undefined, occurredAt: undefined }, /map: expected key or occurredAt/],
    [{ record: { name: "a..b" } }, /map\.record\.name: expected a path/],
    [{ record: { name: "a[x]" } }, /map\.record\.name: expected a path/],
    [{ each: "=x" }, /map\.each/],
    [{ types: "x" }, /map: .*types/],
  ])("%j is refused when the settings are read", (change, message) => {
    const issues = webhook.settings.safeParse({ secret, map: { ...map, ...change } }).error?.issues ?? [];
    expect(issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("\n")).toMatch(message);
  });

  test("never throws, whatever the body", () => {
    const chosen = webhook.settings.parse({ secret, map });
    const items = fc.record(
      {
        id: fc.jsonValue(),
        state: fc.constantFrom("closed", "dropped"),
        at: fc.oneof(fc.jsonValue(), fc.double()),
        deal: fc.jsonValue(),
        level: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(items, { maxLength: 3 }), (deals) => {
        const body = Buffer.from(JSON.stringify({ data: { deals } }));
        expect(
          webhook.unpack({ connection: "acme", format: "events", body, receivedAt: now }, chosen).length,
        ).toBeLessThanOrEqual(deals.length);
      }),
      { numRuns: 200 },
    );
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Unpacked } from "../../connectors/connector.ts";
import { hubspot } from "../../connectors/hubspot/index.ts";
import { CrmEvent } from "../../src/events.ts";

const receivedAt = new Date("2026-11-23T09:00:00.000Z");
const alone = hubspot.settings.parse({ clientSecret: "dummy" });
const read = hubspot.settings.parse({ clientSecret: "dummy", accessToken: "pat-dummy" });

const unpackBody = (body: Buffer, settings = alone, format = "events"): Unpacked[] =>
  hubspot.unpack({ connection: "hubspot-main", format, body, receivedAt }, settings);
const unpack = (events: unknown[], settings = alone) => unpackBody(Buffer.from(JSON.stringify(events)), settings);
const events = (unpacked: Unpacked[]) => unpacked.flatMap((part) => ("event" in part ? [part.event] : []));
const bads = (unpacked: Unpacked[]) => unpacked.flatMap((part) => ("bad" in part ? [part.bad] : []));
const only = (raw: object, settings = alone): CrmEvent => {
  const [event, ...more] = events(unpack([raw], settings));
  if (!event || more.length > 0) throw new Error("expected one event");
  return CrmEvent.parse(event);
};

const at = 1_790_000_000_000;
const when = new Date(at).toISOString();
const base = {
  eventId: 1,
  subscriptionId: 7,
  portalId: 62515,
  appId: 54321,
  occurredAt: at,
  attemptNumber: 0,
  changeSource: "CRM_UI",
  sourceId: "userId:76023669",
};
const change = (propertyName: string, propertyValue: string, family = "deal") => ({
  ...base,
  subscriptionType: `${family}.propertyChange`,
  objectId: 508369434347,
  propertyName,
  propertyValue,
});
const said = (event: CrmEvent) =>
  event.facts.map(({ kind, id, field, value, at }) => [`${kind} ${id}`, field, value, at]);

describe("a connection that is not read", () => {
  test("a creation says that the record exists, and since when", () => {
    const event = only({ ...base, subscriptionType: "deal.creation", objectId: 501, changeFlag: "CREATED" });
    expect(event).toMatchObject({ type: "deal.created", needsRead: false, actor: "userId:76023669", origin: "CRM_UI" });
    expect(said(event)).toEqual([
      ["deal 501", "exists", true, when],
      ["deal 501", "created_at", when, when],
    ]);
  });

  test.each([
    ["deal", "dealname", "Rossi", "name", "Rossi"],
    ["deal", "amount", "62000.50", "amount", 62000.5],
    ["deal", "amount", "", "amount", null],
    ["deal", "deal_currency_code", "eur", "currency", "EUR"],
    ["deal", "pipeline", "default", "pipeline", "default"],
    ["deal", "hubspot_owner_id", "77", "owner", "77"],
    ["deal", "dealtype", "newbusiness", "type", "newbusiness"],
    ["deal", "closedate", "1790000000000", "close_date", "2026-09-21"],
    ["deal", "closedate", "2026-09-21T23:59:59.999Z", "close_date", "2026-09-21"],
    ["deal", "createdate", "1790000000000", "created_at", when],
    ["deal", "hs_primary_associated_company", "9001", "company", "9001"],
    ["contact", "firstname", "Giulia", "first_name", "Giulia"],
    ["contact", "email", "", "email", null],
    ["contact", "hs_language", "it", "language", "it"],
    ["contact", "lifecyclestage", "customer", "lifecycle", "customer"],
    ["contact", "associatedcompanyid", "9001", "company", "9001"],
    ["contact", "newsletter_subscribed", "Yes", "subscribed", true],
    ["contact", "newsletter_subscribed", "false", "subscribed", false],
    ["contact", "newsletter_subscribed", "", "subscribed", false],
    ["company", "domain", "rossi.example", "domain", "rossi.example"],
  ])("%s.%s %j becomes %s %j", (kind, property, value, field, expected) => {
    expect(said(only(change(property, value, kind)))).toEqual([[`${kind} 508369434347`, field, expected, when]]);
  });

  test("a property of `contributors` says who has that role on the deal", () => {
    const settings = hubspot.settings.parse({ clientSecret: "dummy", contributors: { SE: "sales_engineer" } });
    expect(said(only(change("sales_engineer", "78"), settings))).toEqual([
      ["deal 508369434347", "contributor:SE", "78", when],
    ]);
    expect(said(only(change("sales_engineer", ""), settings))).toEqual([
      ["deal 508369434347", "contributor:SE", null, when],
    ]);
    expect(only(change("sales_engineer", "78")).facts).toEqual([]);
  });

  test.each([
    ["closedwon", "won"],
    ["closedlost", "lost"],
    ["qualifiedtobuy", "open"],
    ["99101", "won"],
    ["constructor", "open"],
  ])("stage %s means %s, by the settings' map and HubSpot's default stages", (stage, status) => {
    const settings = hubspot.settings.parse({ clientSecret: "dummy", stages: { "99101": "won" } });
    expect(said(only(change("dealstage", stage), settings)).map(([, field, value]) => [field, value])).toEqual([
      ["stage", stage],
      ["status", status],
    ]);
  });

  test.each([
    ["hs_is_closed_won", "true", "won"],
    ["hs_is_closed_lost", "true", "lost"],
    ["hs_is_closed", "false", "open"],
  ])("%s=%s means %s, and outweighs the stage of the same moment", (property, value, status) => {
    expect(said(only(change(property, value)))).toEqual([
      ["deal 508369434347", "status", status, new Date(at + 1).toISOString()],
    ]);
  });

  test("a property that nobody asked for is understood and says nothing; one that was listed is kept", () => {
    expect(only(change("favourite_colour", "blue")).facts).toEqual([]);
    const settings = hubspot.settings.parse({ clientSecret: "dummy", properties: { deal: ["favourite_colour"] } });
    expect(said(only(change("favourite_colour", "blue"), settings))[0]?.slice(1, 3)).toEqual([
      "favourite_colour",
      "blue",
    ]);
  });

  test("a sensitive value says nothing", () =>
    expect(only({ ...change("amount", "REDACTED"), isSensitive: true }).facts).toEqual([]));
});

describe("a connection that is read", () => {
  test.each([
    ["deal.creation", true, ["exists"]],
    ["deal.propertyChange", true, []],
    ["deal.restore", true, ["exists"]],
    ["deal.deletion", false, ["exists"]],
    ["contact.privacyDeletion", false, ["erased"]],
  ])("%s: read %s, facts of its own %j", (subscriptionType, needsRead, fields) => {
    const event = only({ ...change("dealstage", "closedwon"), subscriptionType }, read);
    expect(event.needsRead).toBe(needsRead);
    expect(event.facts.map(({ field }) => field)).toEqual(fields);
  });

  test("a property that we do not keep is not worth a read", () =>
    expect(only(change("favourite_colour", "blue"), read).needsRead).toBe(false));

  test("a value is only a hint: a strange one does not hold the read up", () =>
    expect(only(change("amount", "a lot"), read).needsRead).toBe(true));
});

describe("records that come and go", () => {
  test("deletion and restore", () => {
    expect(said(only({ ...base, subscriptionType: "company.deletion", objectId: 9 }))).toEqual([
      ["company 9", "exists", false, when],
    ]);
    expect(said(only({ ...base, subscriptionType: "contact.restore", objectId: 9 }))).toEqual([
      ["contact 9", "exists", true, when],
    ]);
  });

  test("a contact who asked to be forgotten is deleted and erased, in either order", () => {
    const [deleted, erased] = events(
      unpack([
        { ...base, subscriptionType: "contact.deletion", objectId: 801 },
        { ...base, subscriptionType: "contact.privacyDeletion", objectId: 801 },
      ]),
    );
    expect(erased && said(erased)).toEqual([["contact 801", "erased", true, when]]);
    expect(deleted?.key).not.toBe(erased?.key);
  });

  test("merged records point to the winner", () => {
    const merge = { ...base, subscriptionType: "deal.merge", primaryObjectId: 501, mergedObjectIds: [503, 502] };
    for (const event of [only({ ...merge, newObjectId: 501 }), only(merge)]) {
      expect(event).toMatchObject({ type: "deal.merged", subject: { kind: "deal", id: "501" } });
      expect(said(event)).toEqual([
        ["deal 502", "merged_into", "501", when],
        ["deal 503", "merged_into", "501", when],
      ]);
    }
    expect(only(merge, read).needsRead).toBe(true);
  });

  test("where HubSpot made a new record of the two, both point to it", () => {
    const event = only({
      ...base,
      subscriptionType: "contact.merge",
      primaryObjectId: 501,
      mergedObjectIds: [502],
      newObjectId: 600,
    });
    expect(event.subject.id).toBe("600");
    expect(said(event).map(([who, , into]) => [who, into])).toEqual([
      ["contact 501", "600"],
      ["contact 502", "600"],
    ]);
  });
});

describe("associations", () => {
  const tie = { ...base, associationRemoved: false, isPrimaryAssociation: false };
  const contact = {
    ...tie,
    subscriptionType: "deal.associationChange",
    associationType: "DEAL_TO_CONTACT",
    fromObjectId: 501,
    toObjectId: 801,
  };
  const back = {
    ...tie,
    subscriptionType: "contact.associationChange",
    associationType: "CONTACT_TO_DEAL",
    fromObjectId: 801,
    toObjectId: 501,
  };
  const generic = {
    ...tie,
    subscriptionType: "object.associationChange",
    fromObjectTypeId: "0-1",
    toObjectTypeId: "0-3",
    fromObjectId: 801,
    toObjectId: 501,
    associationTypeId: 4,
    associationCategory: "HUBSPOT_DEFINED",
  };

  test("deal and contact: both directions and both forms are one change on the deal", () => {
    const all = events(unpack([contact, back, generic]));
    expect(new Set(all.map(({ key }) => key)).size).toBe(1);
    for (const event of all) {
      expect(event.subject).toEqual({ kind: "deal", id: "501" });
      expect(said(event)).toEqual([["deal 501", "contact:801", true, when]]);
    }
    expect(said(only({ ...contact, associationRemoved: true }))).toEqual([["deal 501", "contact:801", false, when]]);
    expect(only(contact, read)).toMatchObject({ needsRead: true, facts: [{ field: "contact:801" }] });
  });

  test("deal and company: the primary one is the deal's; a switch ends with the new one", () => {
    const company = { ...contact, associationType: "DEAL_TO_COMPANY", toObjectId: 9001, isPrimaryAssociation: true };
    expect(said(only(company))).toEqual([["deal 501", "company", "9001", when]]);
    const [gone, come] = events(
      unpack([
        { ...company, associationRemoved: true },
        { ...company, toObjectId: 9002 },
      ]),
    );
    expect(gone?.facts[0]).toMatchObject({ value: null, at: new Date(at - 1).toISOString() });
    expect(come?.facts[0]).toMatchObject({ value: "9002", at: when });
    expect(only({ ...company, isPrimaryAssociation: false }).facts).toEqual([]);
  });

  test("a label that goes away does not untie them; other objects are not ours", () => {
    expect(
      unpack([{ ...generic, associationTypeId: 36, associationCategory: "USER_DEFINED", associationRemoved: true }]),
    ).toEqual([]);
    expect(
      unpack([
        { ...contact, associationType: "DEAL_TO_LINE_ITEM" },
        { ...contact, associationType: "CONTACT_TO_COMPANY" },
      ]),
    ).toEqual([]);
  });
});

describe("the same change", () => {
  test("has one key in the classic and the generic form, from any attempt and subscription", () => {
    const classic = change("dealstage", "closedwon");
    const generic = { ...change("dealstage", "closedwon", "object"), objectTypeId: "0-3" };
    const again = { ...classic, attemptNumber: 3, subscriptionId: 99, eventId: 12 };
    const { subscriptionType, ...rest } = classic;
    const documented = { ...rest, eventType: subscriptionType };
    const keys = events(unpack([classic, generic, again, documented])).map(({ key }) => key);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
  });

  test("is another one with another value, property, record, account or time", () => {
    const one = change("dealstage", "closedwon");
    const others = [
      { propertyValue: "closedlost" },
      { propertyName: "amount", propertyValue: "1" },
      { objectId: 2 },
      { portalId: 2 },
      { occurredAt: at + 1 },
    ];
    const keys = events(unpack([one, ...others.map((other) => ({ ...one, ...other }))])).map(({ key }) => key);
    expect(new Set(keys).size).toBe(6);
  });
});

test("objects that we do not keep are understood and left", () => {
  const generic = { ...base, objectId: 5 };
  expect(
    unpack([
      { ...generic, subscriptionType: "line_item.creation" },
      { ...generic, subscriptionType: "ticket.propertyChange" },
      { ...generic, subscriptionType: "conversation.newMessage" },
      { ...generic, subscriptionType: "object.creation", objectTypeId: "0-5" },
      { ...generic, subscriptionType: "object.creation", objectTypeId: "2-123" },
    ]),
  ).toEqual([]);
});

describe("what cannot be understood", () => {
  test.each([
    ["no object", 7, "[0]"],
    ["no type", { ...base, objectId: 1 }, "[0].subscriptionType"],
    ["an unknown change", { ...base, objectId: 1, subscriptionType: "deal.explosion" }, "[0].subscriptionType"],
    ["no record", { ...base, subscriptionType: "deal.creation" }, "[0].objectId"],
    ["a record id past 2^53", { ...base, subscriptionType: "deal.creation", objectId: 2 ** 53 }, "[0].objectId"],
    ["no account", { ...base, portalId: undefined, subscriptionType: "deal.creation", objectId: 1 }, "[0].portalId"],
    [
      "a time as text",
      { ...base, subscriptionType: "deal.creation", objectId: 1, occurredAt: "2026" },
      "[0].occurredAt",
    ],
    [
      "a time far ahead",
      { ...base, subscriptionType: "deal.creation", objectId: 1, occurredAt: 1e15 },
      "[0].occurredAt",
    ],
    ["an amount that is none", change("amount", "a lot"), "[0].propertyValue"],
    ["a value that is no text", { ...change("amount", ""), propertyValue: {} }, "[0].propertyValue"],
    ["no property", { ...change("amount", "1"), propertyName: null }, "[0].propertyName"],
    ["no object type", { ...base, subscriptionType: "object.creation", objectId: 1 }, "[0].objectTypeId"],
    ["no merged ids", { ...base, subscriptionType: "deal.merge", primaryObjectId: 1 }, "[0].mergedObjectIds"],
    [
      "no direction",
      { ...base, subscriptionType: "deal.associationChange", fromObjectId: 1, toObjectId: 2 },
      "[0].associationType",
    ],
  ])("%s", (_, raw, place) => {
    const [bad] = bads(unpack([raw]));
    expect(bad?.place).toBe(place);
    expect(bad?.found).not.toContain("a lot");
  });

  test("an event of another account, where the account is set", () => {
    const settings = hubspot.settings.parse({ clientSecret: "dummy", portalId: 1 });
    expect(bads(unpack([change("amount", "1")], settings))).toMatchObject([{ place: "[0].portalId" }]);
  });

  test("one bad event among a hundred holds up none, and parks under one key however often it comes", () => {
    const hundred = Array.from({ length: 100 }, (_, i): object => ({
      ...change("amount", String(i)),
      objectId: i + 1,
    }));
    hundred[42] = { ...base, subscriptionType: "deal.propertyChange", propertyName: "amount", propertyValue: "1" };
    const unpacked = unpack(hundred);
    expect(events(unpacked)).toHaveLength(99);
    expect(bads(unpacked)).toEqual([
      {
        key: expect.stringMatching(/^hs:bad:/),
        place: "[42].objectId",
        found: "nothing",
        expected: "a record id: a whole number, 1 or more",
      },
    ]);
    const [again] = bads(unpack([{ ...hundred[42], attemptNumber: 1 }]));
    expect(again?.key).toBe(bads(unpacked)[0]?.key);
  });
});

describe("the workflow action", () => {
  const deals = hubspot.settings.parse({ clientSecret: "dummy", workflow: { kind: "deal" } });
  const workflow = (body: unknown, settings = deals) =>
    unpackBody(Buffer.from(JSON.stringify(body)), settings, "workflow");

  test("a customised body: its own keys are left, the CRM's become facts at its last change", () => {
    const body = {
      hs_object_id: "501",
      dealstage: "closedwon",
      amount: "40000",
      hubspot_owner_id: "77",
      event: "deal_won",
      hs_lastmodifieddate: String(at),
    };
    const [event] = events(workflow(body));
    expect(event?.occurredAt).toBe(when);
    expect(event && said(event)).toEqual([
      ["deal 501", "amount", 40000, when],
      ["deal 501", "stage", "closedwon", when],
      ["deal 501", "status", "won", when],
      ["deal 501", "owner", "77", when],
    ]);
  });

  test("the record as the object API returns it; without a time of its own it is as old as its arrival", () => {
    const [event] = events(
      workflow({ id: "501", properties: { amount: "40000", dealstage: null, createdate: "2026-09-01T00:00:00Z" } }),
    );
    expect(event && said(event)).toEqual([
      ["deal 501", "amount", 40000, receivedAt.toISOString()],
      ["deal 501", "stage", null, receivedAt.toISOString()],
      ["deal 501", "created_at", "2026-09-01T00:00:00.000Z", receivedAt.toISOString()],
      ["deal 501", "exists", true, "2026-09-01T00:00:00.000Z"],
    ]);
  });

  test("a contact with its property history: each value at its own time", () => {
    const contacts = hubspot.settings.parse({ clientSecret: "dummy", workflow: { kind: "contact" } });
    const versions = [
      { value: "customer", timestamp: at },
      { value: "lead", timestamp: at - 1000 },
    ];
    const body = {
      vid: 801,
      properties: {
        lifecyclestage: { value: "customer", versions },
        email: { value: "g@rossi.example", timestamp: at },
      },
    };
    const [event] = events(workflow(body, contacts));
    expect(event && said(event)).toEqual([
      ["contact 801", "email", "g@rossi.example", when],
      ["contact 801", "lifecycle", "customer", when],
      ["contact 801", "lifecycle", "lead", new Date(at - 1000).toISOString()],
    ]);
  });

  test("where HubSpot is read, it is only a hint", () => {
    const settings = hubspot.settings.parse({
      clientSecret: "dummy",
      accessToken: "pat-dummy",
      workflow: { kind: "deal" },
    });
    expect(events(workflow({ hs_object_id: 501, amount: "1" }, settings))).toMatchObject([
      { needsRead: true, facts: [] },
    ]);
  });

  test("without a record id it is parked", () =>
    expect(bads(workflow({ amount: "1" }))).toMatchObject([{ place: "hs_object_id" }]));
});

describe("whatever is sent", () => {
  const settingsList = [
    alone,
    read,
    hubspot.settings.parse({ clientSecret: "dummy", portalId: 62515, workflow: { kind: "contact" } }),
  ];
  const wellFormed = (unpacked: Unpacked[]) => {
    for (const part of unpacked) {
      if ("event" in part) expect(CrmEvent.safeParse(part.event).success).toBe(true);
      else expect(part.bad.key.length).toBeLessThan(500);
    }
  };
  const both = (body: Buffer) => {
    for (const settings of settingsList)
      for (const format of ["events", "workflow"]) {
        const once = unpackBody(body, settings, format);
        wellFormed(once);
        expect(unpackBody(body, settings, format)).toEqual(once);
      }
  };

  test("arbitrary bytes never make it throw", () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => both(Buffer.from(bytes)))));

  test("arbitrary JSON never makes it throw", () =>
    fc.assert(fc.property(fc.json(), (text) => both(Buffer.from(text)))));

  const strange = fc.oneof(
    fc.jsonValue(),
    fc.integer(),
    fc.string(),
    fc.constant(at),
    fc.constant("0-3"),
    fc.constant("1790000000000"),
  );
  const nearly = fc.record(
    {
      subscriptionType: fc.oneof(
        fc
          .constantFrom(
            "creation",
            "propertyChange",
            "deletion",
            "merge",
            "restore",
            "associationChange",
            "privacyDeletion",
          )
          .chain((verb) =>
            fc.constantFrom("deal", "contact", "company", "object").map((family) => `${family}.${verb}`),
          ),
        strange,
      ),
      objectId: fc.oneof(fc.nat(), strange),
      portalId: fc.oneof(fc.constant(62515), strange),
      occurredAt: fc.oneof(fc.nat({ max: 2_000_000_000_000 }), strange),
      objectTypeId: fc.oneof(fc.constantFrom("0-1", "0-2", "0-3"), strange),
      propertyName: fc.oneof(
        fc.constantFrom("amount", "dealstage", "closedate", "createdate", "email", "__proto__"),
        strange,
      ),
      propertyValue: strange,
      primaryObjectId: fc.oneof(fc.nat(), strange),
      mergedObjectIds: fc.oneof(fc.array(fc.nat()), strange),
      newObjectId: strange,
      associationType: fc.oneof(fc.constantFrom("DEAL_TO_CONTACT", "COMPANY_TO_DEAL"), strange),
      fromObjectId: fc.oneof(fc.nat(), strange),
      toObjectId: fc.oneof(fc.nat(), strange),
      associationRemoved: fc.oneof(fc.boolean(), strange),
      sourceId: strange,
      changeSource: strange,
      properties: strange,
      hs_object_id: strange,
      hs_lastmodifieddate: strange,
    },
    { requiredKeys: [] },
  );
  test("events that are nearly right never make it throw, and every event it gives is whole", () =>
    fc.assert(
      fc.property(fc.array(nearly, { maxLength: 5 }), (list) => {
        both(Buffer.from(JSON.stringify(list)));
        if (list[0]) both(Buffer.from(JSON.stringify(list[0])));
      }),
      { numRuns: 500 },
    ));
});

/** Salesforce's messages and callouts: what is let in, what is kept, and what it is taken to say. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type RawRequest, type Unpacked, type Verified, verified } from "../../connectors/connector.ts";
import { salesforce } from "../../connectors/salesforce/index.ts";
import { sign } from "../support/sign-salesforce.ts";

const secretPath = "sample_path_secret_0123456789";
const calloutSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const organization = "00Dxx0000001gPLEAY";
const now = new Date("2026-07-01T09:00:00.000Z");
const written = { orgId: organization, secretPath, calloutSecret };
const settingsOf = (more: object = {}) => salesforce.settings.parse({ ...written, ...more });
const settings = settingsOf();

interface Prefixes {
  soap: string;
  om: string;
  sf: string;
  xsi: string;
}
const usual: Prefixes = { soap: "soapenv", om: "", sf: "sf", xsi: "xsi" };

/** An Outbound Message as Salesforce writes it, with prefixes of one's choice; a prefix may be empty except for xsi. */
const message = (
  notifications: string[],
  { soap, om, xsi }: Prefixes = usual,
  session = '<OM:SessionId XSI:nil="true"/>',
) =>
  `<?xml version="1.0" encoding="UTF-8"?><${tag(soap, "Envelope")} xmlns${soap && `:${soap}`}="http://schemas.xmlsoap.org/soap/envelope/" xmlns:${xsi}="http://www.w3.org/2001/XMLSchema-instance"><${tag(soap, "Body")}><OM:notifications xmlns${om && `:${om}`}="http://soap.sforce.com/2005/09/outbound"><OM:OrganizationId>${organization}</OM:OrganizationId><OM:ActionId>04kxx00000000A1AAI</OM:ActionId>${session}${notifications.join("")}</OM:notifications></${tag(soap, "Body")}></${tag(soap, "Envelope")}>`
    .replaceAll("OM:", om && `${om}:`)
    .replaceAll("XSI:", `${xsi}:`);
const tag = (prefix: string, name: string) => (prefix ? `${prefix}:${name}` : name);

const notification = (
  number: number,
  type: string,
  fields: Record<string, string | null>,
  { sf, xsi }: Prefixes = usual,
) => {
  const inner = Object.entries(fields).map(([name, value]) =>
    value === null ? `<${tag(sf, name)} ${xsi}:nil="true"/>` : `<${tag(sf, name)}>${value}</${tag(sf, name)}>`,
  );
  return `<OM:Notification><OM:Id>04lxx${String(number).padStart(10, "0")}AAA</OM:Id><OM:sObject xmlns${sf && `:${sf}`}="urn:sobject.enterprise.soap.sforce.com" ${xsi}:type="${tag(sf, type)}">${inner.join("")}</OM:sObject></OM:Notification>`;
};

const deal = "006xx000004TmiQAAS";
const request = (body: string | Buffer, rest = secretPath, headers: RawRequest["headers"] = {}): RawRequest => ({
  method: "POST",
  url: `https://accolade.example/webhooks/acme/${rest}`,
  rest,
  headers,
  body: Buffer.from(body),
});
const verify = (body: string | Buffer, rest?: string) => salesforce.verify(request(body, rest), settings, now);
const taken = (body: string, chosen = settings): Verified => {
  const answer = salesforce.verify(request(body), chosen, now);
  if ("refused" in answer) throw new Error(`refused: ${answer.reason}`);
  return answer;
};
const unpack = (body: string, chosen = settings, receivedAt = now): Unpacked[] => {
  const answer = taken(body, chosen);
  return salesforce.unpack({ connection: "acme", format: answer.format, body: answer.body, receivedAt }, chosen);
};
const opportunity = (fields: Record<string, string | null>, chosen = settings) => {
  const [part] = unpack(message([notification(1, "Opportunity", { Id: deal, ...fields })]), chosen);
  return part;
};
const factsOf = (part: Unpacked | undefined): Record<string, unknown> => {
  if (!part || !("event" in part)) throw new Error(`no event: ${JSON.stringify(part)}`);
  return Object.fromEntries(part.event.facts.map((fact) => [fact.field, fact.value]));
};
const timesOf = (part: Unpacked | undefined) =>
  part && "event" in part ? Object.fromEntries(part.event.facts.map((fact) => [fact.field, fact.at])) : part;

describe("the door", () => {
  const good = message([notification(1, "Opportunity", { Id: deal, StageName: "Proposal" })]);

  test("opens for the secret path, also for an older one while they change, and for no other", () => {
    expect(verify(good)).toEqual(verified("outbound-message", Buffer.from(good)));
    const both = settingsOf({ secretPath: ["a_newer_path_secret_0123456789", secretPath] });
    expect(salesforce.verify(request(good), both, now)).not.toHaveProperty("refused");
    for (const rest of [
      "",
      "callout/x",
      secretPath.toUpperCase(),
      `${secretPath}x`,
      secretPath.slice(1),
      `x/${secretPath}`,
    ]) {
      expect(verify(good, rest)).toEqual({ refused: 404, reason: "secret-path-wrong" });
    }
  });

  test("knows its organization by 15 characters", () => {
    for (const orgId of ["00Dxx0000001gPL", "00Dxx0000001gPLEAY"]) {
      expect(salesforce.verify(request(good), settingsOf({ orgId }), now)).not.toHaveProperty("refused");
    }
    const other = settingsOf({ orgId: "00Dxx0000001gPl" });
    expect(salesforce.verify(request(good), other, now)).toEqual({ refused: 401, reason: "organization-wrong" });
  });

  test.each([
    ["a document type", good.replace("?>", '?><!DOCTYPE x [<!ENTITY a "b">]>')],
    [
      "an entity declared further down",
      good.replace("<OrganizationId>", '<!ENTITY a SYSTEM "file:///etc/passwd"><OrganizationId>'),
    ],
    ["another envelope", "<Envelope><Body><other/></Body></Envelope>"],
    ["no organization", good.replace(/<OrganizationId>.*<\/OrganizationId>/, "")],
    ["no notification", message([])],
    [
      "more notifications than a message may have",
      message(Array.from({ length: 101 }, (_, i) => notification(i, "Lead", { Id: "00Qxx000001TmiQAAS" }))),
    ],
    ["deep nesting", good.replace("Proposal", `${"<a>".repeat(5000)}${"</a>".repeat(5000)}`)],
    ["a reserved name", good.replaceAll("sf:StageName", "sf:__proto__")],
    ["half a message", good.slice(0, -20)],
    ["JSON", "{}"],
    ["nothing", ""],
  ])("refuses %s", (_, body) => expect(verify(body)).toEqual({ refused: 400, reason: "not-an-outbound-message" }));

  test("refuses bytes that are no UTF-8", () => {
    expect(verify(Buffer.from(good, "utf16le"))).toHaveProperty("refused", 400);
    expect(verify(Buffer.concat([Buffer.from(good), Buffer.from([0xff])]))).toEqual({
      refused: 400,
      reason: "not-utf8",
    });
  });

  test("takes a hundred notifications, and a byte order mark", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => notification(i, "Lead", { Id: "00Qxx000001TmiQAAS" }));
    expect(unpack(message(hundred))).toHaveLength(100);
    expect(unpack(`\uFEFF${message(hundred)}`)).toHaveLength(100);
  });

  test("says yes in the words that Salesforce waits for", () => {
    expect(salesforce.answer?.(taken(good))).toEqual({
      status: 200,
      contentType: "text/xml; charset=utf-8",
      body: '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>',
    });
  });

  test.each([
    ["plain", "<OM:SessionId>00Dxx!AQEAQ.secret_session</OM:SessionId>"],
    ["with an attribute", '<OM:SessionId XSI:type="xsd:string">00Dxx!AQEAQ.secret_session</OM:SessionId >'],
    ["over lines", "<OM:SessionId>\n  00Dxx!AQEAQ.secret_session\n</OM:SessionId>"],
    ["in CDATA", "<OM:SessionId><![CDATA[00Dxx!AQEAQ.secret_session]]></OM:SessionId>"],
    ["after an empty one", '<OM:SessionId XSI:nil="true"/><OM:SessionId>00Dxx!AQEAQ.secret_session</OM:SessionId>'],
  ])("never keeps a session id: %s", (_, session) => {
    for (const prefixes of [usual, { ...usual, om: "o" }]) {
      const body = message(
        [notification(1, "Opportunity", { Id: deal, StageName: "Proposal" }, prefixes)],
        prefixes,
        session,
      );
      const answer = verify(body);
      if ("refused" in answer) expect(answer).toEqual({ refused: 400, reason: "session-id-not-removable" });
      else {
        expect(answer.body.toString()).not.toContain("secret_session");
        expect(answer.body.toString()).toContain("Proposal");
        expect(unpack(body)).toHaveLength(1);
      }
    }
  });
});

describe("what an opportunity says", () => {
  test.each([
    [{ IsWon: "true", IsClosed: "true", StageName: "Closed Lost" }, "won"],
    [{ IsWon: "false", IsClosed: "true", StageName: "Closed Won" }, "lost"],
    [{ IsWon: "false", IsClosed: "false", StageName: "Closed Won" }, "open"],
    [{ IsWon: "true", IsClosed: "false" }, "open"],
    [{ IsWon: "true" }, "won"],
    [{ IsClosed: "false" }, "open"],
    [{ StageName: "Vinta" }, "won"],
    [{ StageName: "Closed Won" }, undefined],
    [{ StageName: "constructor" }, undefined],
    [{ IsClosed: "true" }, undefined],
  ])("%j is %s", (fields, status) => {
    expect(factsOf(opportunity(fields, settingsOf({ stages: { Vinta: "won" } }))).status).toBe(status);
  });

  test("absent is not said, nil is said to be empty", () => {
    expect(factsOf(opportunity({ Amount: null, Name: "Rossi" }))).toEqual({ amount: null, name: "Rossi" });
  });

  test("a late snapshot does not move the day it was won", () => {
    const won = { IsWon: "true", IsClosed: "true", StageName: "Closed Won" };
    const times = timesOf(
      opportunity({
        ...won,
        Amount: "1",
        LastStageChangeDate: "2026-06-28T10:00:00.000Z",
        LastModifiedDate: "2026-06-30T12:00:00.000Z",
        CreatedDate: "2026-05-01T08:00:00.000Z",
      }),
    );
    expect(times).toMatchObject({
      status: "2026-06-28T10:00:00.000Z",
      stage: "2026-06-28T10:00:00.000Z",
      amount: "2026-06-30T12:00:00.000Z",
      exists: "2026-05-01T08:00:00.000Z",
    });
    expect(timesOf(opportunity(won))).toMatchObject({ status: now.toISOString() });
    expect(timesOf(opportunity({ ...won, SystemModstamp: "2026-06-30T12:00:00.000Z" }))).toMatchObject({
      status: "2026-06-30T12:00:00.000Z",
    });
  });

  test.each([
    ["50000.0", 50000],
    ["1.0E7", 10_000_000],
    ["-3", -3],
    ["0.1", 0.1],
  ])("an amount of %s is %d", (text, amount) => expect(factsOf(opportunity({ Amount: text }))).toEqual({ amount }));

  test("deleted and restored", () => {
    expect(factsOf(opportunity({ IsDeleted: "true" }))).toEqual({ exists: false });
    expect(factsOf(opportunity({ IsDeleted: "false" }))).toEqual({ exists: true });
  });

  test("is read from the CRM only where the connection can", () => {
    const api = { loginUrl: "https://acme.my.salesforce.com", clientId: "x", clientSecret: "y" };
    expect(opportunity({ Amount: "1" })).toMatchObject({ event: { needsRead: false } });
    expect(opportunity({ Amount: "1" }, settingsOf({ api }))).toMatchObject({ event: { needsRead: true } });
  });

  test("a look-up field of `contributors` says who has that role on the deal", () => {
    const contributors = { SE: "Sales_Engineer__c" };
    const told = opportunity({ Sales_Engineer__c: "005xx000001SvkB" }, settingsOf({ contributors }));
    expect(factsOf(told)).toEqual({ "contributor:SE": "005xx000001SvkBAAS" });
    expect(opportunity({ Sales_Engineer__c: "Tom" }, settingsOf({ contributors }))).toMatchObject({
      bad: { place: "Notification[0].sObject.Sales_Engineer__c", found: "Tom" },
    });
  });

  test("the key is the notification's id with the record's, whatever else changes", () => {
    const key = "om:04lxx0000000001AAA:006xx000004TmiQAAS";
    expect(opportunity({ Amount: "1" })).toMatchObject({ event: { key } });
    expect(opportunity({ Id: "006xx000004TmiQ", Amount: "2" })).toMatchObject({
      event: { key, subject: { id: deal } },
    });
  });

  test.each([
    [{ Amount: "many" }, "Amount", "many", "a number"],
    [{ Amount: "Ada Bianchi, +39 333 0000001" }, "Amount", "text of 28 characters", "a number"],
    [{ CloseDate: "30/06/2026" }, "CloseDate", "text of 10 characters", "a date, YYYY-MM-DD"],
    [{ LastModifiedDate: "yesterday" }, "LastModifiedDate", "yesterday", "a date and time with its offset"],
    [{ IsWon: "perhaps" }, "IsWon", "perhaps", "true or false"],
    [{ OwnerId: "42" }, "OwnerId", "42", "a Salesforce id of 15 or 18 characters"],
  ])("%j is parked, with its place", (fields, field, found, expected) => {
    const place = `Notification[0].sObject.${field}`;
    expect(opportunity(fields)).toEqual({ bad: { key: expect.stringMatching(/^bad:/), place, found, expected } });
  });

  test("without an id, or without a type, it is parked, and the others go on", () => {
    const good = notification(3, "Opportunity", { Id: deal });
    const [nameless, untyped, fine] = unpack(
      message([
        notification(1, "Opportunity", { Amount: "1" }),
        notification(2, "Opportunity", { Id: deal }).replace(/ xsi:type="[^"]*"/, ""),
        good,
      ]),
    );
    expect(nameless).toMatchObject({ bad: { place: "Notification[0].sObject.Id", found: "nothing" } });
    expect(untyped).toMatchObject({ bad: { place: "Notification[1].sObject", found: "no xsi:type" } });
    expect(fine).toHaveProperty("event");
  });
});

describe("what a person says", () => {
  const person = (type: string, fields: Record<string, string | null>) =>
    factsOf(
      unpack(
        message([notification(1, type, { Id: "003xx000004TmiQAAS", ...fields })]),
        settingsOf({ subscribedField: "News__c" }),
      )[0],
    );

  test("the mobile number is the phone, where there is one", () => {
    expect(person("Contact", { MobilePhone: "1", Phone: "2" })).toEqual({ phone: "1" });
    expect(person("Contact", { MobilePhone: null, Phone: "2" })).toEqual({ phone: "2" });
    expect(person("Contact", { MobilePhone: null })).toEqual({ phone: null });
  });

  test("languages are taken as codes, and left aside as names", () => {
    expect(person("User", { LanguageLocaleKey: "en_US" })).toEqual({ language: "en" });
    expect(person("Contact", { Language__c: "it" })).toEqual({ language: "it" });
    expect(person("Contact", { Language__c: "Italian" })).toEqual({});
  });

  test("subscribed is what the settings name", () => {
    expect(person("Contact", { News__c: "true" })).toEqual({ subscribed: true });
    expect(person("User", { News__c: "true" })).toEqual({});
  });

  test("a lead is converted on its day, never before it exists, and never unconverted", () => {
    const lead = (fields: Record<string, string>) =>
      unpack(message([notification(1, "Lead", { Id: "00Qxx000001TmiQAAS", ...fields })]))[0];
    expect(factsOf(lead({ IsConverted: "false" }))).toEqual({});
    expect(
      timesOf(lead({ IsConverted: "true", ConvertedDate: "2026-06-30", LastModifiedDate: "2026-07-01T00:00:00Z" })),
    ).toEqual({ converted: "2026-06-30T00:00:00.000Z" });
    expect(
      timesOf(lead({ IsConverted: "true", ConvertedDate: "2026-06-30", CreatedDate: "2026-06-30T11:00:00Z" })),
    ).toMatchObject({ converted: "2026-06-30T11:00:00.000Z" });
  });
});

describe("prefixes", () => {
  const prefix = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,6}$/).filter((name) => !/^xml/i.test(name));
  const value = fc.oneof(
    fc.constant(null),
    fc.string({ unit: fc.constantFrom("a", "é", "€", " ", "&amp;", "&lt;", "&#39;", "7"), maxLength: 12 }),
  );
  const cells = fc.record(
    {
      Name: value,
      StageName: value,
      Amount: fc.integer().map(String),
      IsWon: fc.constantFrom("true", "false"),
      LastModifiedDate: fc.constant("2026-06-30T12:00:00.000Z"),
    },
    { requiredKeys: [] },
  );

  test("say nothing: renamed, they give the same events", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(prefix, { minLength: 4, maxLength: 4 }),
        fc.array(cells, { minLength: 1, maxLength: 5 }),
        (names, rows) => {
          const [soap = "", om = "", sf = "", xsi = ""] = names;
          const written = (prefixes: Prefixes) =>
            unpack(
              message(
                rows.map((row, i) => notification(i, "Opportunity", { Id: deal, ...row }, prefixes)),
                prefixes,
              ),
            );
          const plain = written(usual);
          expect(plain).toHaveLength(rows.length);
          expect(written({ soap, om, sf, xsi })).toEqual(plain);
          expect(written({ soap: "", om, sf: "", xsi })).toEqual(plain);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("callouts", () => {
  const item = {
    event: "opportunity.won",
    orgId: organization,
    recordId: deal,
    occurredAt: "2026-06-30T12:00:00Z",
    fields: { Amount: 50000 },
  };
  const callout = (body: unknown, chosen = settings) => {
    const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    const raw = request(bytes, "callout");
    return salesforce.verify({ ...raw, headers: sign({ ...raw, now }, written) }, chosen, now);
  };
  const parts = (body: unknown): Unpacked[] => {
    const answer = callout(body);
    if ("refused" in answer) throw new Error(`refused: ${answer.reason}`);
    return salesforce.unpack(
      { connection: "acme", format: answer.format, body: answer.body, receivedAt: now },
      settings,
    );
  };

  test("are not taken where no secret is set", () => {
    expect(callout(item, settingsOf({ calloutSecret: undefined }))).toEqual({
      refused: 404,
      reason: "secret-path-wrong",
    });
  });

  test("are taken by the newer and the older secret while they change", () => {
    const both = settingsOf({ calloutSecret: ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", calloutSecret] });
    expect(callout(item, both)).toHaveProperty("format", "callout");
  });

  test("are refused where they are no list of callouts", () => {
    for (const body of ["", "null", "[]", "[1]", '"x"', Array.from({ length: 201 }, () => item)]) {
      expect(callout(body)).toEqual({ refused: 400, reason: "not-a-callout" });
    }
    expect(parts(Array.from({ length: 200 }, () => item))).toHaveLength(200);
  });

  test.each([
    ["opportunity.won", {}, { status: "won" }],
    ["opportunity.lost", {}, { status: "lost" }],
    ["opportunity.reopened", {}, { status: "open" }],
    ["opportunity.won", { IsWon: false, IsClosed: true }, { status: "lost" }],
    ["opportunity.deleted", {}, { exists: false }],
    ["anything else", {}, {}],
  ])("%s with %j says %j", (event, fields, facts) => {
    expect(factsOf(parts({ ...item, event, fields })[0])).toEqual(facts);
  });

  test("a deletion is later than the last change that the deleted record shows", () => {
    const fields = { Name: "Rossi", LastModifiedDate: "2026-06-01T08:00:00Z" };
    expect(timesOf(parts({ ...item, event: "opportunity.deleted", fields })[0])).toEqual({
      name: "2026-06-01T08:00:00.000Z",
      exists: "2026-06-30T12:00:00.000Z",
    });
  });

  test("the key stays with the content, and changes with it", () => {
    const keyOf = (body: unknown) => parts(body).map((part) => ("event" in part ? part.event.key : ""))[0];
    expect(keyOf({ ...item, fields: { Amount: 1, Name: "x" } })).toBe(
      keyOf({ ...item, fields: { Name: "x", Amount: 1 } }),
    );
    expect(keyOf({ ...item, fields: { Amount: 1 } })).not.toBe(keyOf({ ...item, fields: { Amount: 2 } }));
    expect(keyOf(item)).not.toBe(keyOf({ ...item, occurredAt: "2026-06-30T12:00:01Z" }));
  });

  test.each([
    [{ orgId: "00Dxx0000009ZZZ" }, "[0].orgId"],
    [{ orgId: undefined }, "[0].orgId"],
    [{ recordId: "12" }, "[0].recordId"],
    [{ occurredAt: "30 June" }, "[0].occurredAt"],
    [{ fields: [] }, "[0].fields"],
    [{ object: 7 }, "[0].object"],
    [{ fields: { Amount: true } }, "[0].fields.Amount"],
  ])("%j is parked at its place, and the next goes on", (change, place) => {
    const [bad, good] = parts([{ ...item, ...change }, item]);
    expect(bad).toEqual({
      bad: { key: expect.any(String), place, found: expect.any(String), expected: expect.any(String) },
    });
    expect(good).toHaveProperty("event.type", "opportunity.won");
  });
});

describe("settings", () => {
  const problem = (more: object) =>
    salesforce.settings
      .safeParse({ ...written, ...more })
      .error?.issues.map(({ path, message: said }) => `${path.join(".")}: ${said}`);

  test.each([
    [{ orgId: "123" }, /^orgId: .*15 or 18/],
    [{ secretPath: "short" }, /^secretPath: .*24 to 200/],
    [{ secretPath: [] }, /^secretPath/],
    [{ calloutSecret: "hello" }, /^calloutSecret: .*whsec_/],
    [{ calloutSecret: "whsec_c2hvcnQ=" }, /^calloutSecret: .*24 to 64 bytes/],
    [{ api: { loginUrl: "https://acme.my.salesforce.com", clientId: "x" } }, /^api: .*clientSecret or username/],
    [{ api: { loginUrl: "http://acme.my.salesforce.com", clientId: "x", clientSecret: "y" } }, /https/],
    [{ api: { loginUrl: "https://acme.my.salesforce.com", clientId: "x", username: "u", privateKey: "none" } }, /PEM/],
    [{ subscribedField: "two words" }, /^subscribedField/],
    [{ orgID: "x" }, /orgID/],
  ])("%j is refused with its place", (more, said) => expect(problem(more)?.join("\n")).toMatch(said));

  test("the endpoint is shown as it must be pasted", () => {
    const lines = salesforce.setUp(settings, "https://accolade.example/webhooks/acme");
    expect(lines[0]).toContain(`https://accolade.example/webhooks/acme/${secretPath}`);
    expect(lines.join("\n")).toContain("LastStageChangeDate");
    expect(lines.join("\n")).toContain("https://accolade.example/webhooks/acme/callout");
    expect(lines.join("\n")).not.toContain("CurrencyIsoCode");
  });
});

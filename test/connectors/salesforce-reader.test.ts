/** Reading a Salesforce org by SOQL, against a server that speaks its token endpoint and query API. */
import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Reader, ReadFailure, ReadResult, Surroundings, TokenVault } from "../../connectors/connector.ts";
import { salesforce } from "../../connectors/salesforce/index.ts";
import type { Subject } from "../../src/events.ts";
import { clientId, type SalesforceApi, startSalesforceApi, username } from "../support/salesforce-api.ts";

const now = new Date("2026-07-01T09:00:00.000Z");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicKey = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

let api: SalesforceApi;
beforeEach(async () => {
  api = await startSalesforceApi({ publicKey, now: () => now, pageSize: 3 });
  Object.assign(api.tables, org());
});
afterEach(() => api.close());

const won = "006xx000004TmiQAAS";
const owner = "005xx000001SvkBAAS";
const manager = "005xx000001SvkCAAS";
const contact = "003xx000004TmiQAAS";
const account = "001xx000003DGb2AAG";
const stamps = {
  CreatedDate: "2026-05-20T08:00:00.000+0000",
  LastModifiedDate: "2026-06-30T12:00:00.000+0000",
  SystemModstamp: "2026-06-30T12:00:01.000+0000",
};

const deal = (Id: string, more: object = {}) => ({
  Id,
  Name: "Rossi",
  Amount: 62000,
  StageName: "Signed",
  IsWon: true,
  IsClosed: true,
  OwnerId: owner,
  AccountId: account,
  ContactId: contact,
  CloseDate: "2026-06-30",
  Type: "New Business",
  LastStageChangeDate: "2026-06-29T10:00:00.000+0000",
  IsDeleted: false,
  ...stamps,
  ...more,
});
const person = { Name: "", FirstName: "", LastName: "", Email: "", Phone: null, MobilePhone: null, ...stamps };
const user = { ...person, IsActive: true, ManagerId: null, TimeZoneSidKey: "Europe/Rome", LanguageLocaleKey: "it" };

const org = (): SalesforceApi["tables"] => ({
  Opportunity: [deal(won)],
  Contact: [
    {
      ...person,
      Id: contact,
      Email: "ada.bianchi@rossi.example",
      OwnerId: owner,
      AccountId: account,
      IsDeleted: false,
      MasterRecordId: null,
    },
  ],
  Account: [
    {
      Id: account,
      Name: "Rossi",
      Website: "www.rossi.example",
      OwnerId: owner,
      IsDeleted: false,
      MasterRecordId: null,
      ...stamps,
    },
  ],
  User: [
    { ...user, Id: owner, Email: "giulia@acme.example", ManagerId: manager },
    { ...user, Id: manager, Email: "marta@acme.example", LanguageLocaleKey: "en_GB" },
  ],
  Lead: [],
  OpportunityHistory: [
    {
      OpportunityId: won,
      StageName: "Prospecting",
      Amount: null,
      CreatedDate: "2026-05-20T08:00:00.000+0000",
      IsDeleted: false,
    },
    {
      OpportunityId: won,
      StageName: "Proposal",
      Amount: 40000,
      CreatedDate: "2026-06-01T08:00:00.000+0000",
      IsDeleted: false,
    },
    {
      OpportunityId: won,
      StageName: "Proposal",
      Amount: 62000,
      CreatedDate: "2026-06-10T08:00:00.000+0000",
      IsDeleted: false,
    },
    {
      OpportunityId: won,
      StageName: "Signed",
      Amount: 62000,
      CreatedDate: "2026-06-29T10:00:00.000+0000",
      IsDeleted: false,
    },
  ],
  OpportunityStage: [
    { ApiName: "Prospecting", MasterLabel: "Prospecting", IsWon: false, IsClosed: false },
    { ApiName: "Proposal", MasterLabel: "Proposal", IsWon: false, IsClosed: false },
    { ApiName: "Signed", MasterLabel: "Signed", IsWon: true, IsClosed: true },
    { ApiName: "Gone", MasterLabel: "Gone", IsWon: false, IsClosed: true },
  ],
});

/** A vault as the host keeps one: a lock, and one text. */
const vault = (): TokenVault & { stored: () => string | null } => {
  let stored: string | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return {
    stored: () => stored,
    exclusively: (change) => {
      const mine = last.then(async () => {
        stored = await change(stored);
        return stored;
      });
      last = mine.catch(() => undefined);
      return mine;
    },
  };
};

const around = (tokens: TokenVault = vault()): Surroundings => ({ connection: "acme", tokens, now: () => now });
const settings = (more: object = {}, credentials: object = { clientSecret: "sample_consumer_secret" }) =>
  salesforce.settings.parse({
    orgId: "00Dxx0000001gPL",
    secretPath: "sample_path_secret_0123456789",
    api: { loginUrl: api.loginUrl, clientId, timeoutMs: 400, ...credentials },
    ...more,
  });
const readerOf = (parsed = settings(), tokens?: TokenVault): Reader => {
  const reader = salesforce.reader?.(parsed, around(tokens));
  if (!reader) throw new Error("no reader");
  return reader;
};
const deals = (...ids: string[]): Subject[] => ids.map((id) => ({ kind: "deal", id }));
const succeeded = (answer: ReadResult[] | ReadFailure): ReadResult[] => {
  if (!Array.isArray(answer)) throw new Error(`read failed: ${answer.failed} ${answer.detail}`);
  return answer;
};
const factsOf = (result: ReadResult | undefined) => (result && "facts" in result ? result.facts : []);
const at = (time: string) => `2026-${time}.000Z`;

describe("what a read of an opportunity tells", () => {
  test("its own fields, each from the moment they are known to hold", async () => {
    const [result] = succeeded(await readerOf().read(deals(won), now));
    const own = (field: string, value: unknown, time: string) => ({
      kind: "deal",
      id: won,
      field,
      value,
      at: at(time),
    });
    expect(factsOf(result)).toEqual(
      expect.arrayContaining([
        own("name", "Rossi", "06-30T12:00:00"),
        own("amount", 62000, "06-30T12:00:00"),
        own("owner", owner, "06-30T12:00:00"),
        own("company", account, "06-30T12:00:00"),
        own("close_date", "2026-06-30", "06-30T12:00:00"),
        own(`contact:${contact}`, true, "06-30T12:00:00"),
        own("created_at", at("05-20T08:00:00"), "05-20T08:00:00"),
        own("exists", true, "05-20T08:00:00"),
        own("exists", true, "06-30T12:00:01"),
        own("status", "won", "06-29T10:00:00"),
        own("stage", "Signed", "06-29T10:00:00"),
      ]),
    );
  });

  test("the stages and amounts it went through, so that no order of messages matters", async () => {
    const [result] = succeeded(await readerOf().read(deals(won), now));
    const timeline = (field: string) =>
      factsOf(result)
        .filter((fact) => fact.kind === "deal" && fact.field === field && fact.at < at("06-29T00:00:00"))
        .map((fact) => [fact.at, fact.value]);
    expect(timeline("stage")).toEqual([
      [at("05-20T08:00:00"), "Prospecting"],
      [at("06-01T08:00:00"), "Proposal"],
      [at("06-10T08:00:00"), "Proposal"],
    ]);
    expect(timeline("status")).toEqual([
      [at("05-20T08:00:00"), "open"],
      [at("06-01T08:00:00"), "open"],
      [at("06-10T08:00:00"), "open"],
    ]);
    expect(timeline("amount").map(([, value]) => value)).toEqual([null, 40000, 62000]);
  });

  test("its owner, the owner's manager, its contact and its account", async () => {
    const facts = factsOf(succeeded(await readerOf().read(deals(won), now))[0]);
    const value = (kind: string, id: string, field: string) =>
      facts.find((fact) => fact.kind === kind && fact.id === id && fact.field === field)?.value;
    expect(value("user", owner, "email")).toBe("giulia@acme.example");
    expect(value("user", owner, "language")).toBe("it");
    expect(value("user", manager, "email")).toBe("marta@acme.example");
    expect(value("user", manager, "language")).toBe("en");
    expect(value("contact", contact, "email")).toBe("ada.bianchi@rossi.example");
    expect(value("company", account, "domain")).toBe("rossi.example");
  });

  test("the same facts each time", async () => {
    const reader = readerOf();
    expect(await reader.read(deals(won), now)).toEqual(await reader.read(deals(won), now));
  });
});

test("deleted records are read as deleted; records that Salesforce does not give are missing, and stop none of the others", async () => {
  const deleted = "006xx000004TmiDAAS";
  api.tables.Opportunity?.push(deal(deleted, { IsDeleted: true, SystemModstamp: "2026-06-30T18:00:00.000+0000" }));
  const asked = deals(deleted, "006xx000004TmiZAAS", won, "'; DROP", "006xx000004TmiQ");
  const results = succeeded(await readerOf().read(asked, now));
  expect(results.map((result) => result.subject)).toEqual(asked);
  expect(factsOf(results[0])).toContainEqual({
    kind: "deal",
    id: deleted,
    field: "exists",
    value: false,
    at: at("06-30T18:00:00"),
  });
  expect(results[1]).toEqual({ subject: asked[1], missing: expect.any(String) });
  expect(factsOf(results[2]).length).toBeGreaterThan(10);
  expect(results[3]).toEqual({ subject: asked[3], missing: expect.any(String) });
  expect(factsOf(results[4])).toEqual(factsOf(results[2]));
  expect(api.calls.join()).not.toContain("DROP");
});

test("a merged contact names the one that remains", async () => {
  api.tables.Contact?.push({
    ...person,
    Id: "003xx000004TmiMAAS",
    OwnerId: owner,
    AccountId: null,
    IsDeleted: true,
    MasterRecordId: contact,
  });
  const [result] = succeeded(await readerOf().read([{ kind: "contact", id: "003xx000004TmiMAAS" }], now));
  const ends = factsOf(result).filter(
    (fact) => fact.id === "003xx000004TmiMAAS" && ["merged_into", "exists"].includes(fact.field),
  );
  expect(ends.map(({ field, value }) => [field, value])).toEqual([
    ["exists", true],
    ["merged_into", contact],
  ]);
});

test("leads, users and accounts are read too, with the fields that the settings add", async () => {
  api.tables.Lead?.push({
    ...person,
    Id: "00Qxx000001TmiQAAS",
    LastName: "Verdi",
    LeadSource: "Web",
    Status: "New",
    IsConverted: true,
    ConvertedDate: "2026-06-30",
    OwnerId: "00Gxx000001SvkBAAS",
    IsDeleted: false,
    MasterRecordId: null,
    Newsletter__c: true,
    Region__c: "North",
  });
  const reader = readerOf(settings({ subscribedField: "!Newsletter__c", fields: { Lead: { Region__c: "text" } } }));
  api.tables.Contact = [];
  const [lead] = succeeded(await reader.read([{ kind: "lead", id: "00Qxx000001TmiQAAS" }], now));
  const named = (result: ReadResult | undefined) =>
    Object.fromEntries(factsOf(result).map(({ field, value }) => [field, value]));
  expect(named(lead)).toMatchObject({
    converted: true,
    owner: null,
    source: "Web",
    status: "New",
    subscribed: false,
    Region__c: "North",
  });
  const [giulia] = succeeded(await reader.read([{ kind: "user", id: owner }], now));
  expect(factsOf(giulia).find((fact) => fact.id === manager && fact.field === "email")?.value).toBe(
    "marta@acme.example",
  );
  const [rossi] = succeeded(await reader.read([{ kind: "company", id: account }], now));
  expect(named(rossi)).toMatchObject({ domain: "rossi.example", owner });
});

test("currency is asked for only in an org that has several", async () => {
  succeeded(await readerOf().read(deals(won), now));
  expect(api.calls.join()).not.toContain("CurrencyIsoCode");
  api.tables.Opportunity = [deal(won, { CurrencyIsoCode: "CHF" })];
  const [result] = succeeded(await readerOf(settings({ multiCurrency: true })).read(deals(won), now));
  expect(factsOf(result)).toContainEqual(expect.objectContaining({ field: "currency", value: "CHF" }));
});

describe("signing in", () => {
  test("once, for as long as the token is taken, also for another reader of the connection", async () => {
    const tokens = vault();
    const reader = readerOf(settings(), tokens);
    await reader.read(deals(won), now);
    await reader.read(deals(won), now);
    await readerOf(settings(), tokens).read(deals(won), now);
    expect(api.calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
    expect(tokens.stored()).toContain("accessToken");
  });

  test("anew, once, where the token is no longer taken, however many reads find out together", async () => {
    const reader = readerOf();
    succeeded(await reader.read(deals(won), now));
    api.expireTokens();
    const answers = await Promise.all([reader.read(deals(won), now), reader.read(deals(won), now)]);
    for (const answer of answers) succeeded(answer);
    expect(api.calls.filter((call) => call.startsWith("POST"))).toHaveLength(2);
  });

  test("by a signed assertion, from a key with its line breaks written out", async () => {
    const reader = readerOf(settings({}, { username, privateKey: pem.replaceAll("\n", "\\n") }));
    succeeded(await reader.read(deals(won), now));
  });

  test("with wrong credentials says so, without them", async () => {
    const answer = await readerOf(settings({}, { clientSecret: "a_wrong_consumer_secret" })).read(deals(won), now);
    expect(answer).toEqual({ failed: "unauthorised", detail: expect.stringContaining("invalid client credentials") });
    expect(JSON.stringify(answer)).not.toContain("a_wrong_consumer_secret");
  });

  test("to another organization gives nothing", async () => {
    const other = settings({ orgId: "00Dxx0000009ZZZ" });
    expect(await readerOf(other).read(deals(won), now)).toEqual({
      failed: "unauthorised",
      detail: expect.stringContaining("00Dxx0000001gPLEAY"),
    });
  });
});

describe("what goes wrong", () => {
  const query = /\/query/;
  test.each([
    [
      "the daily limit",
      { status: 403, body: [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }] },
      "limited",
    ],
    ["too many at once", { status: 429, body: "", headers: { "retry-after": "7" } }, "limited"],
    ["no access", { status: 403, body: [{ errorCode: "API_DISABLED_FOR_ORG", message: "?" }] }, "forbidden"],
    ["an unknown version", { status: 404, body: [{ errorCode: "NOT_FOUND", message: "?" }] }, "forbidden"],
    ["a token never taken", { status: 401, body: [{ errorCode: "INVALID_SESSION_ID", message: "?" }] }, "unauthorised"],
    ["an outage", { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "?" }] }, "unavailable"],
    ["a page for people", { status: 200, body: "<html>maintenance</html>" }, "unavailable"],
    ["JSON of another shape", { status: 200, body: { hello: 1 } }, "unavailable"],
    ["a redirect", { status: 302, body: "", headers: { location: "http://127.0.0.1:9/" } }, "unauthorised"],
    ["a connection cut before the answer", { reset: true }, "unavailable"],
    ["a connection cut inside the answer", { halfway: true }, "unavailable"],
    ["no answer", { hang: true }, "unavailable"],
  ] as const)("%s is a value, and the read can be repeated", async (_, fault, failed) => {
    const reader = readerOf();
    api.faults.push({ path: query, times: 100, ...fault });
    const answer = await reader.read(deals(won), now);
    expect(answer).toMatchObject({ failed, detail: expect.any(String) });
    if ("headers" in fault && failed === "limited") expect(answer).toMatchObject({ afterMs: 7000 });
    expect(JSON.stringify(answer)).not.toContain("!token");
    api.faults.length = 0;
    succeeded(await reader.read(deals(won), now));
  });

  test("a call is made once: repeating is for whoever asked", async () => {
    api.faults.push({ path: query, times: 100, status: 503, body: "" });
    await readerOf().read(deals(won), now);
    expect(api.faults[0]?.times).toBe(99);
  });

  test.each([{ reset: true }, { hang: true }, { halfway: true }, { status: 500, body: "" }] as const)(
    "a login that breaks (%j) is a value too",
    async (fault) => {
      api.faults.push({ path: /token/, times: 1, ...fault });
      const reader = readerOf();
      expect(await reader.read(deals(won), now)).toMatchObject({ failed: "unavailable" });
      succeeded(await reader.read(deals(won), now));
    },
  );

  test("a field that the API user may not see is named, with what to do", async () => {
    for (const row of api.tables.Opportunity ?? []) delete row.ContactId;
    const answer = await readerOf().read(deals(won), now);
    expect(answer).toEqual({ failed: "forbidden", detail: expect.stringContaining("ContactId on Opportunity") });
    expect(JSON.stringify(answer)).not.toContain(won);
  });
});

describe("doctor", () => {
  const check = async (parsed = settings()) => (await salesforce.check?.(parsed, around())) ?? [];

  test("is content with an org in order, and asks for what reads will ask", async () => {
    const lines = await check();
    expect(lines.filter((line) => !line.ok)).toEqual([]);
    expect(lines.map((line) => line.what)).toEqual(
      expect.arrayContaining(["Salesforce login", "Salesforce Opportunity", "Salesforce User"]),
    );
  });

  test("names the object that cannot be read, and what to do", async () => {
    delete api.tables.Lead;
    expect((await check()).filter((line) => !line.ok)).toEqual([
      {
        ok: false,
        what: "Salesforce Lead",
        found: expect.stringContaining("no object Lead"),
        todo: expect.stringContaining("read access"),
      },
    ]);
  });

  test("tells wrong credentials and a wrong organization apart", async () => {
    expect(await check(settings({}, { clientSecret: "wrong" }))).toEqual([
      {
        ok: false,
        what: "Salesforce login",
        found: expect.stringContaining("invalid_client"),
        todo: expect.stringContaining("connected app"),
      },
    ]);
    expect(await check(settings({ orgId: "00Dxx0000009ZZZ" }))).toEqual([
      {
        ok: false,
        what: "Salesforce login",
        found: expect.stringContaining("00Dxx0000009ZZZ"),
        todo: expect.stringContaining("orgId"),
      },
    ]);
  });

  test("without an API says what that means", async () => {
    const { api: _, ...without } = settings();
    expect(await check(without)).toEqual([
      { ok: true, what: "Salesforce API", detail: expect.stringContaining("tick") },
    ]);
    expect(salesforce.reader?.(without, around())).toBeNull();
  });
});

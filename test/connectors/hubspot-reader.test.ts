import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Reader, ReadFailure, ReadResult, Surroundings } from "../../connectors/connector.ts";
import { hubspot } from "../../connectors/hubspot/index.ts";
import { rollingLimit } from "../../connectors/hubspot/rolling-limit.ts";
import { Fact, type Subject } from "../../src/events.ts";
import { daily, type HubSpotApi, noScope, startHubSpotApi, tenSecondly } from "../support/hubspot-api.ts";
import { memoryVault } from "../support/memory-vault.ts";

let api: HubSpotApi;
let now: Date;
let reader: Reader;

const around = (): Surroundings => ({ connection: "hubspot-main", tokens: memoryVault(), now: () => now });
const readerFor = (extra: object = {}): Reader => {
  const input = {
    clientSecret: "dummy",
    accessToken: "pat-dummy",
    apiBase: api.url,
    limits: { requestsPer10Seconds: 1000 },
    ...extra,
  };
  const made = hubspot.reader?.(hubspot.settings.parse(input), around());
  if (!made) throw new Error("expected a reader");
  return made;
};

beforeEach(async () => {
  api = await startHubSpotApi();
  now = new Date("2026-11-23T09:00:00.000Z");
  reader = readerFor();
  api.owner({
    id: "77",
    email: "giulia@acme.example",
    firstName: "Giulia",
    lastName: "Bianchi",
    updatedAt: "2026-01-05T00:00:00.000Z",
    archived: false,
    team: "EMEA",
  });
  api.owner({
    id: "78",
    email: "marco@acme.example",
    firstName: "Marco",
    lastName: "Neri",
    updatedAt: "2026-01-06T00:00:00.000Z",
    archived: false,
  });
  api.owner({
    id: "79",
    email: "ana@acme.example",
    firstName: "Ana",
    lastName: "Silva",
    updatedAt: "2026-01-07T00:00:00.000Z",
    archived: false,
  });
  api.owner({
    id: "80",
    email: "leaver@acme.example",
    firstName: "Lea",
    lastName: "Verde",
    updatedAt: "2026-02-01T00:00:00.000Z",
    archived: true,
  });
});
afterEach(() => api.close());

const deals = (...ids: string[]): Subject[] => ids.map((id) => ({ kind: "deal", id }));
const read = async (subjects = deals("501"), by = reader): Promise<ReadResult[]> => {
  const results = await by.read(subjects, now);
  if (!Array.isArray(results)) throw new Error(`expected an answer, got: ${results.detail}`);
  return results;
};
const failure = async (by = reader, subjects = deals("501")): Promise<ReadFailure> => {
  const results = await by.read(subjects, now);
  if (Array.isArray(results)) throw new Error("expected a failure");
  return results;
};
const factsIn = ([first]: ReadResult[]): Fact[] => (first && "facts" in first ? first.facts : []);
const of = (facts: Fact[], field: string, kind = "deal") =>
  facts
    .filter((fact) => fact.field === field && fact.kind === kind)
    .map(({ value, at }) => [at, value])
    .sort();

const day = (n: number, time = "10:00:00.000") => `2026-03-${String(n).padStart(2, "0")}T${time}Z`;
const rossi = () => {
  api.put("deals", "501", day(1), {
    dealname: "Rossi",
    dealstage: "appointmentscheduled",
    pipeline: "default",
    hubspot_owner_id: "77",
    deal_currency_code: "EUR",
    dealtype: "newbusiness",
  });
  api.put("deals", "501", day(3), { amount: "50000" });
  api.put("deals", "501", day(9), { dealstage: "closedlost" });
  api.put("deals", "501", day(11), { dealstage: "99101", pipeline: "77001", amount: "62000", closedate: day(11) });
  api.put("deals", "501", day(12), { hubspot_owner_id: "80" });
};

describe("a deal", () => {
  test("is its own timeline in the CRM: each value at the CRM's time, empty before the first", async () => {
    rossi();
    const facts = factsIn(await read());
    for (const fact of facts) expect(Fact.parse(fact)).toEqual(fact);
    expect(of(facts, "exists")).toEqual([[day(1), true]]);
    expect(of(facts, "created_at")).toEqual([[day(1), day(1)]]);
    expect(of(facts, "name")).toEqual([[day(1), "Rossi"]]);
    expect(of(facts, "amount")).toEqual([
      [day(1), null],
      [day(3), 50000],
      [day(11), 62000],
    ]);
    expect(of(facts, "stage")).toEqual([
      [day(1), "appointmentscheduled"],
      [day(9), "closedlost"],
      [day(11), "99101"],
    ]);
    expect(of(facts, "status")).toEqual([
      [day(1), "open"],
      [day(9), "lost"],
      [day(11), "won"],
    ]);
    expect(of(facts, "stage_label")).toEqual([
      [day(1), "Appointment Scheduled"],
      [day(9), "Closed Lost"],
      [day(11), "Signed"],
    ]);
    expect(of(facts, "owner")).toEqual([
      [day(1), "77"],
      [day(12), "80"],
    ]);
    expect(of(facts, "close_date")).toEqual([
      [day(1), null],
      [day(11), "2026-03-11"],
    ]);
  });

  test("brings its owners, those who left too, at a time that does not move", async () => {
    rossi();
    const facts = factsIn(await read());
    expect(of(facts, "email", "user")).toEqual([
      ["2026-01-05T00:00:00.000Z", "giulia@acme.example"],
      ["2026-02-01T00:00:00.000Z", "leaver@acme.example"],
    ]);
    expect(of(facts, "active", "user").map(([, active]) => active)).toEqual([true, false]);
    expect(of(facts, "team", "user").map(([, team]) => team)).toEqual(["EMEA", null]);
  });

  test("brings its contacts with their history, and its primary company", async () => {
    rossi();
    for (const id of ["801", "802", "803"]) {
      api.put("contacts", id, day(2), {
        firstname: `Name ${id}`,
        email: `c${id}@rossi.example`,
        lifecyclestage: "lead",
      });
      api.tie("501", "contacts", id);
    }
    api.put("contacts", "801", day(5), { newsletter_subscribed: "true", lifecyclestage: "customer" });
    api.tie("501", "companies", "9001");
    api.tie("501", "companies", "9002", true);
    const facts = factsIn(await read());
    for (const id of ["801", "802", "803"]) expect(of(facts, `contact:${id}`)).toEqual([[day(1), true]]);
    expect(of(facts, "company")).toEqual([[day(1), "9002"]]);
    const first = facts.filter(({ id }) => id === "801");
    expect(of(first, "subscribed", "contact")).toEqual([
      [day(2), null],
      [day(5), true],
    ]);
    expect(of(first, "lifecycle", "contact")).toEqual([
      [day(2), "lead"],
      [day(5), "customer"],
    ]);
  });

  test("begins with what its first save brought, though HubSpot stamps each property on its own", async () => {
    api.put("deals", "501", day(1), { dealname: "Rossi" });
    api.put("deals", "501", day(1, "10:00:00.412"), { amount: "100", hubspot_owner_id: "77" });
    const facts = factsIn(await read());
    expect(of(facts, "amount")).toEqual([[day(1, "10:00:00.412"), 100]]);
    expect(of(facts, "owner")).toEqual([[day(1, "10:00:00.412"), "77"]]);
  });

  test("takes its company from HubSpot's own history where there is one", async () => {
    rossi();
    api.put("deals", "501", day(1), { hs_primary_associated_company: "9001" });
    api.put("deals", "501", day(8), { hs_primary_associated_company: "9002" });
    api.tie("501", "companies", "9002", true);
    expect(of(factsIn(await read()), "company")).toEqual([
      [day(1), "9001"],
      [day(8), "9002"],
    ]);
  });

  test("read twice, in any batch and at any time, gives the same facts", async () => {
    rossi();
    api.put("deals", "502", day(4), { dealname: "Other", dealstage: "closedwon" });
    api.put("contacts", "801", day(2), { firstname: "Giulia" });
    api.tie("501", "contacts", "801");
    const first = await read();
    now = new Date("2027-04-01T00:00:00.000Z");
    const [later] = await read(deals("501", "502"), readerFor());
    expect([later]).toEqual(first);
  });

  test("created long ago with a full history: its beginning is not made up", async () => {
    for (let i = 1; i <= 25; i++) api.put("deals", "501", day(i), { amount: String(i) });
    api.trouble("deals/batch/read", { status: 200, body: { results: [fullHistory()] } });
    expect(of(factsIn(await read()), "amount")).toHaveLength(20);
  });
  const fullHistory = () => ({
    id: "501",
    properties: { createdate: day(1), amount: "25" },
    propertiesWithHistory: {
      amount: Array.from({ length: 20 }, (_, i) => ({
        value: String(25 - i),
        timestamp: day(25 - i),
        sourceType: "CRM",
      })),
    },
    createdAt: day(1),
    updatedAt: day(25),
  });
});

describe("stages", () => {
  test("are asked for once, and again when one appears that was not there", async () => {
    rossi();
    await read();
    await read();
    const asked = () => api.calls.filter(({ path }) => path.includes("pipelines")).length;
    expect(asked()).toBe(1);
    api.pipelines[1]?.stages.push({ id: "99102", label: "Gone", metadata: { isClosed: "true", probability: "0.0" } });
    api.put("deals", "501", day(14), { dealstage: "99102" });
    expect(of(factsIn(await read()), "status").at(-1)).toEqual([day(14), "lost"]);
    expect(asked()).toBe(2);
    now = new Date(now.getTime() + 300_000);
    await read();
    expect(asked()).toBe(3);
  });

  test("that no pipeline has are asked for once; of the current one HubSpot's own flags say what it is", async () => {
    rossi();
    api.put("deals", "501", day(14), { dealstage: "removed", hs_is_closed: "true", hs_is_closed_won: "true" });
    expect(of(factsIn(await read()), "status").at(-1)).toEqual([day(14), "won"]);
    await read();
    expect(api.calls.filter(({ path }) => path.includes("pipelines"))).toHaveLength(1);
  });

  test("follow the settings where these say otherwise", async () => {
    rossi();
    const facts = factsIn(await read(deals("501"), readerFor({ stages: { appointmentscheduled: "won" } })));
    expect(of(facts, "status")[0]).toEqual([day(1), "won"]);
  });
});

describe("other records", () => {
  test("contacts, companies and people are read too; leads are not HubSpot's", async () => {
    api.put("contacts", "801", day(2), { email: "c@rossi.example", hubspot_owner_id: "78" });
    api.put("companies", "9001", day(2), { name: "Rossi", domain: "rossi.example" });
    const contact = factsIn(await read([{ kind: "contact", id: "801" }]));
    expect(of(contact, "email", "contact")).toEqual([[day(2), "c@rossi.example"]]);
    expect(of(contact, "email", "user").map(([, email]) => email)).toEqual(["marco@acme.example"]);
    expect(of(factsIn(await read([{ kind: "company", id: "9001" }])), "domain", "company")).toEqual([
      [day(2), "rossi.example"],
    ]);
    expect(of(factsIn(await read([{ kind: "user", id: "79" }])), "first_name", "user").map(([, name]) => name)).toEqual(
      ["Ana"],
    );
    expect(await read([{ kind: "lead", id: "1" }])).toMatchObject([{ missing: expect.any(String) }]);
  });

  test("extra properties come along under their own name", async () => {
    api.put("deals", "501", day(1), { dealname: "Rossi" });
    api.put("deals", "501", day(4), { renewal_term: "24" });
    const facts = factsIn(await read(deals("501"), readerFor({ properties: { deal: ["renewal_term"] } })));
    expect(of(facts, "renewal_term")).toEqual([
      [day(1), null],
      [day(4), "24"],
    ]);
  });
});

describe("half a batch missing", () => {
  test("what HubSpot has goes on, the rest is said to be missing", async () => {
    for (const id of ["501", "502", "503", "504"]) api.put("deals", id, day(1), { dealname: id });
    api.trouble("deals/batch/read", { does: "half" });
    const results = await read(deals("501", "502", "503", "504"));
    expect(results.map((one) => [one.subject.id, "facts" in one])).toEqual([
      ["501", true],
      ["502", false],
      ["503", true],
      ["504", false],
    ]);
  });

  test("one record that is not as documented is missing, the others go on", async () => {
    const good = { id: "501", properties: {}, createdAt: day(1), updatedAt: day(1) };
    api.trouble("deals/batch/read", { status: 200, body: { results: [{ id: 5 }, good] } });
    expect((await read(deals("5", "501"))).map((one) => "facts" in one)).toEqual([false, true]);
  });

  test("deleted records and ids that are none do not spoil the batch", async () => {
    rossi();
    const results = await read(deals("999", "not-an-id", "501"));
    expect(results.map((one) => "facts" in one)).toEqual([false, false, true]);
  });

  test("the largest batch is within what HubSpot takes when histories are asked", async () => {
    const ids = Array.from({ length: reader.batch }, (_, i) => String(1000 + i));
    for (const id of ids) {
      api.put("deals", id, day(1), { dealname: id });
      api.put("contacts", `9${id}`, day(1), { firstname: id });
      api.put("contacts", `8${id}`, day(1), { firstname: id });
      api.tie(id, "contacts", `9${id}`);
      api.tie(id, "contacts", `8${id}`);
    }
    const results = await read(deals(...ids));
    expect(results.filter((one) => "facts" in one)).toHaveLength(50);
    expect(api.calls.filter(({ path }) => path.includes("contacts/batch"))).toHaveLength(3);
  });
});

describe("what HubSpot refuses", () => {
  test.each([
    ["ten seconds' limit", tenSecondly, { failed: "limited", afterMs: 10_000 }],
    [
      "a limit that says how long",
      { ...tenSecondly, headers: { "retry-after": "4" } },
      { failed: "limited", afterMs: 4000 },
    ],
    ["the day's limit: until the next hour", daily, { failed: "limited", afterMs: 3_600_000 }],
    [
      "a missing scope, by name",
      noScope("crm.objects.deals.read"),
      { failed: "forbidden", detail: expect.stringContaining("crm.objects.deals.read") },
    ],
    ["an error of its own", { status: 500 }, { failed: "unavailable" }],
    ["an error page", { status: 502, text: "<html>Bad gateway</html>" }, { failed: "unavailable" }],
    ["a locked record", { status: 423 }, { failed: "unavailable", afterMs: 2000 }],
    ["a moving account", { status: 477, headers: { "retry-after": "60" } }, { failed: "unavailable", afterMs: 60_000 }],
    ["an answer that is no JSON", { status: 200, text: "<html>hello</html>" }, { failed: "unavailable" }],
    ["an answer of another shape", { status: 200, body: { results: 5 } }, { failed: "unavailable" }],
    ["a broken connection", { does: "reset" as const }, { failed: "unavailable" }],
  ])("%s", async (_, trouble, expected) => {
    rossi();
    api.trouble("deals/batch/read", trouble);
    const refused = await failure();
    expect(refused).toMatchObject(expected);
    expect(refused.detail).not.toMatch(/pat-dummy|giulia|Rossi/);
    expect(await read()).toMatchObject([{ facts: expect.any(Array) }]);
  });

  test("in the middle of a read: nothing half-read is given", async () => {
    rossi();
    api.trouble("associations/deals/contacts", { status: 503 });
    expect(await failure()).toMatchObject({ failed: "unavailable" });
    api.trouble("owners", noScope("crm.objects.owners.read"));
    expect(await failure()).toMatchObject({
      failed: "forbidden",
      detail: expect.stringContaining("crm.objects.owners.read"),
    });
  });

  test("no answer at all ends at the time that was set", async () => {
    rossi();
    api.trouble("deals/batch/read", { does: "hang" });
    const hasty = readerFor({ limits: { timeoutSeconds: 0.2 } });
    expect(await failure(hasty)).toMatchObject({ failed: "unavailable", detail: expect.stringContaining("ETIMEDOUT") });
  });

  test("a private app's token that is not valid is not tried again and again", async () => {
    api.tokens.clear();
    expect(await failure()).toMatchObject({ failed: "unauthorised" });
    expect(api.calls).toHaveLength(1);
  });
});

test("without a token there is no reader", () => {
  expect(hubspot.reader?.(hubspot.settings.parse({ clientSecret: "dummy" }), around())).toBeNull();
});

test("never more calls in any ten seconds than the limit, and none later than it must", async () => {
  let clock = 0;
  const sleeping: { until: number; wake: () => void }[] = [];
  const turn = rollingLimit(3, 10_000, {
    now: () => clock,
    sleep: (ms) => new Promise((wake) => sleeping.push({ until: clock + ms, wake })),
  });
  const times: number[] = [];
  const all = Promise.all(Array.from({ length: 8 }, () => turn().then(() => times.push(clock))));
  await Promise.resolve();
  for (clock of [0, 4000, 9_999, 10_000, 19_999, 20_000]) {
    for (const one of sleeping.filter(({ until }) => until === clock)) one.wake();
    await new Promise((done) => setImmediate(done));
  }
  await all;
  expect(times).toEqual([0, 0, 0, 10_000, 10_000, 10_000, 20_000, 20_000]);
});

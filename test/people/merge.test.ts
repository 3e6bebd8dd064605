/** Several sources, one person: whose word counts, and what an import says of it. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { tellWhole, tellWords } from "../../src/people/person-words.ts";
import { readPhone } from "../../src/people/read-phone.ts";
import { importPeople } from "../../src/pipeline/import-people.ts";
import { readPeopleCsv } from "../../src/pipeline/read-people-csv.ts";
import { hubspotEvent } from "../support/hubspot-door.ts";
import { ADMIN, openPeopleBench, type PeopleBench, SECRET_KEY } from "../support/people-bench.ts";
import { runHere } from "../support/run-here.ts";

let bench: PeopleBench;
beforeAll(async () => {
  bench = await openPeopleBench("2026-11-20T10:00:00Z", "quietHours: off, country: IT");
});
afterAll(() => bench.close());

const person = async (email: string) =>
  bench.database.row<Record<string, string | null>>(
    "select id, name, first_name, email, phone, language, time_zone, team, source from recipients where lower(email) = lower($1)",
    [email],
  );
const take = (csv: string, check = false) =>
  importPeople(bench.corridor, readPeopleCsv(csv, new Set(["hub"])).people, { check });
const api = async (call: string, token = ADMIN, method = "GET", body?: unknown) => {
  const answer = await fetch(`${bench.door}/api/v1${call}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
};

test("for each field: their own word, then people.yaml, then an import, then the CRM that spoke last", async () => {
  await bench.won("77");
  const giulia = await person("giulia@acme.example");
  const id = giulia?.id ?? "";
  const say = (source: string, field: "language" | "phone" | "team", value: string) =>
    bench.database.transaction((tx) => tellWords(tx, [{ recipientId: id, source, field, value }]));
  expect(giulia).toMatchObject({ language: "it", phone: "+393471234567", team: "EMEA", source: "people.yaml" });
  await say("hub/user/77", "language", "en");
  await say("import", "language", "en");
  expect(await person("giulia@acme.example")).toMatchObject({ language: "it" });
  await say("own", "language", "en");
  expect(await person("giulia@acme.example")).toMatchObject({ language: "en" });
  await bench.database.transaction((tx) => tellWhole(tx, "own", [{ recipientId: id, field: "language", value: null }]));
  expect(await person("giulia@acme.example")).toMatchObject({ language: "it" });
});

test("of two CRM records the one that said something new last counts, and saying nothing takes nothing back", async () => {
  const told = (phone: string) => bench.contact(900, "phone", phone);
  bench.clock.advance(10_000);
  await bench.tell(bench.contact(900, "email", "lea@customer.example"), told("+39 333 111 1111"));
  await bench.won("77", { contact: 900 });
  expect(await person("lea@customer.example")).toMatchObject({ phone: "+393331111111" });
  const id = (await person("lea@customer.example"))?.id ?? "";
  const other = (value: string) =>
    bench.database.transaction((tx) =>
      tellWords(tx, [{ recipientId: id, source: "sf/contact/x", field: "phone", value }]),
    );
  await other("+39 333 222 2222");
  expect(await person("lea@customer.example")).toMatchObject({ phone: "+39 333 222 2222" });
  bench.clock.advance(10_000);
  await bench.tell(bench.contact(900, "firstname", "Lea"), told(""));
  expect(await person("lea@customer.example")).toMatchObject({ phone: "+39 333 222 2222", first_name: "Lea" });
  bench.clock.advance(10_000);
  await bench.tell(told("+39 333 444 4444"));
  expect(await person("lea@customer.example")).toMatchObject({ phone: "+393334444444" });
});

test("what an entry of people.yaml leaves out from now on is the CRM's again", async () => {
  await bench.won("78");
  const tom = await person("tom@acme.example");
  await bench.database.transaction((tx) =>
    tellWords(tx, [{ recipientId: tom?.id ?? "", source: "hub/user/78", field: "phone", value: "+12125559999" }]),
  );
  expect(await person("tom@acme.example")).toMatchObject({ phone: "+12125550123" });
  const file = path.join(bench.folder, "people.yaml");
  await writeFile(file, 'people:\n  - { name: Tom Baker, email: tom@acme.example, crm: { hub: "78" } }\n');
  expect(await bench.opened.loadPeople()).toEqual([]);
  expect(await person("tom@acme.example")).toMatchObject({ phone: "+12125559999", language: null });
  // who left the file stays as last known
  expect(await person("giulia@acme.example")).toMatchObject({ name: "Giulia Bianchi" });
});

test("a CSV file: only looked at, taken in, and once more without a change", async () => {
  const csv =
    "\uFEFFName;Email;Phone;Language;crm:hub\r\nNora Keller;nora@acme.example;+41 44 668 18 00;it;90\r\nGiulia Rossi;giulia@acme.example;;en;\r\n";
  const looked = await take(csv, true);
  expect(looked.people).toMatchObject([
    { email: "nora@acme.example", isNew: true },
    {
      email: "giulia@acme.example",
      isNew: false,
      changes: [],
      kept: [
        { field: "name", value: "Giulia Bianchi", source: "people.yaml" },
        { field: "language", value: "it", source: "people.yaml" },
      ],
    },
  ]);
  expect(await person("nora@acme.example")).toBeUndefined();
  await take(csv);
  expect(await person("nora@acme.example")).toMatchObject({
    name: "Nora Keller",
    phone: "+41446681800",
    language: "it",
  });
  const again = await take(csv);
  expect(again.people.map(({ isNew, changes }) => [isNew, changes])).toEqual([
    [false, []],
    [false, []],
  ]);
  // the id that it gives joins her to the CRM's user
  await bench.won("77");
  expect(await bench.database.row("select crm_id from recipient_ids where crm_id = '90'")).toEqual({ crm_id: "90" });
});

test.each([
  ["", [[1, 1, "an empty file"]]],
  ["name,phone\nA,1", [[1, 1, "no column email"]]],
  ["name,email,shoe size\n", [[1, 3, 'the column "shoe size"']]],
  ["name,email,crm:other\n", [[1, 3, 'the column "crm:other"']]],
  ["name,email,email\n", [[1, 3, 'the column "email"']]],
  ['name,email\n"A,a@b.example\n', [[2, 1, "a quote that is not closed"]]],
  [
    "name,email,phone,language,time_zone\nA,not-an-address,12,de,Rome\n,b@b.example,,,\nC,c@b.example,,,\nD,C@b.example,,,\n",
    [
      [2, 2, 'email "not-an-address"'],
      [2, 3, 'phone "12"'],
      [2, 4, 'language "de"'],
      [2, 5, 'time_zone "Rome"'],
      [3, 1, "name left empty"],
      [5, 2, 'email "C@b.example" again'],
    ],
  ],
])("what is wrong with a file is said with line and column: %j", (csv, expected) => {
  const { problems } = readPeopleCsv(csv, new Set(["hub"]));
  expect(problems.map(({ line, column, found }) => [line, column, found])).toEqual(expected);
  for (const problem of problems) expect(problem.expected).not.toMatch(/Invalid|undefined|^expected/);
});

test("the same file by API: what it changed, and what is wrong with each line", async () => {
  const csv = [
    "name,email,phone,agreed,crm:hub",
    "Ada Neri,ada@acme.example,+39 347 000 0001,WhatsApp sms,91",
    "Ida,not-an-address,12,fax,",
    "Olga,olga@acme.example,,,92",
  ].join("\n");
  const problems = [
    { line: 3, column: 2, found: 'email "not-an-address"', expected: "an email address, such as giulia@example.com" },
    { line: 3, column: 3, found: 'phone "12"', expected: "a phone number with country code, such as +39 347 123 4567" },
    { line: 3, column: 4, found: 'agreed "fax"', expected: "email, sms or whatsapp, several with a space between" },
  ];
  const looked = await api("/people/import", ADMIN, "POST", { csv, check: true });
  expect(looked).toMatchObject({ status: 200, body: { written: false, problems, forgotten: 0 } });
  expect(await person("ada@acme.example")).toBeUndefined();
  const taken = await api("/people/import", ADMIN, "POST", { csv });
  expect(taken.body).toMatchObject({
    written: true,
    problems,
    people: [
      { email: "ada@acme.example", isNew: true, agreed: ["sms", "whatsapp"] },
      { email: "olga@acme.example", isNew: true, agreed: [] },
    ],
  });
  const again = await api("/people/import", ADMIN, "POST", { csv });
  expect(again.body).toMatchObject({ people: [{ isNew: false, changes: [], agreed: [] }, { changes: [] }] });
  expect((await api("/people/import", `${ADMIN}-vera`, "POST", { csv })).status).toBe(403);
  expect((await api("/people/import", ADMIN, "POST", { csv: "" })).status).toBe(422);
  // far more than other calls may send
  const long = `name,email,team\nSomebody,s@acme.example,${"x".repeat(100_000)}`;
  expect((await api("/people/import", ADMIN, "POST", { csv: long, check: true })).status).toBe(200);
  expect((await api("/people/ada@acme.example/consents", ADMIN, "POST", { csv: long })).status).toBe(413);
  const many = `name,email\n${Array.from({ length: 1_001 }, (_, n) => `S,s${n}@acme.example`).join("\n")}`;
  expect(await api("/people/import", ADMIN, "POST", { csv: many })).toMatchObject({
    status: 422,
    body: { message: "body.csv: found 1001 people, expected at most 1000 in one call." },
  });

  const { consents } = (await api("/people/ada@acme.example")).body as unknown as { consents: object[] };
  expect(consents).toMatchObject([
    { channel: "whatsapp", status: "in", source: "import" },
    { channel: "sms", status: "in", source: "import" },
  ]);
  bench.clock.advance(1_000);
  const said = { channel: "sms", status: "out", evidence: "a call on Monday" };
  expect((await api("/people/ada@acme.example/consents", ADMIN, "POST", said)).status).toBe(200);
  const shown = (await api("/people/ada@acme.example")).body as unknown as { consents: object[] };
  expect(shown.consents[0]).toMatchObject({
    ...said,
    source: "admin",
    evidence: "paolo@acme.example: a call on Monday",
  });
  expect((await api("/people/nobody@acme.example/consents", ADMIN, "POST", said)).status).toBe(404);
});

test.each([
  ["347 123 4567", "IT", "+393471234567"],
  ["+39 (347) 123-4567", null, "+393471234567"],
  ["0039 347 1234567", "IT", "+393471234567"],
  ["(212) 555-0123", "US", "+12125550123"],
  ["06 1234 5678", "IT", "+390612345678"],
  ["347 123 4567", null, /no country code, and neither/],
  ["12", "IT", "it is too short for IT"],
  ["+39 12", "IT", "it is too short"],
  ["347 123 4567 8901 2345 67", "IT", "it is too long for IT"],
  ["call Maria", "IT", "it is no telephone number"],
  ["+999 123 456", "IT", "its country code is none"],
])("a number as it stands in a CRM: %s in %s", (text, country, expected) => {
  const read = readPhone(text, country);
  const found = read.ok ? read.phone : read.why;
  expect(found).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
});

test("a contact's number is kept as it is called, and one that cannot be read is listed with the reason", async () => {
  bench.clock.advance(10_000);
  await bench.tell(
    bench.contact(960, "email", "ines@customer.example"),
    bench.contact(960, "phone", "347 123 4599"),
    bench.contact(961, "email", "otto@customer.example"),
    bench.contact(961, "phone", "call the desk"),
  );
  for (const contact of [960, 961]) await bench.won("77", { contact });
  await bench.work();
  expect(await person("ines@customer.example")).toMatchObject({ phone: "+393471234599" });
  expect(await person("otto@customer.example")).toMatchObject({ phone: null });
  const listed = async () => ((await api("/people/orphans")).body as unknown as { orphans: { key: string }[] }).orphans;
  expect((await listed()).filter(({ key }) => key.startsWith("hub/contact/96"))).toMatchObject([
    {
      key: "hub/contact/961",
      what: "contact",
      reason: "bad_phone",
      records: 1,
      words: 'the CRM\'s phone number "call the desk" cannot be read: it is no telephone number',
    },
  ]);
  bench.clock.advance(1_000);
  await bench.tell(bench.contact(961, "phone", "+49 30 123456"));
  await bench.work();
  expect(await person("otto@customer.example")).toMatchObject({ phone: "+4930123456" });
  expect((await listed()).filter(({ key }) => key === "hub/contact/961")).toEqual([]);
  // found by whatever way of writing it
  expect((await api(`/people/${encodeURIComponent("+49 30 12 34 56")}`)).body).toMatchObject({
    email: "otto@customer.example",
  });
});

test("whom rules reward and nobody can tell is listed, with the reason and what to do", async () => {
  bench.clock.advance(10_000);
  const deal = (id: number, owner: string, contact?: number) => [
    ...["amount", "62000", "hubspot_owner_id", owner, "dealstage", "closedwon"].flatMap((name, at, all) =>
      at % 2 === 0
        ? [
            hubspotEvent({
              subscriptionType: "deal.propertyChange",
              objectId: id,
              occurredAt: bench.clock.now().getTime(),
              propertyName: name,
              propertyValue: all[at + 1],
            }),
          ]
        : [],
    ),
    ...(contact === undefined
      ? []
      : [
          hubspotEvent({
            subscriptionType: "deal.associationChange",
            associationType: "DEAL_TO_CONTACT",
            fromObjectId: id,
            toObjectId: contact,
            associationRemoved: false,
            isPrimaryAssociation: false,
            occurredAt: bench.clock.now().getTime(),
          }),
        ]),
  ];
  await bench.tell(bench.contact(950, "firstname", "Ugo"), ...deal(7001, "99"), ...deal(7002, "99", 950));
  await bench.work();
  const { body } = await api("/people/orphans");
  const orphans = body.orphans as unknown as {
    key: string;
    reason: string;
    todo: string;
    words: string;
    what: string;
  }[];
  expect(orphans).toContainEqual(
    expect.objectContaining({ key: "hub/user/99", reason: "no_address", what: "recipient", rules: ["won"] }),
  );
  expect(orphans).toContainEqual(
    expect.objectContaining({ key: "hub/contact/950", name: "Ugo", rules: ["customer"], reason: "no_address" }),
  );
  expect(orphans.map(({ key }) => key)).not.toContain("hub/user/77");
  for (const { words, todo } of orphans) expect([words, todo].join()).toMatch(/\w{3,}.*,.*\w{3,}/);

  const csv = "name,email,crm:hub\nUte Vogel,ute@acme.example,99\n";
  await take(csv);
  bench.clock.advance(5_000);
  await bench.work();
  const after = (await api("/people/orphans")).body.orphans as unknown as { key: string }[];
  expect(after.map(({ key }) => key)).not.toContain("hub/user/99");
});

test("a person is shown with every word and whose it is; a viewer sees no addresses; only an admin exports and erases", async () => {
  const shown = await api("/people/giulia@acme.example");
  expect(shown.body).toMatchObject({ name: "Giulia Bianchi", email: "giulia@acme.example", keys: ["hub/user/77"] });
  expect(shown.body.words).toContainEqual({ field: "language", source: "people.yaml", value: "it", counts: true });
  expect(shown.body.words).toContainEqual({ field: "language", source: "import", value: "en", counts: false });
  const viewed = await api("/people/hub%2Fuser%2F77", `${ADMIN}-vera`);
  expect(viewed.body).toMatchObject({ name: "Giulia Bianchi", email: null, phone: null });
  expect(JSON.stringify((await api("/people", `${ADMIN}-vera`)).body)).not.toContain("@");
  expect((await api("/people/nobody@x.example")).status).toBe(404);
  expect((await api("/people/giulia@acme.example/export", `${ADMIN}-vera`)).status).toBe(403);
  expect((await api("/people/giulia@acme.example/export")).body).toMatchObject({ person: { name: "Giulia Bianchi" } });
  expect((await api("/people/nora@acme.example/erase", `${ADMIN}-vera`, "POST", { confirm: true })).status).toBe(403);
  expect((await api("/people/nora@acme.example/erase", ADMIN, "POST", {})).status).toBe(422);
  expect((await api("/people/nora@acme.example/erase", ADMIN, "POST", { confirm: true })).status).toBe(200);
  expect(await person("nora@acme.example")).toBeUndefined();
  // the file that names her does not bring her back
  expect(await take("name,email\nNora Keller,nora@acme.example\n")).toEqual({ people: [], forgotten: 1 });
});

test("links that got into wrong hands stop working", async () => {
  const page = await bench.pageOf(await bench.grantOf(await bench.won("77")));
  expect((await fetch(bench.door + page)).status).toBe(200);
  expect((await api("/people/giulia@acme.example/revoke", ADMIN, "POST")).status).toBe(200);
  expect((await fetch(bench.door + page)).status).toBe(404);
});

test("on the command line: list, show, orphans, import, export, erase, revoke", async () => {
  const run = (...args: string[]) =>
    runHere(["people", ...args], bench.folder, {
      DATABASE_URL: bench.config.databaseUrl ?? "",
      ACCOLADE_SECRET_KEY: SECRET_KEY,
    });
  expect((await run("list", "--kind", "rep")).stdout).toMatch(/Giulia Bianchi +rep +giulia@acme\.example/);
  const shown = (await run("show", "giulia@acme.example")).stdout;
  expect(shown).toContain("  language it (people.yaml)");
  expect(shown).toContain("  not used: language en (imported)");
  expect((await run("orphans")).stdout).toMatch(/Ugo \(hub\/contact\/950\): .*\n {2}→ put /);

  const file = path.join(bench.folder, "more.csv");
  await writeFile(file, "name,email,phone\nIda Lund,ida@acme.example,\nBo,bo@acme.example,12\n");
  const checked = await run("import", file, "--check");
  expect(checked.stdout).toContain("Checked, nothing written: 1 new, 0 changed, 0 as before, 1 line left out.");
  expect(checked.stderr).toContain(`${file}:3:3: found phone "12", expected a phone number with country code`);
  expect(checked.code).toBe(1);
  expect(await person("ida@acme.example")).toBeUndefined();
  expect((await run("import", file)).stdout).toContain("Ida Lund <ida@acme.example>: new");
  expect(JSON.parse((await run("export", "ida@acme.example")).stdout)).toMatchObject({ person: { name: "Ida Lund" } });
  expect((await run("revoke", "ida@acme.example")).stdout).toContain("no longer work");
  expect((await run("erase", "ida@acme.example", "--yes")).stdout).toContain("Forgotten: ");
  const gone = await run("show", "ida@acme.example");
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("found nobody")]);
});

/** The admin API beyond approvals: who may, what it says, and what it refuses by place, found and expected. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ApprovalBench, openApprovalBench, owes, tokenOf } from "../support/approval-bench.ts";

let bench: ApprovalBench;
let grant: string;
beforeAll(async () => {
  bench = await openApprovalBench();
  grant = await bench.won("78");
});
afterAll(() => bench.close());

const ask = (name: string, path: string, init: RequestInit = {}) =>
  fetch(`${bench.door}/api/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${tokenOf(name)}`, ...init.headers },
  });
const json = async (name: string, path: string, body?: unknown) =>
  // biome-ignore lint/suspicious/noExplicitAny: each answer has a shape of its own, and each test names what it expects
  (await bench.call(name, body === undefined ? "GET" : "POST", path, body)).body as any;
const cost = { kind: "acquisition", amount: "100.00", currency: "EUR", from: "2026-11-01", until: "2026-11-10" };

test.each([
  ["edda", "POST", "/pause", { what: "all", why: "x" }],
  ["anna", "POST", "/resume", {}],
  ["vera", "GET", "/ledger/balances", undefined],
  ["anna", "GET", "/exports/spend?by=rule", undefined],
  ["vera", "POST", "/costs", cost],
  ["anna", "GET", "/debts", undefined],
  ["edda", "POST", "/debts/giulia@acme.example/forgive", { why: "x" }],
] as const)("%s may not %s %s", async (name, method, path, body) => {
  expect(await bench.call(name, method, path, body)).toMatchObject({ status: 403, body: { error: "role" } });
});

test.each([
  ["GET", "/exports/spend?by=colour", undefined, /^query\.by: found "colour", expected one of "rule"/],
  ["GET", "/exports/spend?by=rule&from=2026-02-30", undefined, /^query\.from: found "2026-02-30", expected a day/],
  ["GET", "/exports/spend?by=rule&form=2026-02-03", undefined, /^query: found form, expected no such key/],
  ["GET", "/exports/spend", undefined, /^query\.by: found nothing, expected one of/],
  ["GET", "/metrics/close_rate?of=owners", undefined, /^query\.of: found "owners", expected one of/],
  ["GET", "/metrics/close_rate?over=fortnight", undefined, /^query\.over: found "fortnight", expected day, week/],
  ["GET", "/metrics/close_rate?basis=open", undefined, /^query\.basis: found open, expected one of prospects, closed/],
  ["GET", "/metrics/close_rate?lifetime=12", undefined, /found lifetime, expected basis, weight for close_rate/],
  [
    "GET",
    "/metrics/campaign_value?of=owner",
    undefined,
    /^query\.of: found owner, expected one of campaign, workspace/,
  ],
  ["GET", "/explain/none", undefined, /^path\.what: found "none", expected the number of an event/],
  ["GET", "/explain/1?lang=de", undefined, /^query\.lang: found "de", expected one of "en"\|"it"/],
  [
    "POST",
    "/pause",
    { what: "provider cards", why: "x" },
    /found "provider cards", expected one of all, provider points, channel email/,
  ],
  ["POST", "/pause", { what: "all" }, /^body\.why: found nothing, expected string/],
  ["POST", "/resume", { what: "channel fax" }, /^body\.what: found "channel fax", expected one of all/],
  ["POST", "/debts/tom@acme.example/forgive", {}, /^body\.why: found nothing/],
  [
    "POST",
    "/costs",
    [cost, { ...cost, currency: "EURO" }, { ...cost, kind: "fun" }],
    /^body\.1\.currency: found "EURO", expected an ISO 4217 code.*; body\.2\.kind: found "fun", expected acquisition/,
  ],
  ["POST", "/costs", { ...cost, until: "2026-10-01" }, /^body\.until: found "2026-10-01", expected a day not before/],
] as const)("%s %s %j: 422 with the place, found and expected", async (method, path, body, message) => {
  expect(await bench.call("paolo", method, path, body)).toEqual({
    status: 422,
    body: { error: expect.any(String), message: expect.stringMatching(message) },
  });
});

test("a pause is kept under the user's address, and a viewer reads it without", async () => {
  const { pause, already } = await json("paolo", "/pause", { what: "provider points", why: "A price is wrong" });
  expect([pause, already]).toEqual([
    { scope: "provider:points", since: "2026-11-20T10:00:00.000Z", by: "paolo@acme.example", why: "A price is wrong" },
    false,
  ]);
  expect(await json("paolo", "/pause", { what: "provider points", why: "Again" })).toEqual({ pause, already: true });
  expect(await json("anna", "/pauses")).toEqual({ pauses: [pause] });
  expect((await json("vera", "/pauses")).pauses[0].by).not.toContain("paolo@");
  expect(await json("paolo", "/resume", { what: "channel email" })).toEqual({ resumed: [] });
  expect(await json("paolo", "/resume", {})).toEqual({ resumed: [pause] });
  expect(await json("anna", "/pauses")).toEqual({ pauses: [] });
});

test("spend as JSON, and as the CSV of the command", async () => {
  const rows = (await json("edda", "/exports/spend?by=rule")).rows;
  expect(rows).toEqual([expect.objectContaining({ key: "big", currency: "PTS", reserved: 300, issued: 0, grants: 0 })]);
  const csv = await ask("edda", "/exports/spend?by=rule", { headers: { accept: "text/csv" } });
  expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
  expect(await csv.text()).toBe("rule,currency,reserved,issued,taken_back,spent,grants\r\nbig,PTS,300,0,0,0,0\r\n");
  expect((await json("edda", "/ledger/balances")).accounts).toEqual([
    { code: "funding", currency: "PTS", minor: -300 },
    { code: "reserved", currency: "PTS", minor: 300 },
  ]);
});

test("costs: all or none, and the same again changes nothing", async () => {
  expect(
    (await ask("edda", "/costs", { method: "POST", body: JSON.stringify([cost, { ...cost, amount: "x" }]) })).status,
  ).toBe(422);
  expect(await json("edda", "/costs", [cost, { ...cost, id: "a" }])).toEqual({ added: 2, known: 0, changed: 0 });
  expect(await json("edda", "/costs", cost)).toEqual({ added: 0, known: 1, changed: 0 });
  expect(await json("edda", "/costs", { ...cost, id: "a", amount: 70 })).toEqual({ added: 0, known: 0, changed: 1 });
});

test("a metric of everybody, with what it rests on", async () => {
  const { unit, rows } = await json("vera", "/metrics/close_rate?over=quarter&at=2026-11-25&basis=closed");
  expect(unit).toBe("ratio");
  expect(rows).toEqual([
    expect.objectContaining({
      id: "78",
      name: "Tom Baker",
      from: "2026-10-01",
      until: "2027-01-01",
      value: 1,
      sample: 1,
    }),
  ]);
  expect((await json("vera", "/metrics")).metrics).toContainEqual(
    expect.objectContaining({
      name: "close_rate",
      options: { basis: ["prospects", "closed"], weight: ["count", "amount"] },
    }),
  );
});

describe("explain", () => {
  test("a grant in Italian and English, an event, a person", async () => {
    const italian = await json("anna", `/explain/${grant}?lang=it`);
    const english = await json("anna", `/explain/${grant}?lang=en`);
    expect(english.grant).toMatchObject({ id: grant, rule: "big" });
    expect(italian.lines).not.toEqual(english.lines);
    expect(english.milestones[0].rules[0]).toMatchObject({ rule: "big", verdict: "matched" });
    const { eventId } = english.milestones[0];
    expect((await json("anna", `/explain/${eventId}`)).event).toMatchObject({ id: eventId, connection: "hub" });
    const person = await json("anna", "/recipients/tom@acme.example/explain");
    expect(person.recipient).toMatchObject({ email: "tom@acme.example", keys: ["hub/user/78"] });
    expect(person.grants.map(({ id }: { id: string }) => id)).toEqual([grant]);
  });

  test("a viewer reads no address in any of them", async () => {
    for (const path of [
      `/explain/${grant}`,
      "/recipients/tom@acme.example/explain",
      "/recipients/hub%2Fuser%2F78/explain",
    ]) {
      const seen = JSON.stringify(await json("vera", path));
      expect(seen).toContain("Tom Baker");
      expect(seen).not.toMatch(/tom@|\+39/);
    }
    expect((await bench.call("vera", "GET", "/recipients/nobody@acme.example/explain")).status).toBe(404);
  });
});

test("debts, and letting somebody off", async () => {
  const owing = await owes(bench);
  expect((await json("edda", "/debts")).debts).toEqual([
    expect.objectContaining({ open: 300, currency: "PTS", recipient: expect.objectContaining({ id: owing }) }),
  ]);
  const forgiven = await json("paolo", "/debts/giulia@acme.example/forgive", { why: "A gesture" });
  expect(forgiven).toMatchObject({ recipient: "Giulia Bianchi", forgiven: [{ minor: 300, currency: "PTS" }] });
  expect((await json("edda", "/debts")).debts).toEqual([]);
  const [move] = await bench.database.rows("select actor, why from grant_moves order by id desc limit 1");
  expect(move).toEqual({ actor: "paolo@acme.example", why: "debt forgiven: A gesture" });
});

test("the rules in force and their versions", async () => {
  const { version, rules } = await json("vera", "/rules");
  expect(rules).toEqual([
    expect.objectContaining({ id: "big", file: "rules/sales.yaml", line: 4, mode: "active", budget: null }),
  ]);
  expect((await json("vera", "/rules/versions")).versions).toEqual([
    expect.objectContaining({ id: version, author: "test", inForceSince: expect.any(String) }),
  ]);
});

/** What is Tango's own: one order a second over all processes, credentials by type, the original order under a known key. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Database } from "../../src/db/sql.ts";
import { type OrderRequest, openProvider, type Provider } from "../../src/rewards/index.ts";
import { freshDatabase } from "../support/database.ts";
import { insertGrantRow } from "../support/grant-row.ts";
import { ACCOUNT, CUSTOMER, startTangoApi, type TangoApi } from "../support/tango-api.ts";
import { now, recipient, sealer } from "./benches/bench.ts";

let sql: Database;
let api: TangoApi;
beforeAll(async () => {
  [sql, api] = await Promise.all([freshDatabase(), startTangoApi()]);
});
afterAll(async () => {
  await api.close();
  await sql.close();
});
const codes = (order: { claimCode: string }) => ({ claimCode: order.claimCode });
afterEach(() => {
  api.behaviour.credentials = codes;
  api.faults.instead = undefined;
});

const open = (changed: object = {}, at = now): Provider => {
  const settings = {
    platformName: api.platformName,
    platformKey: api.platformKey,
    environment: "sandbox",
    customer: CUSTOMER,
    account: ACCOUNT,
    apiBase: api.url,
    ...changed,
  };
  const opened = openProvider("tango", settings, { id: "tango", sql, sealer, now: () => at, warn: () => {} });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};
/** Long after the turns that were given at `now`, and with as many a second as a test needs. */
const openFast = () => open({ ordersPerSecond: 1_000 }, new Date(now.getTime() + 3_600_000));
const request = async (changed: Partial<OrderRequest> = {}): Promise<OrderRequest> => ({
  key: await insertGrantRow(sql, { provider: "tango", currency: "EUR" }),
  value: { minor: 2_500, currency: "EUR" },
  options: { utid: "U561593" },
  title: "A card",
  recipient,
  ...changed,
});

test("an account takes one order a second, whichever process sends it: the others get a turn each, and keep it", async () => {
  const [one, other] = [open(), open()];
  const requests = await Promise.all(Array.from({ length: 4 }, () => request()));
  const before = api.orders.length;
  const answers = [];
  for (const [index, each] of requests.entries()) answers.push(await (index % 2 ? other : one).order(each));
  expect(answers.map((answer) => (answer.outcome === "retryLater" ? answer.afterMs : answer.outcome))).toEqual([
    "accepted",
    1_000,
    2_000,
    3_000,
  ]);
  expect(api.orders).toHaveLength(before + 1);

  // asked again too early, the turn is the same one
  expect(await other.order(requests[2] as OrderRequest)).toMatchObject({ outcome: "retryLater", afterMs: 2_000 });
  // and at its time it is used
  const later = open({}, new Date(now.getTime() + 2_000));
  expect(await later.order(requests[2] as OrderRequest)).toMatchObject({ outcome: "accepted" });
  // who comes new stands behind those who wait
  expect(await later.order(await request())).toMatchObject({ outcome: "retryLater", afterMs: 2_000 });
});

test("what was supplied is read by the type of each credential", async () => {
  const cases = [
    [
      { claimCode: "C-1", PIN: "77" },
      { kind: "code", code: "C-1", pin: "77" },
    ],
    [
      { cardNumber: "6006", securityCode: "123", PIN: "77" },
      { kind: "code", code: "6006", pin: "77 / 123" },
    ],
    [
      { redemptionUrl: "https://shop.example/r", expirationDate: "2027-01-31T00:00:00Z" },
      { kind: "link", url: "https://shop.example/r", expiresOn: "2027-01-31" },
    ],
    [
      { barcode: "123456", redemptionUrl: "https://shop.example/r" },
      { kind: "code", code: "123456", url: "https://shop.example/r" },
    ],
  ] as const;
  for (const [credentials, content] of cases) {
    api.behaviour.credentials = () => credentials as unknown as Record<string, string>;
    expect(await openFast().order(await request())).toMatchObject({ outcome: "accepted", content });
  }
  api.behaviour.credentials = () => ({ redemptionUrl: "javascript:alert(1)" });
  expect(await openFast().order(await request())).toMatchObject({ outcome: "unknown" });
});

test("a known key gives the order of the first time, so what it was for is compared", async () => {
  const first = await request();
  expect(await openFast().order(first)).toMatchObject({ outcome: "accepted" });
  const dearer = { ...first, value: { minor: 5_000, currency: "EUR" } };
  expect(await openFast().order(dearer)).toMatchObject({
    outcome: "unknown",
    detail: expect.stringContaining("a value of 25 EUR"),
  });
  expect(await openFast().lookup(first.key, dearer)).toMatchObject({ found: "different" });
  api.items.push({ ...(api.items[0] as TangoApi["items"][number]), utid: "U777" });
  const another = { ...first, options: { utid: "U777" } };
  expect(await openFast().lookup(first.key, another)).toMatchObject({
    found: "different",
    detail: expect.stringContaining("the item U561593"),
  });
});

test("nothing is sent for a value in another currency than the item's", async () => {
  const before = api.requests.filter(({ call }) => call === "POST /orders").length;
  const dollars = await request({ value: { minor: 2_500, currency: "USD" } });
  expect(await openFast().order(dollars)).toMatchObject({
    outcome: "rejected",
    kind: "configuration",
    detail: "Tango: utid `U561593` (Amazon.it) is in EUR, not in USD.",
  });
  expect(api.requests.filter(({ call }) => call === "POST /orders")).toHaveLength(before);
});

test("catalogue, balance and the doctor say what the account can do, or what is wrong", async () => {
  expect(await open().catalog?.()).toMatchObject({
    ok: true,
    value: expect.arrayContaining([
      {
        id: "U561593",
        name: "Amazon.it",
        currency: "EUR",
        countries: ["IT"],
        values: { from: 100, to: 50_000 },
        atOnce: true,
      },
      { id: "U666425", name: "Coffee card", currency: "USD", countries: ["US"], values: { of: [2_500] }, atOnce: true },
    ]),
  });
  expect(await open().balance?.()).toEqual({
    ok: true,
    value: [{ minor: expect.any(Number), currency: "EUR" }],
  });
  const wrong = open({ platformKey: "wrong" });
  expect(await wrong.check()).toMatchObject([{ ok: false, found: "refused (401)" }]);
  expect(await wrong.balance?.()).toMatchObject({ ok: false });
  expect(await open({ account: "no-such-account" }).check()).toMatchObject([
    { ok: true },
    { ok: false, found: "not on this platform" },
  ]);
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Database, Sql } from "../../src/db/sql.ts";
import {
  importCodes,
  type OrderOutcome,
  type OrderRequest,
  openProvider,
  type Provider,
  poolStock,
} from "../../src/rewards/index.ts";
import { freshDatabase } from "../support/database.ts";
import { insertGrantRow } from "../support/grant-row.ts";
import { now, recipient, sealer } from "./provider-benches.ts";

let sql: Database;
let pool = "";
let pools = 0;
let warnings: string[] = [];

beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(() => sql.close());
beforeEach(() => {
  pools += 1;
  pool = `pool-${pools}`;
  warnings = [];
});

const open = (settings: object = {}): Provider => {
  const warn = (about: string, text: string) => warnings.push(`${about}: ${text}`);
  const opened = openProvider("code-pool", settings, { id: "codes", sql, sealer, now: () => now, warn });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.provider;
};
const request = async (): Promise<OrderRequest> => ({
  key: await insertGrantRow(sql, { provider: "code-pool", currency: "EUR" }),
  value: { minor: 5_000, currency: "EUR" },
  options: { pool },
  title: "50 EUR voucher",
  recipient,
});
const stock = async () => (await poolStock(sql, now)).find((each) => each.pool === pool);
const importing = (csv: string, at = now) => importCodes(sql, sealer, pool, csv, at);
const codesFor = (count: number) => Array.from({ length: count }, (_, at) => `${pool}-CODE-${at}`);

const contentOf = async (provider: Provider) => {
  const outcome = await provider.order(await request());
  return outcome.outcome === "accepted" ? outcome.content : outcome;
};

test("20 orders at once on 10 codes: 10 get one each, 10 wait for a refill", async () => {
  const codes = codesFor(10);
  await importing(`code\n${codes.join("\n")}`);
  const providers = [open(), open()];
  const requests = await Promise.all(Array.from({ length: 20 }, request));
  const outcomes = await Promise.all(requests.map((each, at) => providers[at % 2]?.order(each)));
  const given = outcomes.flatMap((each) =>
    each?.outcome === "accepted" && each.content.kind === "code" ? [each.content.code] : [],
  );
  expect([...given].sort()).toEqual([...codes].sort());
  const refused = outcomes.filter((each) => each?.outcome === "rejected" && each.kind === "funds");
  expect(refused).toHaveLength(10);
  expect(refused[0]).toMatchObject({
    code: "pool_empty",
    detail: `The pool "${pool}" has no codes left. Import more with: accolade codes import ${pool} <file.csv>`,
  });
  expect(await stock()).toEqual({ pool, free: 0, given: 10, expired: 0 });
});

test("20 orders with one key at once on the last code: all get it", async () => {
  for (let round = 0; round < 10; round++) {
    await importing(`code\nlast-${round}`);
    const same = await request();
    const provider = open();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => provider.order(same)));
    for (const each of outcomes)
      expect(each).toMatchObject({ outcome: "accepted", content: { code: `last-${round}` } });
    expect(await stock()).toEqual({ pool, free: 0, given: round + 1, expired: 0 });
  }
});

describe("somebody else at the same row", () => {
  /** Runs `other` in a transaction that ends only once an order waits for it. */
  const whileHeld = async (other: (tx: Sql) => Promise<unknown>, order: () => Promise<OrderOutcome>) =>
    sql
      .transaction(async (tx) => {
        await other(tx);
        const ordered = order();
        await untilSomebodyWaits();
        return { ordered };
      })
      .then(({ ordered }) => ordered);

  const untilSomebodyWaits = async () => {
    const deadline = Date.now() + 10_000;
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while (!(await sql.row(waiting)))
      if (Date.now() > deadline) throw new Error("nobody waited for the other transaction");
  };

  test("the last code, given back: it is not empty", async () => {
    await importing("code\nlast");
    const order = await request();
    const outcome = await whileHeld(
      (tx) => tx.run("select from codes where pool = $1 for update", [pool]),
      () => open().order(order),
    );
    expect(outcome).toMatchObject({ outcome: "accepted", content: { code: "last" } });
  });

  test("the last code, taken: it is empty", async () => {
    await importing("code\nlast");
    const [first, second] = [await request(), await request()];
    const outcome = await whileHeld(
      (tx) => tx.run("update codes set order_key = $2 where pool = $1", [pool, first.key]),
      () => open().order(second),
    );
    expect(outcome).toMatchObject({ outcome: "rejected", code: "pool_empty" });
  });

  test.each([
    ["the last code", "code\nfirst"],
    ["the next code", "code\nfirst\nsecond"],
  ])("%s, given to this very grant by another process: the same code", async (_, csv) => {
    await importing(csv);
    const order = await request();
    const outcome = await whileHeld(
      (tx) =>
        tx.run("update codes set order_key = $2 where id = (select min(id) from codes where pool = $1)", [
          pool,
          order.key,
        ]),
      () => open().order(order),
    );
    expect(outcome).toMatchObject({ outcome: "accepted", content: { code: "first" } });
    expect(await stock()).toMatchObject({ given: 1 });
  });
});

test("the code that expires soonest goes first, the one without an end last, an expired one never", async () => {
  const past = new Date("2026-10-01T00:00:00Z");
  await importing(
    "code,expires_on\nno-end,\nexpired,2026-11-22\nlate,2027-06-30\ntoday,2026-11-23\nsoon,2026-12-01\n",
    past,
  );
  expect(await stock()).toEqual({ pool, free: 4, given: 0, expired: 1 });
  const provider = open();
  expect([
    await contentOf(provider),
    await contentOf(provider),
    await contentOf(provider),
    await contentOf(provider),
  ]).toEqual([
    { kind: "code", code: "today", expiresOn: "2026-11-23" },
    { kind: "code", code: "soon", expiresOn: "2026-12-01" },
    { kind: "code", code: "late", expiresOn: "2027-06-30" },
    { kind: "code", code: "no-end" },
  ]);
  expect(await contentOf(provider)).toMatchObject({ outcome: "rejected", kind: "funds" });
});

test("a code comes with its PIN and its address, and lies sealed until then", async () => {
  await importing("code,pin,url\nPLAIN-CODE,9876,https://shop.example/redeem?c=PLAIN-CODE");
  const row = await sql.row<{ text: string }>("select codes::text as text from codes where pool = $1", [pool]);
  for (const secret of ["PLAIN-CODE", "9876", Buffer.from("PLAIN-CODE").toString("hex")])
    expect(row?.text).not.toContain(secret);
  expect(await contentOf(open())).toEqual({
    kind: "code",
    code: "PLAIN-CODE",
    pin: "9876",
    url: "https://shop.example/redeem?c=PLAIN-CODE",
  });
});

describe("low stock", () => {
  test("warns once when the pool becomes low, and again after a refill", async () => {
    const provider = open({ lowStock: 2 });
    await importing(`code\n${codesFor(4).join("\n")}`);
    await contentOf(provider);
    expect(warnings).toEqual([]);
    await contentOf(provider);
    const importMore = `Import more with: accolade codes import ${pool} <file.csv>`;
    expect(warnings).toEqual([`pool:${pool}: The pool "${pool}" has 2 codes left. ${importMore}`]);
    await contentOf(provider);
    await contentOf(provider);
    await contentOf(provider);
    expect(warnings).toHaveLength(1);
    await importing("code\nA\nB\nC\nD");
    await contentOf(provider);
    expect(warnings).toHaveLength(1);
    await contentOf(provider);
    expect(warnings).toHaveLength(2);
  });

  test("is what the doctor reports", async () => {
    await importing("code\nonly-one");
    const checks = await open({ lowStock: 1 }).check();
    expect(checks).toContainEqual({
      ok: false,
      what: `code pool "${pool}"`,
      found: "1 code left",
      todo: `Import more with: accolade codes import ${pool} <file.csv>`,
    });
    expect(await open({ lowStock: 0 }).check()).toContainEqual({
      ok: true,
      what: `code pool "${pool}"`,
      detail: "1 code left",
    });
  });
});

test("without any codes the doctor says how to begin", async () => {
  const empty = await freshDatabase();
  const opened = openProvider("code-pool", {}, { id: "codes", sql: empty, sealer, now: () => now, warn: () => {} });
  if (!opened.ok) throw new Error("not opened");
  expect(await opened.provider.check()).toEqual([
    {
      ok: false,
      what: "code pools",
      found: "no codes imported yet",
      todo: "Import more with: accolade codes import <pool> <file.csv>",
    },
  ]);
  await empty.close();
});

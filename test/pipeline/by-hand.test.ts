/** What a person does with one grant: tries one again that has failed, takes one back that was given. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { moveGrants } from "../../src/ledger/grant-states.ts";
import { freeGrants } from "../../src/pipeline/decide-free.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { listTasks } from "../../src/pipeline/tasks.ts";
import { importCodes } from "../../src/rewards/index.ts";
import { type GiftBench, openGiftBench } from "../support/gift-bench.ts";
import { startTremendousApi, type TremendousApi } from "../support/tremendous-api.ts";

let bench: GiftBench;
let vendor: TremendousApi;
beforeAll(async () => {
  vendor = await startTremendousApi();
  vendor.behaviour.balance = 1_000_000;
  bench = await openGiftBench({
    providers: [
      "desk: { provider: manual }",
      "codes: { provider: code-pool, lowStock: 0 }",
      `cards: { provider: tremendous, environment: sandbox, apiKey: ${vendor.apiKey}, apiBase: "${vendor.url}", timeoutMs: 500 }`,
    ],
    rewards: [
      { id: "mug", yaml: "provider: desk, value: 10 EUR" },
      { id: "code", yaml: "provider: codes, pool: x, value: 20 EUR" },
      { id: "card", yaml: "provider: cards, products: [amazon-it], value: 50 EUR" },
      { id: "owed", yaml: "provider: cards, products: [amazon-it], value: 50 EUR", rule: "clawback: true" },
      { id: "capped", yaml: "provider: desk, value: 10 EUR", rule: "limits: [1 per owner per month]" },
    ],
    budget: "1000 EUR",
  });
  const codes = Array.from({ length: 20 }, (_, at) => `CODE-${at}`);
  await importCodes(bench.database, bench.corridor.sealer, "x", `code\n${codes.join("\n")}`, bench.clock.now());
}, 60_000);
afterAll(async () => {
  await bench.close();
  await vendor.close();
});

const because = "The last one was damaged";
const retry = (who: string, grant: string) => bench.call(who, "POST", `/grants/${grant}/retry`, { because });
const takeBack = (who: string, grant: string) => bench.call(who, "POST", `/grants/${grant}/take-back`, { because });
const kinds = async (grant: string) => (await bench.told(grant)).map(({ kind }) => kind);
const standing = (grant: string) => vendor.orders.filter(({ body }) => keys.get(grant)?.has(body.external_id)).length;
const keys = new Map<string, Set<string>>();
const ordersOf = async (grant: string) => {
  const rows = await bench.database.rows<{ key: string }>(
    `select request ->> 'key' as key from orders where grant_id = $1
     union all select request ->> 'key' from orders_past where grant_id = $1`,
    [grant],
  );
  keys.set(grant, new Set(rows.map(({ key }) => key)));
  return rows.length;
};
const cannot = async (grant: string) => {
  const task = (await listTasks(bench.corridor, { state: "open", limit: 500 })).find(
    (each) => each.grant?.id === grant,
  );
  await bench.call("anna", "POST", `/rewards/tasks/${task?.id}/cannot`, { reason: "None are left" });
};
/** A grant that its vendor refused for good. */
const refused = async (reward = "card") => {
  vendor.faults.instead = { to: "POST /orders", status: 400, body: { errors: { message: "No such product" } } };
  const made = await bench.ordered(reward);
  vendor.faults.instead = undefined;
  expect(await bench.grant(made.grant)).toMatchObject({ state: "failed" });
  return made;
};

describe("trying again what has failed", () => {
  test("a task that could not be done: reserved anew, a new task, and the recipient is told of it", async () => {
    const { grant } = await bench.ordered("mug");
    expect(await kinds(grant)).toEqual(["reward"]);
    const before = await bench.budget();
    await cannot(grant);
    expect(await bench.budget()).toBe((before ?? 0) + 1_000);
    expect(await retry("anna", grant)).toMatchObject({
      status: 200,
      body: { said: expect.stringContaining("ordered again, with a new key, from desk") },
    });
    expect(await bench.budget()).toBe(before);
    expect((await bench.moves(grant)).at(-1)).toEqual({
      to_state: "approved",
      actor: "anna@acme.example",
      why: `tried again by hand: ${because}`,
    });
    await fulfil(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    expect(await ordersOf(grant)).toBe(2);
    expect(keys.get(grant)?.size).toBe(2);
    expect(await kinds(grant)).toEqual(["reward", "reward"]);
    expect(await bench.faults()).toEqual([]);
  });

  test("what a vendor refused for good, once it takes it", async () => {
    const { grant } = await refused();
    // what the vendor said is quoted as theirs, in the reader's language around it
    for (const [lang, says] of [
      ["en", "waits: Tremendous says: “"],
      ["it", "in attesa: Tremendous dice: “"],
    ]) {
      const { body } = await bench.call("anna", "GET", `/explain/${grant}?lang=${lang}`);
      expect(JSON.stringify(body.lines)).toContain(says);
    }
    expect((await retry("anna", grant)).status).toBe(200);
    await fulfil(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    await ordersOf(grant);
    expect(standing(grant)).toBe(1);
    expect(await kinds(grant)).toEqual(["reward"]);
    expect(await bench.faults()).toEqual([]);
  });

  test("not while the vendor has an order of it, nor while it cannot tell and nobody heard the end of one", async () => {
    // the first order arrives and nobody hears of it; sent again it is refused for good, as vendors do in trouble
    vendor.faults.afterAccept = "reset";
    const { grant } = await bench.ordered("card");
    vendor.faults.afterAccept = undefined;
    await bench.database.transaction(async (tx) => {
      await moveGrants(tx, [
        { grantId: grant, from: "unknown", to: "failed", actor: "fulfil", why: "No such product" },
      ]);
      await freeGrants(tx, [grant]);
    });
    expect(await retry("anna", grant)).toMatchObject({ status: 409, body: { error: "may_stand" } });
    bench.clock.advance(600_000);
    vendor.faults.instead = { to: "GET /orders", status: 503 };
    expect(await retry("anna", grant)).toMatchObject({
      status: 409,
      body: { error: "may_stand", message: expect.stringContaining("cannot tell whether an order of before stands") },
    });
    vendor.faults.instead = undefined;
    expect(await retry("anna", grant)).toMatchObject({
      status: 409,
      body: { error: "may_stand", message: expect.stringContaining("cancel that one there, then try again") },
    });
    expect(await bench.grant(grant)).toMatchObject({ state: "failed" });
    for (const order of vendor.orders) if (order.body.external_id === grant) order.status = "CANCELED";
    expect((await retry("anna", grant)).status).toBe(200);
    await fulfil(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
    await ordersOf(grant);
    expect(
      vendor.orders.filter((o) => keys.get(grant)?.has(o.body.external_id) && o.status !== "CANCELED"),
    ).toHaveLength(1);
  });

  test("not where its budget or a limit of its rule has no room, nor once it is not due", async () => {
    const { grant, deal } = await bench.ordered("capped");
    await cannot(grant);
    const other = await bench.ordered("capped");
    expect(await bench.grant(other.grant)).toMatchObject({ state: "issued" });
    expect(await retry("anna", grant)).toMatchObject({
      status: 409,
      body: { error: "no_room", message: expect.stringContaining("1 per owner per month") },
    });
    const left = (await bench.budget()) ?? 0;
    const failed = await refused();
    await bench.database.run("update ledger_accounts set balance_minor = 4000 where code = 'budget:all'");
    expect(await retry("anna", failed.grant)).toMatchObject({ status: 409, body: { error: "no_room" } });
    await bench.database.run("update ledger_accounts set balance_minor = $1 where code = 'budget:all'", [left]);
    expect(await bench.grant(failed.grant)).toMatchObject({ state: "failed" });

    bench.clock.advance(60_000);
    await bench.change(failed.deal, { dealstage: "closedlost" });
    expect(await retry("anna", failed.grant)).toMatchObject({
      status: 409,
      body: { error: "not_due", message: expect.stringContaining("the deal was lost") },
    });
    bench.clock.advance(60_000);
    await bench.change(failed.deal, { dealstage: "closedwon" });
    expect((await retry("anna", failed.grant)).status).toBe(200);
    expect(deal).not.toBe(other.deal);
    expect(await bench.faults()).toEqual([]);
  });
});

test("who may: approvers and admins, with a reason, and nobody for their own", async () => {
  const { grant } = await bench.ordered("mug");
  await cannot(grant);
  for (const act of [retry, takeBack]) {
    expect(await act("edda", grant)).toMatchObject({ status: 403, body: { error: "role" } });
    expect(await act("anna", "00000000-0000-4000-8000-000000000000")).toMatchObject({ status: 404 });
  }
  expect(await takeBack("anna", grant)).toMatchObject({ status: 409, body: { error: "state" } });
  expect(await bench.call("anna", "POST", `/grants/${grant}/retry`, { because: " " })).toMatchObject({ status: 422 });
  await bench.database.run("update recipients set email = 'Anna@acme.example' where email = 'tom@acme.example'");
  expect(await retry("anna", grant)).toMatchObject({ status: 403, body: { error: "own" } });
  await bench.database.run("update recipients set email = 'tom@acme.example' where email = 'Anna@acme.example'");
  expect((await retry("anna", grant)).status).toBe(200);
  expect(await retry("anna", grant)).toMatchObject({ status: 409, body: { error: "state" } });
});

describe("taking back", () => {
  test("a code that nobody saw: at the provider, and its recipient reads the reason", async () => {
    const before = await bench.budget();
    const { grant, deal } = await bench.ordered("code", "77");
    expect(await takeBack("anna", grant)).toMatchObject({
      status: 200,
      body: { said: expect.stringContaining("Taken back") },
    });
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await bench.budget()).toBe(before);
    const told = await bench.told(grant);
    expect(told.at(-1)).toMatchObject({ kind: "reversed", text: expect.stringContaining(because) });
    expect(await bench.page(grant)).toContain(`lo ha deciso una persona: “${because}”`);
    // no rule gives it again, whatever the record says
    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedlost" });
    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedwon" });
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await bench.faults()).toEqual([]);
  });

  test("before it is ordered: cancelled, and nobody was told anything", async () => {
    const before = await bench.budget();
    const { grant, deal } = await bench.won("mug");
    expect(await takeBack("paula", grant)).toMatchObject({ status: 401 });
    expect((await takeBack("anna", grant)).status).toBe(200);
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await bench.budget()).toBe(before);
    bench.clock.advance(60_000);
    await bench.change(deal, { amount: "70000" });
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await kinds(grant)).toEqual([]);
  });

  test("what the provider takes back from nobody: owed where its rule says so, else refused and as before", async () => {
    const owed = await bench.ordered("owed");
    expect(await kinds(owed.grant)).toEqual(["reward"]);
    expect(await takeBack("anna", owed.grant)).toMatchObject({
      status: 200,
      body: { said: expect.stringContaining("its recipient owes it") },
    });
    expect(await bench.grant(owed.grant)).toMatchObject({ state: "clawed_back" });
    expect(await kinds(owed.grant)).toEqual(["reward", "reversed"]);
    await settleMark(bench.corridor, owed.grant);
    bench.clock.advance(60_000);
    await bench.change(owed.deal, { amount: "70000" });
    await settleMark(bench.corridor, owed.grant);
    expect(await bench.grant(owed.grant)).toMatchObject({ state: "clawed_back" });

    const { grant, deal } = await bench.ordered("card", "77");
    const was = await bench.grant(grant);
    expect(await takeBack("anna", grant)).toMatchObject({
      status: 409,
      body: { error: "stays", message: expect.stringContaining("its rule has no `clawback: true`") },
    });
    expect(await bench.grant(grant)).toMatchObject({ state: "issued", waiting: was.waiting });
    expect((await bench.moves(grant)).at(-1)?.why).toContain("it stays, although somebody decided so");
    expect(await kinds(grant)).toEqual(["reward"]);
    // and its rule holds for it as before
    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedlost" });
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ waiting: expect.stringContaining("cannot be taken back") });
    expect(await bench.faults()).toEqual([]);
  });

  test("a provider that does not answer is asked to the end", async () => {
    vendor.behaviour.delivery = "FAILED";
    const { grant } = await bench.ordered("owed", "77");
    vendor.behaviour.delivery = "SUCCEEDED";
    vendor.faults.afterCancel = "reset";
    expect(await takeBack("anna", grant)).toMatchObject({
      status: 200,
      body: { said: expect.stringContaining("goes on by itself") },
    });
    vendor.faults.afterCancel = undefined;
    expect(await takeBack("anna", grant)).toMatchObject({ status: 409, body: { error: "not_due" } });
    bench.clock.advance(3_600_000);
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await bench.faults()).toEqual([]);
  });

  test("while it is ordered: once the order is settled, and not where it is refused", async () => {
    vendor.faults.afterAccept = "reset";
    const { grant } = await bench.ordered("owed", "77");
    vendor.faults.afterAccept = undefined;
    expect(await takeBack("anna", grant)).toMatchObject({
      status: 200,
      body: { said: expect.stringContaining("as soon as that is settled") },
    });
    bench.clock.advance(600_000);
    await fulfil(bench.corridor, grant);
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "clawed_back" });

    const second = await bench.won("card");
    vendor.faults.instead = { to: "POST /orders", status: 402, body: { errors: { message: "Insufficient funds" } } };
    await bench.database.run("update grants set state = 'ordering' where id = $1", [second.grant]);
    expect((await takeBack("anna", second.grant)).status).toBe(200);
    await bench.database.run("update grants set state = 'approved' where id = $1", [second.grant]);
    vendor.faults.instead = undefined;
    await fulfil(bench.corridor, second.grant);
    expect(await bench.grant(second.grant)).toMatchObject({ state: "cancelled" });
    await ordersOf(second.grant);
    expect(standing(second.grant)).toBe(0);
    expect(await bench.faults()).toEqual([]);
  });
});

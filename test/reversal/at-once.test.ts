/** Two things at one moment: a reveal and a cancellation, two rewards and one debt, a vendor whose answer is lost. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Account, post } from "../../src/ledger/ledger.ts";
import { revealClaim, viewClaim } from "../../src/pipeline/claim.ts";
import { debtAccount, openDebts } from "../../src/pipeline/debts.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { openRoom, type Room } from "./room.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom();
}, 60_000);
afterAll(() => room?.close());
afterEach(() => {
  room.vendor.behaviour.delivery = "SUCCEEDED";
  room.vendor.faults.afterCancel = undefined;
  room.vendor.faults.instead = undefined;
});

const setClawback = (id: string) => room.database.run("update grants set clawback = true where id = $1", [id]);
/** This owner owes 50 EUR. */
const owing = async (owner: string) => {
  const id = await room.issued("card", owner);
  await setClawback(id);
  await room.mark(id, "deal.lost");
  await room.settle(id);
  return id;
};
const codeOf = (id: string) => room.database.row("select from codes where order_key = $1", [id]);

test("a code is shown, or given back to the pool, and never both", async () => {
  const grants: string[] = [];
  for (let n = 0; n < 12; n++) grants.push(await room.issued("code", room.owner()));
  const ends = new Set<string>();
  await Promise.all(
    grants.map(async (id) => {
      const token = await room.token(id);
      await room.mark(id, "deal.lost");
      const [seen] = await Promise.all([revealClaim(room.corridor, token), room.settle(id)]);
      const { state } = await room.grant(id);
      const shown = seen?.content !== null && seen !== undefined;
      ends.add(`${shown ? "shown" : "not shown"}, ${state}, code ${(await codeOf(id)) ? "kept" : "back"}`);
    }),
  );
  expect(
    [...ends].filter((end) => !["shown, issued, code kept", "not shown, cancelled, code back"].includes(end)),
  ).toEqual([]);
});

test("while the provider is asked, nobody is shown the code, and the page says so", async () => {
  const id = await room.issued("code", room.owner());
  const provider = room.corridor.providers.get("codes")?.provider;
  const cancel = provider?.cancel;
  if (!provider || !cancel) throw new Error("no provider");
  const token = await room.token(id);
  await room.mark(id, "deal.lost");
  provider.cancel = async (...asked) => {
    expect(await revealClaim(room.corridor, token)).toMatchObject({ content: null, takingBack: true });
    return cancel.apply(provider, asked);
  };
  await room.settle(id);
  provider.cancel = cancel;
  expect((await room.grant(id)).state).toBe("cancelled");
  // the link that was good until then says what happened; one that was revoked before says nothing
  expect(await viewClaim(room.corridor, token)).toMatchObject({
    undone: { reason: "the deal was lost" },
    content: null,
  });
  await room.database.run("update grants set claim_version = claim_version + 1 where id = $1", [id]);
  expect(await viewClaim(room.corridor, token)).toBeUndefined();
});

test("lost while it is ordered, and won again before anybody takes it back: they are told of it, once", async () => {
  const id = await room.win("card", room.owner());
  const provider = room.corridor.providers.get("cards")?.provider;
  const order = provider?.order;
  if (!provider || !order) throw new Error("no provider");
  provider.order = async (...asked) => {
    await room.mark(id, "deal.lost");
    return order.apply(provider, asked);
  };
  await room.order(id);
  provider.order = order;
  const messages = () => room.database.rows("select kind from messages where grant_id = $1", [id]);
  expect(await room.grant(id)).toMatchObject({ state: "issued", undone_why: "deal.lost" });
  expect(await messages()).toEqual([]);
  await room.mark(id, null);
  room.clock.advance(10_000);
  // nobody rings for it but the sweeper
  const before = (await room.grant(id)).not_before;
  await sweep(room.corridor);
  expect((await room.grant(id)).not_before.getTime()).toBeGreaterThan(before.getTime());
  for (let time = 0; time < 2; time++) {
    await room.settle(id);
    expect(await messages()).toEqual([{ kind: "reward" }]);
  }
  expect(room.vendor.orders.filter(({ body }) => body.external_id === id)).toHaveLength(1);
});

test("two rewards at once do not pay one debt twice", async () => {
  const owner = room.owner();
  await owing(owner);
  const later = [await room.win("card", owner), await room.win("card", owner), await room.win("card", owner)];
  await Promise.all(later.map((id) => room.order(id)));
  const grants = await Promise.all(later.map((id) => room.grant(id)));
  expect(grants.map((grant) => [grant.state, grant.netted_minor]).sort()).toEqual([
    ["issued", 0],
    ["issued", 0],
    ["issued", 5_000],
  ]);
  expect(await room.balance(debtAccount(grants[0]?.recipient.id ?? ""))).toBe(0);
});

test("a reward that was to pay a debt and cannot be ordered pays nothing", async () => {
  const owner = room.owner();
  const debtor = await owing(owner);
  const later = await room.win("card", owner);
  await room.setCost(later, 8_000);
  room.vendor.faults.instead = { to: "POST /orders", status: 400, body: { errors: { message: "No" } } };
  await room.order(later);
  expect(await room.grant(later)).toMatchObject({ state: "failed", netted_minor: 0 });
  expect((await openDebts(room.database)).find((debt) => debt.grant_id === debtor)).toMatchObject({
    open_minor: 5_000,
    promised_minor: 0,
  });
  expect(await room.balance("reserved")).toBe(0);
});

test("while an order that pays a debt is under way, the debt is promised, and its grant waits to come back", async () => {
  const owner = room.owner();
  const debtor = await owing(owner);
  const later = await room.win("card", owner);
  await room.setCost(later, 8_000);
  room.vendor.faults.instead = { to: "POST /orders", status: 402, body: { errors: { message: "No money" } } };
  await room.order(later);
  expect((await openDebts(room.database)).find((debt) => debt.grant_id === debtor)).toBeUndefined();
  await room.mark(debtor, null);
  await room.settle(debtor);
  expect(await room.grant(debtor)).toMatchObject({
    state: "clawed_back",
    waiting: expect.stringContaining("waited for"),
  });

  room.vendor.faults.instead = undefined;
  room.clock.advance(3_600_000);
  await room.order(later);
  await room.settle(debtor);
  await room.order(debtor);
  expect(await room.grant(debtor)).toMatchObject({ state: "issued", round: 2, waiting: null });
  const mine = room.vendor.orders.slice(-3).map((order) => order.body.reward.value.denomination);
  // the first, the rest of the later one, and once more what the later one had paid
  expect(mine).toEqual([50, 30, 50]);
});

test("what a budget does not hold any more is paid out again once there is money", async () => {
  const move = (key: string, from: Account, to: Account, minor: number) =>
    post(room.database, [
      { key: `budget/b/${key}`, grantId: null, what: "fund", from, to, amount: { minor, currency: "EUR" } },
    ]);
  const owner = room.owner();
  const debtor = await room.win("card", owner);
  await room.database.run("update grants set budget = 'b', clawback = true where id = $1", [debtor]);
  await room.order(debtor);
  await room.mark(debtor, "deal.lost");
  await room.settle(debtor);
  await room.issued("card", owner);
  // what the later reward recovered is there, and then spent on somebody else
  expect(await room.balance("budget:b")).toBe(5_000);
  await move("1", "budget:b", "funding", 4_000);

  await room.mark(debtor, null);
  await room.settle(debtor);
  expect(await room.grant(debtor)).toMatchObject({
    state: "clawed_back",
    waiting: 'due again: its budget "b" holds less than 50 EUR',
  });
  await move("2", "funding", "budget:b", 4_000);
  room.clock.advance(3_600_000);
  await room.settle(debtor);
  await room.order(debtor);
  expect(await room.grant(debtor)).toMatchObject({ state: "issued", round: 2, waiting: null });
  expect(await room.balance("budget:b")).toBe(0);
});

test("a cancellation whose answer is lost is asked again, and happens once", async () => {
  room.vendor.behaviour.delivery = "FAILED";
  const id = await room.issued("card", room.owner());
  room.vendor.faults.afterCancel = 500;
  await room.mark(id, "deal.lost");
  await room.settle(id);
  expect(await room.grant(id)).toMatchObject({ state: "issued", taking_back_at: expect.any(Date) });
  await room.settle(id);
  room.vendor.faults.afterCancel = undefined;
  room.clock.advance(3_600_000);
  await room.settle(id);
  expect((await room.grant(id)).state).toBe("cancelled");
  expect(room.vendor.requests.filter(({ call }) => call.endsWith("/cancel"))).toHaveLength(1);
  const attempts = await room.database.rows("select what, outcome from attempts where grant_id = $1 order by id", [id]);
  expect(attempts).toEqual([
    { what: "order", outcome: "accepted" },
    { what: "cancel", outcome: "unknown" },
    { what: "cancel", outcome: "accepted" },
  ]);
});

test("due again while the provider is asked: the record is judged once more", async () => {
  const id = await room.issued("code", room.owner());
  const provider = room.corridor.providers.get("codes")?.provider;
  const cancel = provider?.cancel;
  if (!provider || !cancel) throw new Error("no provider");
  await room.mark(id, "deal.lost");
  provider.cancel = async (...asked) => {
    await room.mark(id, null);
    return cancel.apply(provider, asked);
  };
  await room.settle(id);
  provider.cancel = cancel;
  await room.bench.drain();
  expect(await room.grant(id)).toMatchObject({ state: "approved", undone_at: null });
  await room.order(id);
  expect(await room.grant(id)).toMatchObject({ state: "issued", round: 2 });
});

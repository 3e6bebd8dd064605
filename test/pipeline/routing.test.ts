/** A reward that several providers can supply: who is asked, in which order, and that nobody is paid twice. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { pauseSending, resumeSending } from "../../src/pipeline/pause.ts";
import { countryOf } from "../../src/pipeline/recipient-country.ts";
import { watchProviders } from "../../src/pipeline/watch-providers.ts";
import { openRoutingBench, type RoutingBench } from "../support/routing-bench.ts";

const MINUTE = 60_000;
let at: RoutingBench;

const rewards = `
rewards:
  - id: card
    value: 100 EUR
    via:
      - { provider: tremendous, products: [amazon-it], countries: [IT] }
      - { provider: tango, utid: U561593 }
`;
beforeEach(async () => {
  at = await openRoutingBench(rewards);
}, 60_000);
afterEach(() => at.close());

const poor = { to: "POST /orders", status: 402, body: { errors: { message: "Insufficient funds" } } };

test.each([
  [
    { phone: "+39 347 123 4567", time_zone: "Europe/Berlin" },
    { country: "IT", by: "phone number" },
  ],
  [
    { phone: null, time_zone: "Europe/Berlin" },
    { country: "DE", by: "time zone" },
  ],
  [
    { phone: null, time_zone: "Asia/Kolkata" },
    { country: "IN", by: "time zone" },
  ],
  [
    { phone: "+1 604 555 0100", time_zone: null },
    { country: "CA", by: "phone number" },
  ],
  [{ phone: null, time_zone: "UTC" }, undefined],
  [{ phone: null, time_zone: "Mars/Olympus" }, undefined],
])("where somebody is: %j", (person, known) => {
  expect(countryOf(person)).toEqual(known);
});

test("the first provider that fits is asked, and the history says why it was not an earlier one", async () => {
  const [[giulia], [karl], [nemo]] = [await at.win("77"), await at.win("78"), await at.win("79")];
  await at.workFor(MINUTE);
  expect(await at.grant(giulia ?? "")).toMatchObject({
    state: "issued",
    provider: "tremendous",
    moves: expect.arrayContaining(["ordering: order from tremendous"]),
  });
  expect(await at.grant(karl ?? "")).toMatchObject({
    state: "issued",
    provider: "tango",
    moves: expect.arrayContaining([
      "ordering: order from tango, since tremendous is only for IT, and the recipient's time zone is of DE",
    ]),
  });
  expect((await at.grant(nemo ?? "")).moves).toContainEqual(
    expect.stringContaining("nobody knows the recipient's country (add their phone number or time zone)"),
  );
  expect([...at.standing().values()]).toEqual([1, 1, 1]);
});

test("a provider that refuses is followed by the next one, with a key of its own, and one order stands", async () => {
  at.tremendous.faults.instead = poor;
  const [id = ""] = await at.win();
  await at.workFor(MINUTE);
  const grant = await at.grant(id);
  expect(grant).toMatchObject({
    state: "issued",
    provider: "tango",
    attempts: ["tremendous order rejected", "tango order accepted"],
  });
  expect(grant.moves).toContainEqual("ordering: order from tango, since tremendous refused it (funds)");
  expect(at.tango.orders).toHaveLength(1);
  expect(at.tango.orders[0]?.body.externalRefID).not.toBe(id);
  expect(at.tremendous.orders).toHaveLength(0);
  const issued = await at.sql.row<{ minor: number }>(
    `select sum(e.amount_minor)::bigint as minor from ledger_entries e join ledger_accounts a on a.id = e.account_id
     where a.code = 'issued' and a.currency = 'EUR'`,
  );
  expect(issued).toEqual({ minor: 10_000 });
});

test("when all of them refuse, it waits, and the next walk through them begins with the first", async () => {
  at.tremendous.faults.instead = poor;
  at.tango.behaviour.balance = 50;
  const [id = ""] = await at.win();
  await at.work();
  await at.work();
  expect(await at.grant(id)).toMatchObject({
    state: "approved",
    waiting: expect.stringContaining("not enough money in the account at Tango"),
    attempts: ["tremendous order rejected", "tango order rejected"],
  });
  at.tremendous.faults.instead = undefined;
  await at.workFor(10 * MINUTE);
  expect(await at.grant(id)).toMatchObject({
    state: "issued",
    provider: "tremendous",
    attempts: ["tremendous order rejected", "tango order rejected", "tremendous order accepted"],
  });
  expect([...at.standing().values()]).toEqual([1]);
});

test("a refusal for good is not asked again; where every provider refuses for good, it has failed", async () => {
  const refusesForGood = {
    to: "POST /orders",
    status: 400,
    body: { i18nKey: "422.009", message: "No", errors: { message: "No" } },
  };
  at.tremendous.faults.instead = refusesForGood;
  at.tango.faults.instead = { to: "POST /orders", status: 503 };
  const [id = ""] = await at.win();
  await at.workFor(MINUTE / 2);
  expect(await at.grant(id)).toMatchObject({ state: "unknown", provider: "tango" });
  at.tango.faults.instead = refusesForGood;
  await at.workFor(10 * MINUTE);
  expect(await at.grant(id)).toMatchObject({
    state: "failed",
    waiting: expect.stringContaining("tremendous refused it: "),
  });
  expect((await at.grant(id)).attempts.filter((attempt) => attempt === "tremendous order rejected")).toHaveLength(1);
  expect(at.standing().size).toBe(0);
});

test("an order of unknown outcome is looked for, and another provider is asked only after a late look-up still finds none", async () => {
  at.tremendous.faults.instead = { to: "POST /orders", status: 503 };
  const [id = ""] = await at.win();
  await at.workFor(MINUTE);
  // sent twice in vain; nobody else was asked yet
  expect(await at.grant(id)).toMatchObject({ state: "unknown", provider: "tremendous" });
  expect(at.tango.orders).toHaveLength(0);
  await at.workFor(5 * MINUTE);
  const grant = await at.grant(id);
  expect(grant).toMatchObject({ state: "issued", provider: "tango" });
  expect(grant.attempts.slice(-3)).toEqual([
    "tremendous lookup accepted",
    "tremendous lookup accepted",
    "tango order accepted",
  ]);
  expect([...at.standing().values()]).toEqual([1]);
});

test("an order that its provider took after all is found before anybody else is asked", async () => {
  at.tremendous.faults.afterAccept = 500;
  const [id = ""] = await at.win();
  await at.work();
  at.tremendous.faults.instead = { to: "GET /orders", status: 503 };
  await at.workFor(30 * MINUTE);
  expect(await at.grant(id)).toMatchObject({ state: "unknown", provider: "tremendous" });
  at.tremendous.faults.instead = undefined;
  await at.workFor(90 * MINUTE);
  expect(await at.grant(id)).toMatchObject({ state: "issued", provider: "tremendous" });
  expect(at.tango.orders).toHaveLength(0);
  expect([...at.standing().values()]).toEqual([1]);
});

test("a paused provider is passed over; where all are paused, it waits for the first", async () => {
  const pause = (provider: string) =>
    at.bench.opened.database.transaction((tx) =>
      pauseSending(tx, { scope: `provider:${provider}`, since: at.clock.now(), by: "anna", why: "test" }),
    );
  await pause("tremendous");
  const [first = ""] = await at.win();
  await at.work();
  expect(await at.grant(first)).toMatchObject({ state: "issued", provider: "tango" });
  await pause("tango");
  const [second = ""] = await at.win();
  await at.work();
  expect(await at.grant(second)).toMatchObject({ state: "approved", waiting: expect.stringContaining("paused") });
  await at.bench.opened.database.transaction((tx) => resumeSending(tx, { by: "anna", at: at.clock.now() }));
  await at.workFor(61 * MINUTE);
  expect(await at.grant(second)).toMatchObject({ state: "issued", provider: "tremendous" });
});

test("a balance that does not last, and a catalogue without the product, speak for another provider", async () => {
  await at.close();
  at = await openRoutingBench(`
rewards:
  - id: card
    value: 100 EUR
    via:
      - { provider: tango, utid: U561593 }
      - { provider: tango, utid: U666425, currencies: [USD] }
      - { provider: tremendous, products: [amazon-it], atMost: 500 EUR }
`);
  at.tango.behaviour.balance = 50;
  await watchProviders(at.bench.opened.corridor);
  const [poorly = ""] = await at.win();
  await at.work();
  expect((await at.grant(poorly)).moves).toContainEqual(
    "ordering: order from tremendous, since tango has only 50 EUR; tango is not used for EUR",
  );

  at.clock.advance(MINUTE);
  at.tango.behaviour.balance = 5_000;
  (at.tango.items[0] as (typeof at.tango.items)[number]).maxValue = 20;
  await watchProviders(at.bench.opened.corridor, { anyway: true });
  const [dear = ""] = await at.win();
  await at.work();
  expect((await at.grant(dear)).moves).toContainEqual(
    expect.stringContaining(
      "since tango does not offer it (utid `U561593` (Amazon.it) comes as 1 EUR to 20 EUR, not as 100 EUR)",
    ),
  );
  expect(at.tango.requests.filter(({ call }) => call === "POST /orders")).toHaveLength(0);
});

test("a reward that fits nowhere says what keeps it from each of them", async () => {
  await at.close();
  at = await openRoutingBench(`
rewards:
  - { id: card, value: 100 EUR, via: [{ provider: tremendous, products: [a], countries: [FR] }, { provider: tango, utid: U561593, atMost: 50 EUR }] }
`);
  const [id = ""] = await at.win();
  await at.work();
  expect((await at.grant(id)).waiting).toBe(
    "no provider of this reward fits: tremendous is only for FR, and the recipient's phone number is of IT; tango is used up to 50 EUR",
  );
});

test("a key that the vendor has forgotten is never sent again: an order that waited too long gets a new one", async () => {
  await at.close();
  at = await openRoutingBench("rewards:\n  - { id: card, value: 100 EUR, provider: tango, utid: U561593 }\n");
  at.tango.behaviour.balance = 50;
  const [id = ""] = await at.win();
  await at.work();
  at.clock.advance(90 * 24 * 60 * MINUTE);
  at.tango.behaviour.balance = 5_000;
  await at.work();
  expect(await at.grant(id)).toMatchObject({ state: "issued" });
  expect(at.tango.orders.map(({ body }) => body.externalRefID)).not.toContain(id);
  expect(at.tango.orders).toHaveLength(1);
});

test("a walk through the providers pays a debt once, whichever of them supplies the rest", async () => {
  const [first = ""] = await at.win();
  await at.work();
  // what the first reward paid is owed: the second one nets it
  await at.sql.run(
    "insert into debts (grant_id, round, amount_minor, currency, since) values ($1, 1, 3000, 'EUR', $2)",
    [first, at.clock.now()],
  );
  at.tremendous.faults.instead = poor;
  const [second = ""] = await at.win();
  await at.workFor(MINUTE);
  expect(await at.grant(second)).toMatchObject({ state: "issued", provider: "tango" });
  expect(at.tango.orders.map(({ body }) => body.amount)).toEqual([70]);
  const nettings = await at.sql.rows<{ posted: boolean; minor: number }>(
    "select posted, amount_minor as minor from nettings where grant_id = $1",
    [second],
  );
  expect(nettings).toEqual([{ posted: true, minor: 3_000 }]);
});

/** `accolade rewards catalog|order|settle`, as an admin types them, with vendors in trouble. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openRoutingBench, type RoutingBench, SECRET_KEY } from "../support/routing-bench.ts";
import { runHere } from "../support/run-here.ts";

const MINUTE = 60_000;
let at: RoutingBench;
beforeEach(async () => {
  at = await openRoutingBench(`
rewards:
  - { id: card, value: 100 EUR, provider: tango, utid: U561593 }
`);
}, 60_000);
afterEach(() => at.close());

const run = (...args: string[]) =>
  runHere(args, at.bench.folder, {
    DATABASE_URL: at.bench.config.databaseUrl ?? "",
    PUBLIC_URL: "https://rewards.example",
    ACCOLADE_SECRET_KEY: SECRET_KEY,
  });

/** A grant whose order Tango took, and about which it says nothing. */
const silent = async (): Promise<string> => {
  at.tango.faults.after = { to: "POST /orders", fault: 500 };
  const [id = ""] = await at.win();
  await at.work();
  at.tango.faults.after = undefined;
  at.tango.faults.instead = { to: "GET /orders", status: 503 };
  await at.workFor(2 * MINUTE);
  return id;
};

test("the order of a grant on one screen: what was asked for, every call, what comes next, and no secrets", async () => {
  const id = await silent();
  const { stdout, code } = await run("rewards", "order", id);
  expect(code).toBe(0);
  expect(stdout).toContain(`Grant ${id}: unknown`);
  expect(stdout).toMatch(/The vendor is asked again: 2026-11-23 12:\d\d UTC|The vendor is asked again: 20/);
  expect(stdout).toContain('Order at tango\n  value      100 EUR\n  options    {"utid":"U561593"}');
  expect(stdout).toContain(`key        ${id}`);
  expect(stdout).toMatch(/tango +order +unknown +Tango answered 500/);
  expect(stdout).toMatch(/tango +lookup +unknown +Tango could not be asked about the order: it answered 503/);
  expect(stdout).toContain(`accolade rewards settle ${id} --ordered <reference>`);
  for (const secret of [at.tango.platformKey, at.tango.orders[0]?.claimCode ?? "", "giulia@acme.example", "Bianchi"])
    expect(stdout).not.toContain(secret);
  const json = JSON.parse((await run("rewards", "order", id, "--json")).stdout);
  expect(json).toMatchObject({ grant: id, state: "unknown", next: { what: "lookup" }, order: { provider: "tango" } });
  expect((await run("rewards", "order", "nobody")).stderr).toContain("found no such grant");
});

test("a person's word that it was ordered needs what its recipient is given, and is kept with their name", async () => {
  const id = await silent();
  const reference = at.tango.orders[0]?.referenceOrderID ?? "";
  const without = await run("rewards", "settle", id, "--ordered", reference);
  expect(without).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Give what its own pages show, with --link or --code"),
  });
  expect((await at.grant(id)).state).toBe("unknown");
  const settled = await run("rewards", "settle", id, "--ordered", reference, "--link", "https://tango.example/r/1");
  expect(settled).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Issued, with order ${reference} of Tango.`),
  });
  expect((await at.grant(id)).state).toBe("issued");
  const move = await at.sql.row<{ actor: string; why: string }>(
    "select actor, why from grant_moves where grant_id = $1 and to_state = 'issued'",
    [id],
  );
  expect(move?.actor).toMatch(/\(command line\)$/);
  expect(move?.why).toBe(`a person says that it was ordered, as ${reference}`);
  expect(at.tango.orders).toHaveLength(1);
  expect((await run("rewards", "settle", id, "--not-ordered")).stderr).toContain("found a grant that is issued");
});

test("where the vendor can tell, its word counts: another reference is refused, and what it has is used", async () => {
  const id = await silent();
  at.tango.faults.instead = undefined;
  const reference = at.tango.orders[0]?.referenceOrderID ?? "";
  expect((await run("rewards", "settle", id, "--ordered", "RA-wrong")).stderr).toContain(
    `Tango knows this order as ${reference}, and not as RA-wrong`,
  );
  expect((await run("rewards", "settle", id, "--not-ordered")).stderr).toContain(
    "it was ordered, and goes on by itself",
  );
  expect((await run("rewards", "settle", id, "--ordered", reference)).code).toBe(0);
  expect((await at.grant(id)).state).toBe("issued");
});

test("a person's word that it was not ordered sends the same key again: a mistake of theirs buys nothing twice", async () => {
  const id = await silent();
  const settled = await run("rewards", "settle", id, "--not-ordered");
  expect(settled).toMatchObject({ code: 0, stdout: expect.stringContaining("with the same key") });
  at.tango.faults.instead = undefined;
  at.clock.advance(10 * 24 * 60 * MINUTE);
  await at.workFor(10 * MINUTE);
  expect((await at.grant(id)).state).toBe("issued");
  expect(at.tango.orders).toHaveLength(1);
});

test("where another order has the key, a person's word lets it be ordered with a new one", async () => {
  const [id = ""] = await at.win();
  // somebody else used our key at the vendor, for something else
  at.tango.items.push({ ...(at.tango.items[0] as (typeof at.tango.items)[number]), utid: "U777" });
  await fetch(`${at.tango.url}/orders`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${at.tango.platformName}:${at.tango.platformKey}`).toString("base64")}`,
    },
    body: JSON.stringify({
      customerIdentifier: "acme-company",
      accountIdentifier: "acme-rewards",
      externalRefID: id,
      utid: "U777",
      amount: 100,
      deliveryMethod: "NONE",
      recipient: {},
    }),
  });
  await at.workFor(2 * MINUTE);
  expect(await at.grant(id)).toMatchObject({
    state: "unknown",
    waiting: expect.stringContaining("a person must look: Tango has order"),
  });
  expect((await run("rewards", "settle", id, "--not-ordered")).stdout).toContain("with a new key");
  at.clock.advance(10 * 24 * 60 * MINUTE);
  await at.workFor(MINUTE);
  expect((await at.grant(id)).state).toBe("issued");
  expect(at.tango.orders.map(({ body }) => body.externalRefID === id)).toEqual([true, false]);
  expect((await run("rewards", "order", id)).stdout).toContain(`Earlier order at tango, key ${id}: given up (absent)`);
});

test("settle says what it needs", async () => {
  const id = "8d6f0d3e-0000-4000-8000-000000000001";
  expect((await run("rewards", "settle", id)).stderr).toContain(
    "found neither --ordered <reference> nor --not-ordered",
  );
  expect((await run("rewards", "settle", id, "--not-ordered")).stderr).toContain("found no grant");
  expect((await run("rewards", "settle", id, "--ordered", "x", "--link", "ftp://x")).stderr).toContain(
    "begins with https://",
  );
});

test("the catalogue: what can be named, filtered, kept, and asked for anew", async () => {
  const all = await run("rewards", "catalog", "tango");
  expect(all).toMatchObject({ code: 0, stdout: expect.stringContaining("2 products of tango.") });
  expect(all.stdout).toMatch(/tango +U561593 +Amazon\.it +1 EUR to 500 EUR +IT +at once/);
  expect((await run("rewards", "catalog", "tango", "--country", "it", "--json")).stdout).toContain('"U561593"');
  expect((await run("rewards", "catalog", "tango", "--currency", "USD")).stdout).not.toContain("U561593");

  at.tango.items.push({
    ...(at.tango.items[0] as (typeof at.tango.items)[number]),
    utid: "U999",
    rewardName: "Zalando",
  });
  expect((await run("rewards", "catalog", "tango", "--search", "zalando")).stdout).toContain("0 products");
  expect((await run("rewards", "catalog", "tango", "--search", "zalando", "--refresh")).stdout).toContain("U999");

  at.tango.faults.instead = { to: "GET /catalogs", status: 503 };
  const failing = await run("rewards", "catalog", "tango", "--refresh");
  expect(failing).toMatchObject({ code: 1, stderr: "tango: Tango did not show its catalogue: it answered 503.\n" });
  expect(failing.stdout).toContain("U999");
  expect((await run("rewards", "catalog", "points")).stderr).toContain(
    "found `points`, expected one of tremendous, tango, giftbit",
  );
});

test("rules check compares products and amounts with what providers said last, and asks nobody unless told to", async () => {
  const file = path.join(at.bench.folder, "rules", "more.yaml");
  await writeFile(
    file,
    `rewards:
  - { id: dear, value: 800 EUR, provider: tango, utid: U561593 }
  - id: either
    via: [{ provider: tango, utid: U999 }, { provider: tango, utid: U666425, currencies: [USD] }]
rules:
  - { id: r, title: R, on: deal.won, reward: { to: owner, give: either, value: 25 USD } }
`,
  );
  const before = at.tango.requests.length;
  expect((await run("rules", "check")).stdout).not.toContain("catalogue");
  expect(at.tango.requests).toHaveLength(before);

  const { stdout } = await run("rules", "check", "--refresh");
  expect(stdout).toContain(
    "rules/more.yaml:2:17: found `800 EUR`, expected what `tango` can supply: as its catalogue said last, utid `U561593` (Amazon.it) comes as 1 EUR to 500 EUR, not as 800 EUR",
  );
  expect(stdout).toMatch(
    /rules\/more.yaml:6:\d+: found `25 USD`, expected what `tango` can supply: .*utid `U999` is not in its catalogue/,
  );

  at.tango.faults.instead = { to: "GET /", status: 503 };
  // kept: without --refresh the same is said, and nobody is asked
  const kept = at.tango.requests.length;
  expect((await run("rules", "check")).stdout).toContain("found `800 EUR`");
  expect(at.tango.requests).toHaveLength(kept);
  const failing = await run("rules", "check", "--refresh");
  expect(failing.stderr).toContain("note: tango: Tango did not show its catalogue: it answered 503.");
  expect(failing.stdout).toContain("found `800 EUR`");
});

test("rules explain tells which provider was chosen, and why", async () => {
  await at.close();
  at = await openRoutingBench(
    "rewards:\n  - { id: card, value: 100 EUR, via: [{ provider: tremendous, products: [a], countries: [FR] }, { provider: tango, utid: U561593 }] }\n",
  );
  const [id = ""] = await at.win();
  await at.work();
  const why = "order from tango, since tremendous is only for FR, and the recipient's phone number is of IT";
  expect((await run("rules", "explain", id)).stdout).toContain(why);
  expect((await run("rewards", "order", id)).stdout).toContain(
    "Order at tango, since tremendous is only for FR, and the recipient's phone number is of IT",
  );
});

/** The velocity brake: a sudden flood of rewards stops sending in the transaction that decides it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { readConfigFile } from "../../src/config-file.ts";
import type { Brake } from "../../src/config-money.ts";
import { applyBrake, brakeReason } from "../../src/pipeline/decide-brake.ts";
import { pausesInForce, resumeSending } from "../../src/pipeline/pause.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import { CLIENT_SECRET, deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { insertMoneyGrant } from "../support/money-rows.ts";
import { type Bench, type Clock, clockAt, openBench } from "../support/workspace.ts";

describe("whether to brake", () => {
  const brake: Brake = { factor: 5, least: { minor: 500_00, currency: "EUR" }, points: 10_000, overMs: 3_600_000 };
  const spent = (minor: number, points = 0) => ({ money: { minor, currency: "EUR" }, points });
  const month = 28 * 24;

  test.each([
    ["at the least amount, nothing usual", spent(500_00), spent(0), undefined],
    ["above it", spent(500_01), spent(0), "500.01 EUR were granted within an hour, and the brake stops above 500 EUR"],
    ["usual is so low that the least amount counts", spent(500_00), spent(100_00 * month), undefined],
    ["five times what is usual", spent(1_000_00), spent(200_00 * month), undefined],
    [
      "more than five times",
      spent(1_000_01),
      spent(200_00 * month),
      "1,000.01 EUR were granted within an hour, and the brake stops above 1,000 EUR",
    ],
    [
      "points",
      spent(0, 10_001),
      spent(0),
      "10,001 points were granted within an hour, and the brake stops above 10,000 points",
    ],
    ["usual points", spent(0, 20_000), spent(0, 4_000 * month), undefined],
  ])("%s", (_what, granted, usual, why) => expect(brakeReason(brake, granted, usual)).toBe(why));

  test("points never brake where the file names none; a longer stretch is compared with as much", () => {
    expect(brakeReason({ ...brake, points: null }, spent(0, 1_000_000), spent(0))).toBeUndefined();
    const over = { ...brake, overMs: 7_200_000 };
    expect(brakeReason(over, spent(2_000_00), spent(200_00 * month))).toBeUndefined();
    expect(brakeReason(over, spent(2_000_01), spent(200_00 * month))).toMatch(/within 2 hours/);
  });
});

describe("in accolade.yaml", () => {
  const read = (brake: string) => {
    const found = readConfigFile("accolade.yaml", `brake: ${brake}\n`, () => undefined);
    return found.ok ? found.value.brake : found.problems.map(problemLine);
  };
  test("half an hour", () =>
    expect(read("{ factor: 3, least: 50 EUR, over: 30 minutes }")).toEqual({
      factor: 3,
      least: { minor: 5_000, currency: "EUR" },
      points: null,
      overMs: 1_800_000,
    }));
  test.each([
    ["{ factor: 3, least: 50 }", "1:28", "expected string"],
    ["{ factor: 3, least: 50 points }", "1:28", "expected an amount with its currency, such as 500 EUR"],
    ["{ factor: 3, least: 50 USD }", "1:28", "expected one in the workspace currency, EUR"],
    ["{ factor: 1, least: 50 EUR }", "1:18", "expected number to be >=1.1"],
    ["{ factor: 3, least: 50 EUR, over: 2 days }", "1:42", "expected from 5 minutes to 24 hours, such as 1 hour"],
  ])("%s", (brake, place, expected) => {
    expect(read(brake)).toEqual([
      expect.stringMatching(new RegExp(`^accolade.yaml:${place}.*${expected}`.replace("(", "\\("))),
    ]);
  });
});

describe("while deciding", () => {
  let bench: Bench;
  let clock: Clock;
  beforeAll(async () => {
    clock = clockAt("2026-11-23T12:00:00Z");
    bench = await openBench(
      {
        config: `workspace: { currency: EUR, rates: { USD: 0.5 } }\nbrake: { factor: 5, least: 250 EUR, over: 1 hour }\nconnections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  codes: { provider: code-pool }\nchannels:\n  email: { sender: outbox }\n`,
        rules: {
          "all.yaml":
            "rewards:\n  - { id: card, title: A card, provider: codes, pool: x, value: 100 EUR }\nrules:\n  - { id: won, title: Won, on: deal.won, reward: { to: owner, give: card }, from: 2026-01-01 }\n",
        },
      },
      clock,
    );
  });
  afterAll(() => bench.close());
  beforeEach(() => clock.advance(40 * 24 * 3_600_000));

  const database = () => bench.opened.database;
  const inForce = async () => (await pausesInForce(database())).map(({ scope, by, why }) => ({ scope, by, why }));
  const resume = () => database().transaction((tx) => resumeSending(tx, { by: "anna", at: clock.now() }));
  let deal = 0;
  const win = async (deals: number) => {
    const change = (id: number, propertyName: string, propertyValue: string) =>
      hubspotEvent({
        subscriptionType: "deal.propertyChange",
        objectId: id,
        occurredAt: clock.now().getTime(),
        propertyName,
        propertyValue,
      });
    for (let n = 0; n < deals; n++) {
      clock.advance(60_000);
      deal += 1;
      await deliver(bench, "hub", [change(deal, "hubspot_owner_id", "77"), change(deal, "dealstage", "closedwon")]);
      await bench.drain();
    }
  };

  test("it stops once, with its reason, and tells once; a person lets it go on, and only what is granted since counts", async () => {
    await win(2);
    expect(await inForce()).toEqual([]);
    await win(2);
    const why = "300 EUR were granted within an hour, and the brake stops above 250 EUR";
    expect(await inForce()).toEqual([{ scope: "all", by: "brake", why }]);
    await sweep(bench.opened.corridor);
    await sweep(bench.opened.corridor);
    expect(bench.logged.filter((line) => line.includes('"sending paused"') && line.includes(why))).toHaveLength(1);
    expect((await bench.opened.corridor.telemetry.text()).body).toContain('accolade_sending_paused{scope="all"} 1');

    await resume();
    await win(2);
    expect(await inForce()).toEqual([]);
    await win(1);
    expect(await inForce()).toHaveLength(1);
    await resume();
    clock.advance(3_600_000);
    await win(2);
    expect(await inForce()).toEqual([]);
  });

  test("what is usual lifts the bar: the last 28 days, hours without grants included, other currencies at their rate", async () => {
    const lately = new Date(clock.now().getTime() - 5 * 24 * 3_600_000).toISOString();
    // 80 EUR an hour: five times that is 400
    for (const grant of [
      { minor: 70_00 * 28 * 24 },
      { minor: 20_00 * 28 * 24, currency: "USD" },
      { minor: 99_999_00, state: "cancelled" as const },
      { minor: 99_999_00, state: "shadow" as const },
    ])
      await insertMoneyGrant(database(), { ...grant, grantedAt: lately });
    const before = new Date(clock.now().getTime() - 30 * 24 * 3_600_000).toISOString();
    await insertMoneyGrant(database(), { minor: 99_999_00, grantedAt: before });
    await win(4);
    expect(await inForce()).toEqual([]);
    await win(1);
    expect((await inForce())[0]?.why).toBe("500 EUR were granted within an hour, and the brake stops above 400 EUR");
    await resume();
  });

  test("no pause stays where the decision is taken back", async () => {
    await win(2);
    await expect(
      database().transaction(async (tx) => {
        await insertMoneyGrant(tx, { minor: 500_00, grantedAt: clock.now().toISOString() });
        await applyBrake(bench.opened.corridor, tx, clock.now());
        expect(await pausesInForce(tx)).toHaveLength(1);
        throw new Error("taken back");
      }),
    ).rejects.toThrow("taken back");
    expect(await inForce()).toEqual([]);
  });
});

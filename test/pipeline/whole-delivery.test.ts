/** What one request told is decided at once, wherever a batch of the decider happens to end. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CLIENT_SECRET, deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml": `
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
rules:
  - { id: won, title: Won, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: p }, from: 2026-01-01 }
`,
      },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const at = Date.parse("2026-11-23T11:00:00Z");
const change = (kind: "deal" | "contact", id: number, propertyName: string, propertyValue: string, later = 0) =>
  hubspotEvent({
    subscriptionType: `${kind}.propertyChange`,
    objectId: id,
    occurredAt: at + later,
    propertyName,
    propertyValue,
  });

test("a deal that is won and cheaper in one save is never rewarded for its old price", async () => {
  const deal = 501;
  await deliver(bench, "hub", [
    change("deal", deal, "amount", "5000"),
    change("deal", deal, "hubspot_owner_id", "77"),
    ...Array.from({ length: 290 }, (_, index) => change("contact", 1_000 + index, "firstname", "Anna")),
  ]);
  // wherever between these the decider stops reading, it has to take all of them
  const filler = Array.from({ length: 15 }, (_, index) => change("contact", 2_000 + index, "firstname", "Anna"));
  await deliver(bench, "hub", [
    change("deal", deal, "dealstage", "closedwon", 10_000),
    ...filler,
    change("deal", deal, "amount", "500", 10_001),
  ]);
  await bench.drain();
  const { database } = bench.opened;
  expect(await database.rows("select type from milestones where type = 'deal.won'")).toHaveLength(1);
  // not even for a moment: a grant that was taken back would have left a row
  expect(await database.rows("select rule_id, state from grants")).toEqual([]);
  expect(await database.rows("select id from events where state <> 'decided'")).toEqual([]);
});

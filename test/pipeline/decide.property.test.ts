/** The same deliveries, in any order and number, give the same grants. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CLIENT_SECRET, deliver, type HubSpotEvent, hubspotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
const START = Date.parse("2026-11-01T09:00:00Z");
let bench: Bench;

const rules = `
rewards:
  - { id: coffee, title: A coffee, provider: points, value: 50 points }
rules:
  - { id: won, title: Won, on: deal.won, where: [deal.amount >= 1000], reward: [{ to: owner, give: coffee, value: { expression: deal.amount / 100, currency: points } }, { to: contact, give: coffee }], from: 2026-01-01 }
  - { id: every-win, title: Every win, on: deal.won, reward: { to: owner, give: coffee }, once: per milestone, from: 2026-01-01 }
  - { id: lost, title: Lost, on: deal.lost, reward: { to: owner, give: coffee }, from: 2026-01-01 }
  - { id: reopened, title: Reopened, on: deal.reopened, reward: { to: owner, give: coffee }, from: 2026-01-01 }
  - { id: moved, title: Moved, on: deal.stage_changed, where: ['milestone.to == "presentation"'], reward: { to: owner, give: coffee }, from: 2026-01-01 }
  - { id: grew, title: Grew, on: deal.amount_changed, where: [deal.amount > 5000], reward: { to: owner, give: coffee }, once: per milestone, from: 2026-01-01 }
  - { id: handed-over, title: Handed over, on: deal.owner_changed, reward: { to: owner, give: coffee }, from: 2026-01-01 }
  - { id: created, title: Created, on: deal.created, reward: { to: owner, give: coffee }, from: 2026-01-01 }
  - { id: restored, title: Restored, on: deal.restored, reward: { to: owner, give: coffee }, from: 2026-01-01 }
  - { id: merged, title: Merged, on: deal.merged, reward: { to: owner, give: coffee }, once: per milestone, from: 2026-01-01 }
  - { id: shadow, title: Shadow, on: deal.won, reward: { to: owner, give: coffee }, mode: shadow, from: 2026-01-01 }
  - { id: subscribed, title: Subscribed, on: contact.subscribed, reward: { to: contact, give: coffee }, from: 2026-01-01 }
`;

beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET}, portalId: 62515 }\nproviders:\n  points: { provider: points }\n`,
      rules: { "all.yaml": rules },
    },
    clock,
  );
});
afterAll(() => bench.close());

/** What may happen to three deals and a contact, as HubSpot tells it; ids are filled in for each run. */
type Story = (ids: { deals: number[]; contact: number }) => HubSpotEvent;

const at = fc.integer({ min: 0, max: 40 }).map((step) => START + step * 60_000);
// a change made by another machine is stamped by another clock
const skewed = fc.tuple(at, fc.integer({ min: -3_000, max: 3_000 })).map(([time, skew]) => time + skew);
const deal = fc.integer({ min: 0, max: 2 });
const property = (name: string, values: readonly string[]) =>
  fc.tuple(deal, skewed, fc.constantFrom(...values)).map(
    ([index, occurredAt, propertyValue]): Story =>
      ({ deals }) => ({
        subscriptionType: "deal.propertyChange",
        objectId: deals[index],
        occurredAt,
        propertyName: name,
        propertyValue,
      }),
  );
const whole = (type: string) =>
  fc.tuple(deal, skewed).map(
    ([index, occurredAt]): Story =>
      ({ deals }) => ({ subscriptionType: type, objectId: deals[index], occurredAt }),
  );
const merge = fc
  .tuple(deal, deal, skewed)
  .filter(([winner, loser]) => winner !== loser)
  .map(
    ([winner, loser, occurredAt]): Story =>
      ({ deals }) => ({
        subscriptionType: "deal.merge",
        primaryObjectId: deals[winner],
        mergedObjectIds: [deals[loser]],
        newObjectId: deals[winner],
        numberOfPropertiesMoved: 3,
        occurredAt,
      }),
  );
const association = fc.tuple(deal, skewed, fc.boolean()).map(
  ([index, occurredAt, associationRemoved]): Story =>
    ({ deals, contact }) => ({
      subscriptionType: "deal.associationChange",
      associationType: "DEAL_TO_CONTACT",
      fromObjectId: deals[index],
      toObjectId: contact,
      associationRemoved,
      isPrimaryAssociation: false,
      occurredAt,
    }),
);
const subscription = fc.tuple(skewed, fc.constantFrom("true", "false")).map(
  ([occurredAt, propertyValue]): Story =>
    ({ contact }) => ({
      subscriptionType: "contact.propertyChange",
      objectId: contact,
      occurredAt,
      propertyName: "newsletter_subscribed",
      propertyValue,
    }),
);
const story = fc.oneof(
  { weight: 6, arbitrary: property("dealstage", ["appointmentscheduled", "presentation", "closedwon", "closedlost"]) },
  { weight: 3, arbitrary: property("amount", ["500", "2000", "6000", "90000", ""]) },
  { weight: 3, arbitrary: property("hubspot_owner_id", ["77", "78"]) },
  { weight: 1, arbitrary: whole("deal.creation") },
  { weight: 1, arbitrary: whole("deal.deletion") },
  { weight: 1, arbitrary: whole("deal.restore") },
  { weight: 1, arbitrary: merge },
  { weight: 1, arbitrary: association },
  { weight: 1, arbitrary: subscription },
);

/** An order of delivery: some events sent again, everything shuffled, cut into batches, decided at any point. */
const delivery = (length: number) =>
  fc.record({
    again: fc.array(fc.nat({ max: length - 1 }), { maxLength: 6 }),
    order: fc.array(fc.nat(), { minLength: length + 6, maxLength: length + 6 }),
    batch: fc.integer({ min: 1, max: 7 }),
    drainAfter: fc.array(fc.boolean(), { minLength: 4, maxLength: 12 }),
  });

let run = 0;
const newIds = () => {
  run += 1;
  // beyond 2^31, as HubSpot's are, and never mistaken for another number of a line
  const first = 500_000_000_000 + run * 10;
  return { deals: [1, 2, 3].map((index) => first + index), contact: first + 9 };
};

const play = async (events: readonly HubSpotEvent[], batch: number, drainAfter: readonly boolean[]) => {
  for (let start = 0, n = 0; start < events.length; start += batch, n++) {
    await deliver(bench, "hub", events.slice(start, start + batch));
    if (drainAfter[n % drainAfter.length]) await bench.drain();
  }
  await bench.drain();
};

/** The grants of a run with its own ids taken out, and the balance of the ledger behind them. */
const outcome = async (ids: { deals: number[]; contact: number }) => {
  const grants = await bench.opened.database.rows<{ line: string }>(
    `select g.rule_id || ' ' || g.once_key || ' ' || g.recipient_key || ' ' || g.state || ' ' || g.value_minor || ' ' || m.type || ' ' ||
       m.subject_id || ' ' || m.occurred_at::text || ' reserved ' || coalesce((select sum(e.amount_minor) from ledger_entries e
         join ledger_postings p on p.id = e.posting_id join ledger_accounts a on a.id = e.account_id
         where p.grant_id = g.id and a.code = 'reserved'), 0) as line
     from grants g join milestones m on m.id = g.milestone_id
     where m.subject_id = any ($1) and g.state <> 'cancelled'`,
    [[...ids.deals, ids.contact].map(String)],
  );
  const names = new Map([
    ...ids.deals.map((id, index) => [String(id), `deal-${index}`] as const),
    [String(ids.contact), "contact"] as const,
  ]);
  return grants.map(({ line }) => line.replaceAll(/\d{12}/g, (number) => names.get(number) ?? number)).sort();
};

test("any order, repetition and batching of the same changes gives the same grants and the same reservations", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(story, { minLength: 1, maxLength: 14 })
        .chain((stories) => fc.tuple(fc.constant(stories), delivery(stories.length))),
      async ([stories, { again, order, batch, drainAfter }]) => {
        const inOrder = newIds();
        const events = stories.map((tell) => hubspotEvent(tell(inOrder)));
        await play(
          events.toSorted((a, b) => Number(a.occurredAt) - Number(b.occurredAt)),
          1,
          [true],
        );

        const anyhow = newIds();
        const told = stories.map((tell) => hubspotEvent(tell(anyhow)));
        const repeated = again.flatMap((index) =>
          told[index] ? [{ ...told[index], attemptNumber: 1, eventId: 1 }] : [],
        );
        const shuffled = [...told, ...repeated]
          .map((event, index) => ({ event, rank: order[index] ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        await play(shuffled, batch, drainAfter);

        expect(await outcome(anyhow)).toEqual(await outcome(inOrder));
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 30) },
  );
}, 600_000);

test("the rules of this property are all reachable: one plain story fires each of them", async () => {
  const ids = newIds();
  const [first, second] = ids.deals;
  let step = 0;
  const next = () => START + ++step * 60_000;
  const set = (propertyName: string, propertyValue: string) =>
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId: first,
      occurredAt: next(),
      propertyName,
      propertyValue,
    });
  const event = (subscriptionType: string) => hubspotEvent({ subscriptionType, objectId: first, occurredAt: next() });
  await play(
    [
      event("deal.creation"),
      set("hubspot_owner_id", "77"),
      set("amount", "2000"),
      set("dealstage", "appointmentscheduled"),
      set("dealstage", "presentation"),
      set("amount", "6000"),
      set("hubspot_owner_id", "78"),
      set("dealstage", "closedwon"),
      set("dealstage", "appointmentscheduled"),
      set("dealstage", "closedlost"),
      event("deal.deletion"),
      event("deal.restore"),
      set("dealstage", "closedwon"),
      hubspotEvent({
        subscriptionType: "deal.merge",
        primaryObjectId: first,
        mergedObjectIds: [second],
        newObjectId: first,
        numberOfPropertiesMoved: 1,
        occurredAt: next(),
      }),
      hubspotEvent({ subscriptionType: "deal.creation", objectId: second, occurredAt: START }),
      hubspotEvent({
        subscriptionType: "contact.propertyChange",
        objectId: ids.contact,
        occurredAt: next(),
        propertyName: "newsletter_subscribed",
        propertyValue: "true",
      }),
    ],
    15,
    [true],
  );
  const fired = new Set((await outcome(ids)).map((line) => line.split(" ")[0]));
  expect([...fired].sort()).toEqual([
    "created",
    "every-win",
    "grew",
    "handed-over",
    "lost",
    "merged",
    "moved",
    "reopened",
    "restored",
    "shadow",
    "subscribed",
    "won",
  ]);
});

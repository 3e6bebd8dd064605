/** Rules on metrics, as an admin writes them: judged as deals come in, once in their window, held until it ends. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { at, lost, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent, hubspotEvent } from "../support/hubspot-door.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const DAY = 86_400_000;
const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const clock = clockAt("2026-11-23T12:00:00Z");
const rules = `
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
rules:
  - id: rate
    title: Half of what closes is won
    on: metric.changed
    metric: { name: close_rate, of: owner, over: quarter, basis: closed }
    where: [metric.value >= 0.5, metric.sample >= 3]
    reward: [{ to: owner, give: p }, { to: manager(owner), give: p }]
    from: 2026-01-01
  - id: kept
    title: The same at the end of the quarter
    on: metric.changed
    metric: { name: close_rate, of: owner, over: quarter, basis: closed }
    where: [metric.value >= 0.5, metric.sample >= 3]
    reward: { to: owner, give: p }
    hold: until the window ends
    from: 2026-01-01
  - id: team
    title: The team's new revenue
    on: metric.changed
    metric: { name: net_new_revenue, of: team, over: quarter }
    where: [metric.value >= 10000]
    reward: { to: team, give: p }
    from: 2026-01-01
`;
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: { "all.yaml": rules },
      people: `people:
  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, manager: nora@acme.example, crm: { hub: "77" } }
  - { name: Tom Okafor, email: tom@acme.example, team: EMEA, crm: { hub: "78" } }
  - { name: Nora Keller, email: nora@acme.example }
`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clock,
  );
});
afterAll(() => bench.close());

const tell = async (...events: HubSpotEvent[]) => {
  await deliver(bench, "hub", events);
  await bench.drain();
};
const created = (deal: number, when: number) =>
  hubspotEvent({ subscriptionType: "deal.creation", objectId: deal, occurredAt: when });
const dealWon = (deal: number, when: number, amount = "1000") => [
  created(deal, when - DAY),
  ...won(deal, when, { amount }),
];
const dealLost = (deal: number, when: number) => [
  created(deal, when - DAY),
  set(deal, when - DAY, "hubspot_owner_id", "77"),
  lost(deal, when),
];
const grants = (rule: string) =>
  bench.opened.database.rows<{ to: string; state: string }>(
    `select r.name as "to", g.state from grants g join recipients r on r.id = g.recipient_id where g.rule_id = $1 order by 1, 2`,
    [rule],
  );

test("below the guard nobody is rewarded; with enough deals the owner and their manager are, once in the quarter", async () => {
  await tell(...dealWon(1, at("2026-10-05T10:00")), ...dealWon(2, at("2026-10-06T10:00")));
  expect(await grants("rate")).toEqual([]);
  await tell(...dealLost(3, at("2026-10-07T10:00")));
  const both = [
    { to: "Giulia Bianchi", state: "approved" },
    { to: "Nora Keller", state: "approved" },
  ];
  expect(await grants("rate")).toEqual(both);
  await tell(...dealWon(4, at("2026-10-08T10:00")));
  expect(await grants("rate")).toEqual(both);
});

test("held until the window ends: it is cancelled when the metric falls, comes back when it rises, and is released by what holds at the end", async () => {
  expect(await grants("kept")).toEqual([{ to: "Giulia Bianchi", state: "held" }]);
  await bench.opened.database.run(
    "update grants g set state = 'issued' from recipients r where r.id = g.recipient_id and g.rule_id = 'rate' and r.name = 'Giulia Bianchi'",
  );
  await tell(...[5, 6, 7].flatMap((deal) => dealLost(deal, at("2026-11-10T10:00"))));
  expect(await grants("kept")).toEqual([{ to: "Giulia Bianchi", state: "cancelled" }]);
  // what was ordered stays: the goal was reached
  expect((await grants("rate")).map(({ state }) => state)).toEqual(["issued", "cancelled"]);
  await tell(...[8, 9].flatMap((deal) => dealWon(deal, at("2026-11-11T10:00"))));
  expect(await grants("kept")).toEqual([{ to: "Giulia Bianchi", state: "held" }]);
  clock.advance(40 * DAY);
  await bench.drain();
  expect(await grants("kept")).toEqual([{ to: "Giulia Bianchi", state: "approved" }]);
});

test("a metric of a team rewards everybody in it, known to a CRM or not", async () => {
  await tell(
    ...dealWon(20, at("2026-12-01T10:00"), "12000"),
    hubspotEvent({
      subscriptionType: "deal.associationChange",
      associationType: "DEAL_TO_COMPANY",
      fromObjectId: 20,
      toObjectId: 900,
      associationRemoved: false,
      isPrimaryAssociation: true,
      occurredAt: at("2026-12-01T09:00"),
    }),
  );
  expect(await grants("team")).toEqual([
    { to: "Giulia Bianchi", state: "approved" },
    { to: "Tom Okafor", state: "approved" },
  ]);
});

test("why, with the metric's values, and how it stands now: rules explain, metrics show, metrics verify", async () => {
  const run = (...args: string[]) =>
    runAccolade(args, bench.folder, { DATABASE_URL: bench.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY });
  const grant = await bench.opened.database.row<{ id: string }>("select id from grants where rule_id = 'kept'");
  const explained = await run("rules", "explain", grant?.id ?? "");
  expect(explained.stdout).toMatch(/metric\.value >= 0\.5 +.*metric\.value = 0\.\d+/);
  const shown = await run("metrics", "show", "close_rate", "--of", "owner", "--over", "quarter", "--at", "2026-12-01");
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain("Giulia Bianchi");
  expect((await run("metrics", "verify")).code).toBe(0);
});

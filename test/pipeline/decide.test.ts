/** Decisions that a reader would ask about, one by one: merges, corrections, new rules, erasure, people. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { explainEvent } from "../../src/pipeline/explain.ts";
import { set as change, merged as merge, won as wonDeal } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent, hubspotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
const minute = (n: number) => Date.parse("2026-11-20T09:00:00Z") + n * 60_000;
const rules = `
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
  - { id: e, title: E, provider: codes, pool: x }
rules:
  - { id: won, title: Won, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: p }, from: 2026-01-01 }
  - { id: team, title: Team, on: deal.won, where: ['owner.team == "EMEA"'], reward: [{ to: owner, give: p }, { to: manager(owner), give: p }], from: 2026-01-01 }
  - { id: percent, title: Percent, on: deal.won, where: [deal.amount >= 1000], reward: { to: contact, give: e, value: { expression: deal.amount * 0.01, currency: EUR, cap: 50 EUR } }, from: 2026-01-01 }
  - { id: once-ever, title: Once, on: deal.won, reward: { to: owner, give: p }, once: per recipient, from: 2026-01-01 }
`;
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `workspace: { rates: { USD: 0.5 } }\nconnections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n  codes: { provider: code-pool }\npeople: people.yaml\n`,
      rules: { "all.yaml": rules },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, manager: nora@acme.example, crm: { hub: "77" } }\n  - { name: Nora Keller, email: nora@acme.example, team: Board }\n`,
    },
    clock,
  );
});
afterAll(() => bench.close());

const won = (deal: number, at: number, amount = "5000", owner = "77") => wonDeal(deal, at, { amount, owner });
const tell = async (...events: HubSpotEvent[]) => {
  await deliver(bench, "hub", events);
  await bench.drain();
};
const grants = (rule: string, ...deals: number[]) =>
  bench.opened.database.rows<{ deal: string; recipient: string; state: string; value: number }>(
    `select m.subject_id as deal, coalesce(r.name, g.recipient_key) as recipient, g.state, g.value_minor as value
     from grants g join milestones m on m.id = g.milestone_id join recipients r on r.id = g.recipient_id
     where g.rule_id = $1 and m.subject_id = any ($2) order by 1, 2`,
    [rule, deals.map(String)],
  );

test("a deal that was rewarded and then merged into another one is not rewarded again when that one is won", async () => {
  await tell(...won(11, minute(1)));
  await tell(merge(12, 11, minute(2)));
  await tell(...won(12, minute(3)));
  expect(await grants("won", 11, 12)).toEqual([
    { deal: "11", recipient: "Giulia Bianchi", state: "approved", value: 10 },
  ]);
});

test("two deals that were won before they were merged keep their two rewards", async () => {
  await tell(...won(21, minute(1)), ...won(22, minute(2)));
  await tell(merge(22, 21, minute(3)));
  expect(await grants("won", 21, 22)).toHaveLength(2);
});

test("a reward that was ordered for a win that turned out not to count is not given again after a merge", async () => {
  await tell(...won(23, minute(5)));
  await bench.opened.database.run(
    "update grants g set state = 'issued' from milestones m where m.id = g.milestone_id and m.subject_id = '23'",
  );
  await tell(change(23, minute(5) + 1_000, "amount", "10"));
  await tell(merge(24, 23, minute(6)));
  await tell(...won(24, minute(7)));
  expect(await grants("won", 23, 24)).toMatchObject([{ deal: "23", state: "issued" }]);
});

test("win, lose, win again: one reward", async () => {
  await tell(
    ...won(31, minute(1)),
    change(31, minute(2), "dealstage", "closedlost"),
    change(31, minute(3), "dealstage", "closedwon"),
  );
  expect(await grants("won", 31)).toHaveLength(1);
});

test("a change that arrives late and shows that a grant was not due takes it back while it is not ordered, and its reservation", async () => {
  await tell(...won(41, minute(5)));
  expect(await grants("won", 41)).toMatchObject([{ state: "approved" }]);
  await tell(change(41, minute(4) + 58_000, "amount", "5000"), change(41, minute(5) + 1_000, "amount", "10"));
  expect(await grants("won", 41)).toMatchObject([{ state: "cancelled" }]);
  const moves = await bench.opened.database.rows<{ to_state: string; why: string }>(
    "select v.to_state, v.why from grant_moves v join grants g on g.id = v.grant_id join milestones m on m.id = g.milestone_id where g.rule_id = 'won' and m.subject_id = '41' order by v.id",
  );
  expect(moves.map((move) => move.to_state)).toEqual(["approved", "cancelled"]);
  expect(moves[1]?.why).toMatch(/arrived later/);
});

test("manager(owner) from people.yaml; a share of the deal, capped, for its contact; another currency at the workspace's rate", async () => {
  await tell(
    ...won(51, minute(1), "8000"),
    change(51, minute(1), "deal_currency_code", "USD"),
    hubspotEvent({
      subscriptionType: "deal.associationChange",
      associationType: "DEAL_TO_CONTACT",
      fromObjectId: 51,
      toObjectId: 801,
      associationRemoved: false,
      isPrimaryAssociation: false,
      occurredAt: minute(1),
    }),
  );
  expect((await grants("team", 51)).map((grant) => grant.recipient)).toEqual(["Giulia Bianchi", "Nora Keller"]);
  expect(await grants("percent", 51)).toMatchObject([{ recipient: "hub/contact/801", value: 4_000 }]);
  await tell(
    ...won(52, minute(1), "90000"),
    hubspotEvent({
      subscriptionType: "deal.associationChange",
      associationType: "CONTACT_TO_DEAL",
      fromObjectId: 801,
      toObjectId: 52,
      associationRemoved: false,
      isPrimaryAssociation: false,
      occurredAt: minute(1),
    }),
  );
  expect(await grants("percent", 52)).toMatchObject([{ value: 5_000 }]);
});

test("once per recipient: the second deal gives nothing more", async () => {
  await tell(...won(61, minute(1), "1", "90"));
  await tell(...won(62, minute(2), "1", "90"));
  expect(await grants("once-ever", 61, 62)).toHaveLength(1);
});

test("a deal without an owner gives nothing, says so, and gives when the owner becomes known", async () => {
  await tell(change(71, minute(1), "amount", "5000"), change(71, minute(1), "dealstage", "closedwon"));
  expect(await grants("won", 71)).toEqual([]);
  const milestone = await bench.opened.database.row<{ event_id: number }>(
    "select event_id from milestones where subject_id = '71' and type = 'deal.won'",
  );
  const explained = await explainEvent(bench.opened.corridor, milestone?.event_id ?? 0);
  const rule = explained?.milestones[0]?.rules.find((each) => each.rule === "won");
  expect(rule).toMatchObject({ verdict: "matched", parts: [{ to: "owner", kind: "nobody" }] });
  await tell(change(71, minute(2), "hubspot_owner_id", "77"));
  expect(await grants("won", 71)).toHaveLength(1);
});

describe("rule versions", () => {
  const file = () => path.join(bench.folder, "rules", "later.yaml");
  const later = (value: number) =>
    `rewards:\n  - { id: later, title: L, provider: points }\nrules:\n  - { id: later, title: Later, on: deal.won, reward: { to: owner, give: later, value: ${value} points } }\n`;

  test("a new rule starts from now; what was decided by an old version stays decided by it", async () => {
    await tell(...won(81, minute(1)));
    await writeFile(file(), later(5));
    expect(await bench.opened.loadRules("test")).toMatchObject({ ok: true, changed: true });
    await tell(change(81, minute(1), "dealname", "Told late"));
    await tell(...won(82, minute(2)));
    expect(await grants("later", 81, 82)).toEqual([]);

    await tell(...won(83, clock.now().getTime() + 1_000));
    expect(await grants("later", 83)).toMatchObject([{ value: 5 }]);
    await writeFile(file(), later(7));
    expect(await bench.opened.loadRules("test")).toMatchObject({ ok: true, changed: true });
    await tell(change(83, clock.now().getTime() + 500, "dealname", "Told late as well"));
    expect(await grants("later", 83)).toMatchObject([{ value: 5 }]);
    await tell(...won(84, clock.now().getTime() + 2_000));
    expect(await grants("later", 84)).toMatchObject([{ value: 7 }]);
  });

  test("a broken file keeps the last good version and names place, found and expected", async () => {
    await writeFile(file(), later(9).replace("title: Later", "titel: Later"));
    const loaded = await bench.opened.loadRules("test");
    expect(loaded).toMatchObject({
      ok: false,
      problems: [
        { line: 4, column: 5 },
        { file: "rules/later.yaml", line: 4, column: 18, found: "the key `titel`" },
      ],
    });
    await tell(...won(85, clock.now().getTime() + 3_000));
    expect(await grants("later", 85)).toMatchObject([{ value: 7 }]);
  });
});

test("who erases themselves in the CRM is erased here, whatever arrives afterwards; the money rows stay without the person", async () => {
  const contact = (name: string, value: string, at: number) =>
    hubspotEvent({
      subscriptionType: "contact.propertyChange",
      objectId: 802,
      occurredAt: at,
      propertyName: name,
      propertyValue: value,
    });
  await tell(
    contact("email", "anna.conti@customer.example", minute(1)),
    contact("firstname", "Anna", minute(1)),
    ...won(91, minute(2)),
    hubspotEvent({
      subscriptionType: "deal.associationChange",
      associationType: "DEAL_TO_CONTACT",
      fromObjectId: 91,
      toObjectId: 802,
      associationRemoved: false,
      isPrimaryAssociation: false,
      occurredAt: minute(2),
    }),
  );
  expect(await grants("percent", 91)).toMatchObject([{ recipient: "Anna" }]);
  await tell(
    hubspotEvent({ subscriptionType: "contact.privacyDeletion", objectId: 802, occurredAt: minute(3) }),
    hubspotEvent({ subscriptionType: "contact.deletion", objectId: 802, occurredAt: minute(3), changeFlag: "DELETED" }),
  );
  await tell(contact("email", "anna.conti@customer.example", minute(1) + 1));
  expect(await grants("percent", 91)).toMatchObject([{ recipient: "hub/contact/802", state: "approved" }]);

  const { database } = bench.opened;
  for (const table of [
    "events",
    "facts",
    "records",
    "recipients",
    "milestones",
    "grants",
    "orders",
    "messages",
    "outbox",
  ])
    expect(await database.rows(`select from ${table} t where to_jsonb(t)::text ~* 'anna'`)).toEqual([]);
});

test("a correction after an order was tried in vain: the frozen request stands, unless the grant goes altogether", async () => {
  const { database } = bench.opened;
  await tell(...won(95, minute(5)));
  const grant = await database.row<{ id: string }>(
    "select g.id from grants g join milestones m on m.id = g.milestone_id where g.rule_id = 'won' and m.subject_id = '95'",
  );
  await database.run("insert into orders (grant_id, provider, request, cost_minor) values ($1, 'points', '{}', 10)", [
    grant?.id,
  ]);
  await tell(...won(95, minute(4)));
  expect(await grants("won", 95)).toMatchObject([{ state: "approved", value: 10 }]);
  expect(await database.rows("select from orders where grant_id = $1", [grant?.id])).toHaveLength(1);
  await tell(change(95, minute(4) + 1_000, "amount", "10"));
  expect(await grants("won", 95)).toMatchObject([{ state: "cancelled" }]);
  expect(await database.rows("select from orders where grant_id = $1", [grant?.id])).toHaveLength(0);
});

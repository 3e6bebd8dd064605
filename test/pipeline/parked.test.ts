/** What cannot be taken never blocks the rows behind it: it is parked with its reason, and can be sent again. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { replay } from "../../src/pipeline/replay.ts";
import { CLIENT_SECRET, deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml":
          "rewards:\n  - { id: p, title: P, provider: points, value: 5 points }\nrules:\n  - { id: won, title: Won, on: deal.won, reward: { to: owner, give: p }, from: 2026-01-01 }\n",
      },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const at = Date.parse("2026-11-20T10:00:00Z");
const change = (id: number, name: string, value: string) =>
  hubspotEvent({
    subscriptionType: "deal.propertyChange",
    objectId: id,
    occurredAt: at,
    propertyName: name,
    propertyValue: value,
  });
const won = (id: number) => [change(id, "hubspot_owner_id", "77"), change(id, "dealstage", "closedwon")];
const grants = async () =>
  (
    await bench.opened.database.rows<{ id: string }>(
      "select m.subject_id as id from grants g join milestones m on m.id = g.milestone_id order by 1",
    )
  ).map((row) => row.id);

test("a text that PostgreSQL cannot hold is held without what it cannot, and its delivery goes on", async () => {
  await deliver(bench, "hub", won(1));
  await deliver(bench, "hub", [change(2, "dealname", "a name with a \u0000 in it"), ...won(2)]);
  await bench.drain();
  expect(await grants()).toEqual(["1", "2"]);
  const { database } = bench.opened;
  expect(await database.rows("select from inbox where state = 'parked'")).toEqual([]);
  expect(await database.row("select fields ->> 'name' as name from records where id = '2'")).toEqual({
    name: "a name with a \ufffd in it",
  });
});

test("a delivery that cannot be stored is parked with its reason, and those before and behind it go on", async () => {
  const { database, corridor } = bench.opened;
  await database.run("alter table events add constraint broken check (subject_id <> '6')");
  await deliver(bench, "hub", won(6));
  await deliver(bench, "hub", won(3));
  await bench.drain();
  expect(await grants()).toEqual(["1", "2", "3"]);
  const parked = await database.rows<{ reason: string }>("select reason from inbox where state = 'parked'");
  expect(parked).toEqual([{ reason: expect.stringMatching(/Accolade failed on it: .*broken/) }]);

  await database.run("alter table events drop constraint broken");
  await replay(corridor, "parked");
  await bench.drain();
  expect(await grants()).toEqual(["1", "2", "3", "6"]);
});

test("an event that cannot be decided is parked alone, and decided once its cause is mended", async () => {
  const { database, corridor } = bench.opened;
  // a fault as a broken migration would leave it
  await database.run("alter table milestones add constraint broken check (subject_id <> '4')");
  await deliver(bench, "hub", [...won(4), ...won(5)]);
  await bench.drain();
  expect(await grants()).toEqual(["1", "2", "3", "5", "6"]);
  const events = await database.rows<{ state: string; reason: string }>(
    "select state, reason from events where subject_id = '4' and state = 'parked'",
  );
  expect(events).not.toHaveLength(0);
  expect(events[0]?.reason).toMatch(/fault of ours/);

  await database.run("alter table milestones drop constraint broken");
  await replay(corridor, "parked");
  await bench.drain();
  expect(await grants()).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("a delivery whose connection was taken out of accolade.yaml waits, parked", async () => {
  const { database } = bench.opened;
  await database.run(
    "insert into inbox (connection, format, body, received_at) values ('gone', 'events', '\\x00', now())",
  );
  await bench.drain();
  expect(await database.rows("select state, reason from inbox where connection = 'gone'")).toEqual([
    {
      state: "parked",
      reason: "accolade.yaml no longer has this connection: put it back, then `accolade replay --parked`",
    },
  ]);
});

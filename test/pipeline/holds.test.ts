/** Rewards that wait for the deal to be safe: what happens in the meantime decides who gets what. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { releaseHeld } from "../../src/pipeline/release.ts";
import { at, deleted, lost, merged, reopened, restored, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, deliver, type HubSpotEvent } from "../support/hubspot-door.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const DAY = 86_400_000;
const clock = clockAt("2026-11-02T12:00:00Z");
const rules = `
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
  - { id: e, title: E, provider: codes, pool: x }
rules:
  - { id: safe, title: Safe, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: p }, hold: 14 days while won, from: 2026-01-01 }
  - { id: share, title: Share, on: deal.won, reward: { to: owner, give: p, value: { expression: deal.amount / 100, currency: points } }, hold: 14 days while won, from: 2026-01-01 }
  - { id: asked, title: Asked, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: e, value: { expression: deal.amount / 10, currency: EUR } }, hold: 2 days, approval: above 250 EUR by finance, from: 2026-01-01 }
  - { id: open-week, title: Open, on: deal.created, reward: { to: owner, give: p }, hold: 7 days while open, from: 2026-01-01 }
`;
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n  codes: { provider: code-pool }\nusers:\n  - { email: nora@acme.example, name: Nora, roles: [approver], groups: [finance] }\n`,
      rules: { "all.yaml": rules },
    },
    clock,
  );
});
afterAll(() => bench.close());

class RolledBack extends Error {
  readonly released: readonly string[];
  constructor(released: readonly string[]) {
    super("rolled back");
    this.released = released;
  }
}

const tell = async (...events: HubSpotEvent[]) => {
  await deliver(bench, "hub", events);
  await bench.drain();
};
const grants = (rule: string, ...deals: number[]) =>
  bench.opened.database.rows<{ to: string; state: string; value: number }>(
    `select g.recipient_key as "to", g.state, g.value_minor as value from grants g join milestones m on m.id = g.milestone_id
     where g.rule_id = $1 and m.subject_id = any ($2) order by 1`,
    [rule, deals.map(String)],
  );
const reserved = async (rule: string, deal: number) =>
  (
    await bench.opened.database.row<{ minor: number }>(
      `select coalesce(sum(e.amount_minor), 0)::bigint as minor from grants g join milestones m on m.id = g.milestone_id
       join ledger_postings p on p.grant_id = g.id join ledger_entries e on e.posting_id = p.id
       join ledger_accounts a on a.id = e.account_id and a.code = 'reserved' where g.rule_id = $1 and m.subject_id = $2`,
      [rule, String(deal)],
    )
  )?.minor;
const whyMoved = async (rule: string, deal: number) =>
  (
    await bench.opened.database.rows<{ line: string }>(
      `select v.to_state || ': ' || v.why as line from grant_moves v join grants g on g.id = v.grant_id
       join milestones m on m.id = g.milestone_id where g.rule_id = $1 and m.subject_id = $2 order by v.id`,
      [rule, String(deal)],
    )
  ).map((row) => row.line);
/** The clock goes on by days, and whatever is due by then is done. */
const days = async (count: number) => {
  clock.advance(count * DAY);
  await bench.drain();
};

const start = () => clock.now().getTime() - 60_000;

test("a reward is held, its money reserved, and released to the hour when the hold ends", async () => {
  const when = start();
  await tell(...won(101, when));
  expect(await grants("safe", 101)).toEqual([{ to: "hub/user/77", state: "held", value: 10 }]);
  expect(await reserved("safe", 101)).toBe(10);
  clock.advance(14 * DAY - 60_001);
  await bench.drain();
  expect(await grants("safe", 101)).toMatchObject([{ state: "held" }]);
  clock.advance(1);
  await bench.drain();
  expect(await grants("safe", 101)).toMatchObject([{ state: "approved" }]);
  expect(await whyMoved("safe", 101)).toEqual([
    "held: rule safe: held for 14 days while won",
    "approved: the hold has ended, and the reward is still due",
  ]);
});

test.each([
  ["lost", (deal: number, when: number) => lost(deal, when), "the deal was lost"],
  ["opened again", (deal: number, when: number) => reopened(deal, when), "the deal was opened again"],
  ["deleted", (deal: number, when: number) => deleted(deal, when), "the deal was deleted"],
  [
    "worth less than the rule asks for",
    (deal: number, when: number) => set(deal, when, "amount", "900"),
    "the deal's amount no longer meets the rule",
  ],
])("a deal that is %s in the meantime: the reward is cancelled and its money free again", async (_, happens, why) => {
  const deal = Math.floor(1_000 + Math.random() * 1e9);
  await tell(...won(deal, start()));
  await days(3);
  await tell(happens(deal, start()));
  expect(await grants("safe", deal)).toMatchObject([{ state: "cancelled" }]);
  expect(await reserved("safe", deal)).toBe(0);
  expect((await whyMoved("safe", deal)).at(-1)).toBe(`cancelled: ${why}`);
  await days(14);
  expect(await grants("safe", deal)).toMatchObject([{ state: "cancelled" }]);
});

test("won again: the same reward comes back, and its hold begins anew", async () => {
  await tell(...won(102, start()));
  await days(10);
  await tell(lost(102, start()));
  await days(1);
  await tell(set(102, start(), "dealstage", "closedwon"));
  expect(await grants("safe", 102)).toEqual([{ to: "hub/user/77", state: "held", value: 10 }]);
  await days(12);
  expect(await grants("safe", 102)).toMatchObject([{ state: "held" }]);
  await days(2);
  expect(await grants("safe", 102)).toMatchObject([{ state: "approved" }]);
  expect(await reserved("safe", 102)).toBe(10);
});

test("deleted by mistake and restored: the hold goes on as if nothing had happened", async () => {
  await tell(...won(103, start()));
  await days(2);
  await tell(deleted(103, start()));
  await days(1);
  await tell(restored(103, start()));
  expect(await grants("safe", 103)).toMatchObject([{ state: "held" }]);
  await days(11);
  expect(await grants("safe", 103)).toMatchObject([{ state: "approved" }]);
});

test("another owner during the hold: the reward is theirs, and one only; after the release the owner of that time keeps it", async () => {
  await tell(...won(104, start()));
  await days(5);
  await tell(set(104, start(), "hubspot_owner_id", "78"));
  expect(await grants("safe", 104)).toEqual([
    { to: "hub/user/77", state: "cancelled", value: 10 },
    { to: "hub/user/78", state: "held", value: 10 },
  ]);
  await days(10);
  await tell(set(104, start(), "hubspot_owner_id", "79"));
  expect(await grants("safe", 104)).toEqual([
    { to: "hub/user/77", state: "cancelled", value: 10 },
    { to: "hub/user/78", state: "approved", value: 10 },
  ]);
});

test("a share of the amount is worked out with the amount at the end of the hold", async () => {
  await tell(...won(105, start(), { amount: "8000" }));
  expect(await grants("share", 105)).toMatchObject([{ state: "held", value: 80 }]);
  await days(3);
  await tell(set(105, start(), "amount", "6000"));
  expect(await grants("share", 105)).toMatchObject([{ state: "held", value: 60 }]);
  expect(await reserved("share", 105)).toBe(60);
  await days(14);
  await tell(set(105, start(), "amount", "9000"));
  expect(await grants("share", 105)).toMatchObject([{ state: "approved", value: 60 }]);
});

test("the approval is asked for when the hold has ended, by the value of that time", async () => {
  await tell(...won(106, start(), { amount: "2000" }), ...won(107, start(), { amount: "9000" }));
  await days(1);
  await tell(set(106, start(), "amount", "4000"));
  await days(2);
  expect(await grants("asked", 106)).toMatchObject([{ state: "awaiting_approval", value: 40_000 }]);
  expect(await grants("asked", 107)).toMatchObject([{ state: "awaiting_approval" }]);
  const until = await bench.opened.database.row<{ until: Date }>(
    "select approval_until as until from grants g join milestones m on m.id = g.milestone_id where g.rule_id = 'asked' and m.subject_id = '107'",
  );
  expect(until?.until.toISOString()).toBe(new Date(clock.now().getTime() + 14 * DAY).toISOString());
  await tell(...won(108, start() - 10 * DAY, { amount: "2000" }));
  expect(await grants("asked", 108)).toMatchObject([{ state: "approved", value: 20_000 }]);
  await tell(lost(107, start()));
  expect(await grants("asked", 107)).toMatchObject([{ state: "cancelled" }]);
});

test("while open: winning it ends the wait", async () => {
  const created = { ...set(109, start(), "hubspot_owner_id", "77") };
  await tell(
    { ...created, subscriptionType: "deal.creation", propertyName: undefined, propertyValue: undefined },
    created,
    set(109, start(), "dealstage", "presentation"),
  );
  expect(await grants("open-week", 109)).toMatchObject([{ state: "held" }]);
  await tell(...won(109, start()));
  expect(await grants("open-week", 109)).toMatchObject([{ state: "cancelled" }]);
});

test("news that are not decided yet keep a hold from ending", async () => {
  await tell(...won(110, start()));
  const { database } = bench.opened;
  await database.run(
    `insert into events (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, state, not_before)
     select 'hub', 'being-read', max(id), 'deal.changed', 'deal', '110', now(), now(), 'reading', 'infinity' from inbox`,
  );
  await days(15);
  expect(await grants("safe", 110)).toMatchObject([{ state: "held" }]);
  await database.run("delete from events where key = 'being-read'");
  await bench.drain();
  expect(await grants("safe", 110)).toMatchObject([{ state: "approved" }]);
});

test("a delivery from before the end that nobody has unpacked keeps it, too; one that came later does not", async () => {
  await tell(...won(115, start()));
  clock.advance(15 * DAY);
  const { corridor, database } = bench.opened;
  const releasedWith = (receivedAt: Date) =>
    database
      .transaction(async (tx) => {
        await tx.run(
          "insert into inbox (connection, format, body, received_at, state) values ('hub', 'events', '', $1, 'received')",
          [receivedAt],
        );
        throw new RolledBack(await releaseHeld(corridor, tx, clock.now()));
      })
      .catch((error: unknown) => {
        if (error instanceof RolledBack) return error.released.length;
        throw error;
      });
  expect(await releasedWith(new Date(clock.now().getTime() - 2 * DAY))).toBe(0);
  expect(await releasedWith(clock.now())).toBeGreaterThan(0);
});

describe("what arrives too late", () => {
  test("an order that went out stands for the reward; it is marked, not paid again to somebody else", async () => {
    const when = start();
    await tell(...won(111, when));
    await days(15);
    await bench.opened.database.run(
      "update grants g set state = 'issued' from milestones m where m.id = g.milestone_id and m.subject_id = '111'",
    );
    await tell(set(111, when + DAY, "hubspot_owner_id", "78"));
    expect(await grants("safe", 111)).toEqual([{ to: "hub/user/77", state: "issued", value: 10 }]);
  });

  test("an issued reward whose deal is lost is marked as no longer due, with the reason; won again, the mark is gone", async () => {
    await tell(...won(112, start()));
    await days(15);
    await bench.opened.database.run(
      "update grants g set state = 'issued' from milestones m where m.id = g.milestone_id and m.subject_id = '112' and g.rule_id = 'safe'",
    );
    const marks = () =>
      bench.opened.database.row(
        "select g.undone_why, g.undone_at is not null as undone from grants g join milestones m on m.id = g.milestone_id where m.subject_id = '112' and g.rule_id = 'safe'",
      );
    await tell(lost(112, start()));
    expect(await marks()).toEqual({ undone_why: "deal.lost", undone: true });
    await tell(set(112, start() + 1_000, "dealstage", "closedwon"));
    expect(await marks()).toEqual({ undone_why: null, undone: false });
  });

  test("a merged-away deal that HubSpot deletes takes nothing from its owner", async () => {
    await tell(...won(113, start()));
    await tell(merged(114, 113, start()), deleted(113, start()));
    expect(await grants("safe", 113)).toMatchObject([{ state: "held" }]);
    await tell(lost(114, start() + 2_000));
    expect(await grants("safe", 113)).toMatchObject([{ state: "cancelled" }]);
  });
});

test("the clocks change in between: 14 days end at the same hour of the day", async () => {
  const rome = await openBench(
    {
      config: `workspace: { timeZone: Europe/Rome }\nconnections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: { "all.yaml": rules.replace(/ {2}- \{ id: (asked|e),.*\n/g, "") },
    },
    clockAt("2026-10-20T12:00:00Z"),
  );
  try {
    await deliver(rome, "hub", won(1, at("2026-10-20T08:00")));
    await rome.drain();
    const row = await rome.opened.database.row<{ release: Date }>(
      "select release_at as release from grants where rule_id = 'safe'",
    );
    // summer time ends on 25 October: 10:00 in Rome is 08:00 UTC before, and 09:00 UTC after
    expect(row?.release.toISOString()).toBe("2026-11-03T09:00:00.000Z");
  } finally {
    await rome.close();
  }
});

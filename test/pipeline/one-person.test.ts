/** Somebody who is known in two CRMs is one person: what they get once they get once, and a limit of theirs is one limit. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { metricByName } from "../../src/metrics/index.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { showMetric } from "../../src/pipeline/show-metrics.ts";
import { post, SECRET, type Told, told } from "../metrics/story.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
const DAY = 86_400_000;
const open: Bench[] = [];
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});
const benchWith = async (keys: string, more = "") => {
  const bench = await openBench(
    {
      config: `connections:\n  north: { connector: webhook, secret: ${SECRET} }\n  south: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "rules.yaml": `rewards:\n  - { id: p, title: P, provider: points, value: 10 points }\nrules:\n  - { id: r, title: R, on: deal.won, ${keys}, from: 2026-01-01 }\n${more}`,
      },
    },
    clock,
  );
  open.push(bench);
  return bench;
};
const TO_OWNER = "reward: { to: owner, give: p }";

const tell = async (bench: Bench, connection: string, ...events: Told[]) => {
  await post(bench, events, connection);
  await bench.drain();
};
const user = (id: string, fields: Record<string, unknown>, at = "2026-10-01T08:00:00Z") =>
  told(`user/${id}`, "custom.seen", at, fields);
const win = (deal: string, owner: string, at: string, amount = 1000) => [
  told(`deal/${deal}`, "created", new Date(Date.parse(at) - DAY).toISOString(), { owner, amount }),
  told(`deal/${deal}`, "won", at),
];
const lose = (deal: string, at: string) => told(`deal/${deal}`, "lost", at);
/** `north/1 approved`, `south/2 stopped by once`. */
const outcomes = async (bench: Bench) =>
  (
    await bench.opened.database.rows<{ text: string }>(
      `select m.connection || '/' || m.subject_id || ' ' || t.what as text from (
         select milestone_id, state as what from grants
         union all select milestone_id, 'stopped by ' || reason from stops) t join milestones m on m.id = t.milestone_id order by 1`,
    )
  ).map(({ text }) => text);
const giulia = { email: "giulia@acme.example", name: "Giulia Bianchi" };

test("a limit counts what somebody got in either CRM, from the very first reward in the second", async () => {
  const bench = await benchWith(`${TO_OWNER}, limits: [2 per recipient per month]`);
  await tell(bench, "north", user("7", giulia), ...win("1", "7", "2026-10-05T10:00:00Z"));
  await tell(
    bench,
    "south",
    user("u9", giulia),
    user("u10", { email: "tom@acme.example" }),
    ...win("2", "u9", "2026-10-06T10:00:00Z"),
    ...win("3", "u9", "2026-10-07T10:00:00Z"),
    ...win("4", "u10", "2026-10-07T10:00:00Z"),
  );
  expect(await outcomes(bench)).toEqual([
    "north/1 approved",
    "south/2 approved",
    "south/3 stopped by limit",
    "south/4 approved",
  ]);
  const stop = await bench.opened.database.row<{ detail: object }>("select detail from stops");
  expect(stop?.detail).toMatchObject({ used: 2, most: 2 });
  // what becomes free in one is room for who waits in the other
  await tell(bench, "north", lose("1", "2026-10-08T10:00:00Z"));
  expect(await outcomes(bench)).toEqual([
    "north/1 cancelled",
    "south/2 approved",
    "south/3 approved",
    "south/4 approved",
  ]);
  await tell(bench, "north", ...win("5", "7", "2026-10-09T10:00:00Z"), ...win("6", "7", "2026-11-09T10:00:00Z"));
  expect((await outcomes(bench)).slice(1, 3)).toEqual(["north/5 stopped by limit", "north/6 approved"]);
});

test("once per recipient and quarter is once for the person, and goes to the other CRM's deal when the first falls away", async () => {
  const bench = await benchWith(`${TO_OWNER}, once: per recipient per quarter`);
  await tell(bench, "north", user("7", giulia), ...win("1", "7", "2026-10-05T10:00:00Z"));
  await tell(bench, "south", user("u9", giulia), ...win("2", "u9", "2026-10-06T10:00:00Z"));
  expect(await outcomes(bench)).toEqual(["north/1 approved", "south/2 stopped by once"]);
  const [grant] = await bench.opened.database.rows<{ id: string }>("select id from grants");
  const [stop] = await bench.opened.database.rows<{ detail: object }>("select detail from stops");
  expect(stop?.detail).toMatchObject({ grant: grant?.id });
  await tell(bench, "north", lose("1", "2026-10-08T10:00:00Z"));
  expect(await outcomes(bench)).toEqual(["north/1 cancelled", "south/2 approved"]);
  // won again: its place is taken
  await tell(bench, "north", told("deal/1", "won", "2026-10-09T10:00:00Z"));
  expect(await outcomes(bench)).toEqual(["north/1 cancelled", "north/1 stopped by once", "south/2 approved"]);
});

test("two deals that arrive before anybody was rewarded: the one that was won first is", async () => {
  const bench = await benchWith(`${TO_OWNER}, once: per owner per quarter, limits: [5 per owner per year]`);
  await post(bench, [user("u9", giulia), ...win("2", "u9", "2026-10-06T10:00:00Z")], "south");
  await post(bench, [user("7", giulia), ...win("1", "7", "2026-10-05T10:00:00Z")], "north");
  await bench.drain();
  expect(await outcomes(bench)).toEqual(["north/1 approved", "south/2 stopped by once"]);
});

test("once per owner counts the owner, also where somebody else is rewarded", async () => {
  const bench = await benchWith(
    "reward: { to: manager(owner), give: p }, once: per owner per quarter, limits: [1 per owner per month]",
  );
  const nora = { email: "nora@acme.example", name: "Nora Keller" };
  await tell(bench, "north", user("7", { ...giulia, manager: "8" }), user("8", nora));
  await tell(bench, "south", user("u9", { ...giulia, manager: "u8" }), user("u8", nora));
  await tell(bench, "north", ...win("1", "7", "2026-10-05T10:00:00Z"));
  await tell(bench, "south", ...win("2", "u9", "2026-11-06T10:00:00Z"), ...win("3", "u9", "2027-01-06T10:00:00Z"));
  expect(await outcomes(bench)).toEqual(["north/1 approved", "south/2 stopped by once", "south/3 approved"]);
});

test("who turns out to be one person only after both were rewarded keeps both, and gets nothing more beyond the limit", async () => {
  const bench = await benchWith(
    "reward: { to: owner, give: p, value: { expression: deal.amount * 0.01, currency: points } }, limits: [1 per recipient per month]",
  );
  await tell(bench, "north", ...win("1", "7", "2026-10-05T10:00:00Z"));
  await tell(bench, "south", ...win("2", "u9", "2026-10-06T10:00:00Z"));
  await tell(bench, "north", user("7", giulia));
  await tell(bench, "south", user("u9", giulia));
  const people = await bench.opened.database.row("select count(distinct recipient_id)::int as n from grants");
  expect(people).toEqual({ n: 1 });
  // a correction is no new reward
  await tell(bench, "south", told("deal/2", "changed", "2026-10-06T09:00:00Z", { amount: 900 }));
  expect(await bench.opened.database.rows("select value_minor::int as n from grants order by 1")).toEqual([
    { n: 9 },
    { n: 10 },
  ]);
  for (const deal of ["3", "4"]) await tell(bench, "south", ...win(deal, "u9", "2026-10-07T10:00:00Z"));
  await tell(bench, "north", ...win("5", "7", "2026-10-07T10:00:00Z"));
  expect(await outcomes(bench)).toEqual([
    "north/1 approved",
    "north/5 stopped by limit",
    "south/2 approved",
    "south/3 stopped by limit",
    "south/4 stopped by limit",
  ]);
  // one place of two is free: the other one is what the limit allows
  await tell(bench, "north", lose("1", "2026-10-08T10:00:00Z"));
  expect((await outcomes(bench)).filter((each) => each.endsWith("approved"))).toEqual(["south/2 approved"]);
  await tell(bench, "south", lose("2", "2026-10-08T10:00:00Z"));
  expect((await outcomes(bench)).filter((each) => each.endsWith("approved"))).toHaveLength(1);
});

test("a reward that is corrected upwards needs room in the limit of the person", async () => {
  const bench = await benchWith(
    "reward: { to: owner, give: p, value: { expression: deal.amount * 0.01, currency: points } }, limits: [20 points per recipient per month]",
  );
  await tell(bench, "north", user("7", giulia), ...win("1", "7", "2026-10-05T10:00:00Z"));
  await tell(bench, "south", user("u9", giulia), ...win("2", "u9", "2026-10-06T10:00:00Z"));
  expect(await outcomes(bench)).toEqual(["north/1 approved", "south/2 approved"]);
  await tell(bench, "south", told("deal/2", "changed", "2026-10-06T09:00:00Z", { amount: 1100 }));
  expect(await outcomes(bench)).toEqual(["north/1 approved", "south/2 cancelled", "south/2 stopped by limit"]);
});

test("what was ordered under both keys stays ordered, and is paid once each", async () => {
  const bench = await benchWith(`${TO_OWNER}, once: per recipient per year`);
  await tell(bench, "north", ...win("1", "7", "2026-10-05T10:00:00Z"));
  await tell(bench, "south", ...win("2", "u9", "2026-10-06T10:00:00Z"));
  for (const { id } of await bench.opened.database.rows<{ id: string }>("select id from grants"))
    await fulfil(bench.opened.corridor, id);
  await tell(bench, "north", user("7", giulia));
  await tell(bench, "south", user("u9", giulia));
  await tell(bench, "north", ...win("3", "7", "2026-10-07T10:00:00Z"));
  await tell(bench, "south", told("deal/2", "changed", "2026-10-07T10:00:00Z", { name: "Rossi" }));
  expect(await outcomes(bench)).toEqual(["north/1 issued", "north/3 stopped by once", "south/2 issued"]);
});

describe("metrics", () => {
  const METRIC = `  - { id: m, title: M, on: metric.changed, metric: { name: net_new_revenue, of: owner, over: quarter }, where: [metric.value >= 1000], ${TO_OWNER}, hold: until the window ends, from: 2026-01-01 }\n`;
  const buy = (deal: string, owner: string, amount: number) => [
    told(`deal/${deal}`, "created", "2026-10-01T10:00:00Z", { owner, amount, company: `c${deal}` }),
    told(`deal/${deal}`, "won", "2026-10-05T10:00:00Z"),
  ];
  const lines = async (bench: Bench) => {
    const metric = metricByName("net_new_revenue");
    if (!metric) throw new Error("no metric");
    const shown = await showMetric(bench.opened.corridor, {
      metric,
      of: "owner",
      over: "quarter",
      day: "2026-10-05",
      options: {},
    });
    return shown.map(({ connection, id, name, value }) => ({ connection, id, name, value }));
  };
  const held = async (bench: Bench) =>
    (
      await bench.opened.database.rows<{ text: string }>(
        "select recipient_key || ' ' || state as text from grants where rule_id = 'm' order by granted_at, 1",
      )
    ).map(({ text }) => text);

  test("who is known to be one person has one line, which reaches the goal by what both CRMs tell", async () => {
    const bench = await benchWith(TO_OWNER, METRIC);
    await tell(bench, "south", user("u9", giulia), ...buy("2", "u9", 600));
    await tell(bench, "north", user("7", giulia), ...buy("1", "7", 100));
    // joined with their first rewards
    await tell(bench, "north", ...buy("3", "7", 500));
    expect(await lines(bench)).toEqual([{ connection: "north", id: "7", name: "Giulia Bianchi", value: 1200 }]);
    expect(await held(bench)).toEqual(["north/user/7 held"]);
    await tell(bench, "south", lose("2", "2026-10-08T10:00:00Z"));
    expect(await held(bench)).toEqual(["north/user/7 cancelled"]);
  });

  test("two who reached it apart, and turn out to be one: one reward stands for both", async () => {
    const bench = await benchWith(TO_OWNER, METRIC);
    await tell(bench, "south", ...buy("2", "u9", 1100));
    await tell(bench, "north", ...buy("1", "7", 1200));
    expect((await held(bench)).sort()).toEqual(["north/user/7 held", "south/user/u9 held"]);
    await tell(bench, "south", user("u9", giulia));
    await tell(bench, "north", user("7", giulia), ...buy("3", "7", 50));
    expect(await lines(bench)).toEqual([{ connection: "north", id: "7", name: "Giulia Bianchi", value: 2350 }]);
    expect((await held(bench)).sort()).toEqual(["north/user/7 held", "south/user/u9 cancelled"]);
  });
});

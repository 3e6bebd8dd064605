/** A window of a metric ends: it is judged once more as of its end, without any news, once, and whatever arrives late. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { knownTo, openCorridor } from "../../src/open-corridor.ts";
import { backtest } from "../../src/pipeline/backtest.ts";
import type { Change } from "../../src/pipeline/backtest-changes.ts";
import { decideTurns } from "../../src/pipeline/decide-turns.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { createPump } from "../../src/pipeline/pump.ts";
import { releaseWaiting } from "../../src/pipeline/release.ts";
import { replay } from "../../src/pipeline/replay.ts";
import { noticeTurns } from "../../src/pipeline/window-turns.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { post, SECRET, type Told, told } from "../metrics/story.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { type Bench, type Clock, clockAt, keptLog, openBench } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const HEAD = `calendars:
  - { id: weekdays, days: [mon, tue, wed, thu, fri], hours: 09:00-18:00 }
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
rules:
`;
const kept = (id: string, more = "", over = "quarter", where = "metric.value >= 1") => `  - id: ${id}
    title: All customers stayed
    on: metric.changed
    metric: { name: retention_rate, of: owner, over: ${over} }
    where: [${where}, metric.sample >= 1]
    reward: { to: owner, give: p }
${more}`;
const AT_THE_END = "    hold: until the window ends\n";

const open: Bench[] = [];
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});
const benchWith = async (clock: Clock, rules: string, timeZone = "Europe/Rome") => {
  const bench = await openBench(
    {
      config: `workspace: { timeZone: ${timeZone} }\nconnections:\n  crm: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: { "rules.yaml": `${HEAD}${rules}` },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { crm: "7" } }\n  - { name: Tom Okafor, email: tom@acme.example, crm: { crm: "8" } }\n`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clock,
  );
  open.push(bench);
  return bench;
};

const tell = async (bench: Bench, ...events: Told[]) => {
  await post(bench, events);
  await bench.drain();
};
/** What is approved is ordered, as a server does within seconds. */
const order = async (bench: Bench) => {
  const rows = await bench.opened.database.rows<{ id: string }>("select id from grants where state = 'approved'");
  for (const { id } of rows) await fulfil(bench.opened.corridor, id);
};
const until = async (bench: Bench, clock: Clock, iso: string) => {
  clock.advance(Date.parse(iso) - clock.now().getTime());
  await bench.drain();
};
/** A customer of an owner since a day. */
const customer = (id: string, owner: string, since: string) => [
  told(`company/${id}`, "created", since, { name: id, owner }),
  told(`deal/${id}`, "created", since, { owner, amount: 1000, company: id }),
  told(`deal/${id}`, "won", since),
];
const grants = async (bench: Bench, rule?: string) => {
  const rows = await bench.opened.database.rows<{ text: string }>(
    `select concat_ws(' ', g.rule_id, r.name, m.discriminator, g.state) as text
     from grants g join recipients r on r.id = g.recipient_id join milestones m on m.id = g.milestone_id
     where $1::text is null or g.rule_id = $1 order by m.discriminator, 1`,
    [rule ?? null],
  );
  return rows.map(({ text }) => text);
};
const turns = (bench: Bench) =>
  bench.opened.database.rows<{ until: string; at: Date; state: string }>(
    "select until::text as until, ended_at as at, state from window_turns order by ended_at, metric",
  );

test("a quarter in which every customer stayed and nothing happened is rewarded at its end, once, also after a restart and a replay", async () => {
  const clock = clockAt("2026-09-20T12:00:00Z");
  const bench = await benchWith(clock, kept("stayed"));
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  const third = "stayed Giulia Bianchi 2026-07-01 approved";
  expect(await grants(bench)).toEqual([third]);
  // midnight in Rome is an hour before that in UTC
  await until(bench, clock, "2026-12-31T22:59:59.999Z");
  expect(await grants(bench)).toEqual([third]);
  await until(bench, clock, "2026-12-31T23:00:00Z");
  const both = [third, "stayed Giulia Bianchi 2026-10-01 approved"];
  expect(await grants(bench)).toEqual(both);

  await bench.drain();
  await replay(bench.opened.corridor, "parked");
  const { log } = keptLog();
  const again = await openCorridor(bench.config, { log, telemetry: createTelemetry(), now: clock.now, queue: false });
  const pump = createPump(again.corridor);
  await pump.drain();
  await pump.stop();
  await again.close();
  expect(await grants(bench)).toEqual(both);
  expect((await turns(bench)).map(({ until, state }) => [until, state])).toEqual([
    ["2026-10-01", "judged"],
    ["2027-01-01", "judged"],
  ]);

  const grant = await bench.opened.database.row<{ id: string }>(
    "select g.id from grants g join milestones m on m.id = g.milestone_id where m.discriminator = '2026-10-01'",
  );
  const explain = (...more: string[]) =>
    runAccolade(["rules", "explain", grant?.id ?? "", ...more], bench.folder, {
      DATABASE_URL: bench.config.databaseUrl ?? "",
      ACCOLADE_SECRET_KEY: KEY,
    });
  expect((await explain()).stdout).toContain("Judged as of the end of its window, Oct 1, 2026 to Dec 31, 2026");
  expect((await explain("--lang", "it")).stdout).toContain("alla fine del periodo, dal 1 ott 2026 al 31 dic 2026");
});

test("turns that a server slept through are all caught up, each with its own window", async () => {
  const clock = clockAt("2026-09-20T12:00:00Z");
  const bench = await benchWith(clock, kept("stayed"));
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  await until(bench, clock, "2027-05-01T12:00:00Z");
  expect(await grants(bench)).toEqual(
    ["2026-07-01", "2026-10-01", "2027-01-01"].map((from) => `stayed Giulia Bianchi ${from} approved`),
  );
});

test("a rule that was loaded after a window ended says nothing about it, and counts from the next", async () => {
  const clock = clockAt("2026-09-20T12:00:00Z");
  const bench = await benchWith(clock, kept("stayed"));
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  // nobody looks until after the second rule was loaded
  clock.advance(Date.parse("2027-01-02T12:00:00Z") - clock.now().getTime());
  await writeFile(
    path.join(bench.folder, "rules", "rules.yaml"),
    `${HEAD}${kept("stayed")}${kept("later")}${kept("monthly", "", "month")}`,
  );
  expect(await bench.opened.loadRules("test")).toMatchObject({ ok: true });
  await bench.drain();
  expect(await grants(bench, "stayed")).toHaveLength(2);
  expect([...(await grants(bench, "later")), ...(await grants(bench, "monthly"))]).toEqual([]);
  await until(bench, clock, "2027-04-01T12:00:00Z");
  expect(await grants(bench, "later")).toEqual(["later Giulia Bianchi 2027-01-01 approved"]);
  expect(await grants(bench, "monthly")).toEqual(
    ["2027-01-01", "2027-02-01", "2027-03-01"].map((from) => `monthly Giulia Bianchi ${from} approved`),
  );
});

test("the week in which clocks change ends at midnight there", async () => {
  const clock = clockAt("2026-10-20T12:00:00Z");
  const bench = await benchWith(clock, kept("stayed", "", "week"));
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  await until(bench, clock, "2026-10-25T22:30:00Z"); // still Sunday, 23:30 in winter time
  expect(await turns(bench)).toEqual([]);
  await until(bench, clock, "2026-10-25T23:00:00Z");
  expect(await turns(bench)).toEqual([{ until: "2026-10-26", at: new Date("2026-10-25T23:00:00Z"), state: "judged" }]);
  await until(bench, clock, "2026-11-02T00:00:00Z");
  expect((await grants(bench)).length).toBe(2);
});

test("held until the window ends: what the metric came to by then is asked first, then the reward is released or not", async () => {
  const clock = clockAt("2026-10-01T08:00:00Z");
  const bench = await benchWith(
    clock,
    kept("busy", AT_THE_END, "quarter", "metric.value >= 1").replace("retention_rate", "activity_rate") +
      kept("stayed", `${AT_THE_END}    during: weekdays\n`),
  );
  await tell(
    bench,
    ...customer("c1", "7", "2026-05-04T10:00:00Z"),
    ...[1, 2, 3].map((n) =>
      told(`contact/${n}`, "activity.logged", "2026-10-01T07:30:00Z", { owner: "7" }, { owner: "7" }),
    ),
  );
  expect(await grants(bench)).toEqual(["busy Giulia Bianchi 2026-10-01 held", "stayed Giulia Bianchi 2026-10-01 held"]);
  await until(bench, clock, "2027-01-01T10:00:00Z");
  expect(await grants(bench)).toEqual([
    "busy Giulia Bianchi 2026-10-01 cancelled",
    "stayed Giulia Bianchi 2026-10-01 approved",
  ]);
});

test("what was received before a window ended is decided before its end is judged", async () => {
  const clock = clockAt("2026-09-20T12:00:00Z");
  const bench = await benchWith(clock, kept("stayed"));
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  clock.advance(Date.parse("2026-12-31T22:00:00Z") - clock.now().getTime());
  await post(bench, [told("company/c1", "churned", "2026-12-31T20:00:00Z")]);
  await until(bench, clock, "2027-01-01T10:00:00Z");
  expect(await grants(bench)).toEqual(["stayed Giulia Bianchi 2026-07-01 approved"]);
});

test("a delivery from before the end that nobody has unpacked keeps the judgement back, and with it what is held until then", async () => {
  const clock = clockAt("2026-10-01T08:00:00Z");
  const bench = await benchWith(
    clock,
    kept("stayed", AT_THE_END).replace("of: owner", "of: team").replace("to: owner", "to: team"),
  );
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  expect(await grants(bench)).toEqual(["stayed Giulia Bianchi 2026-10-01 held"]);
  clock.advance(Date.parse("2026-12-31T22:00:00Z") - clock.now().getTime());
  await post(bench, [told("company/c1", "churned", "2026-12-31T20:00:00Z")]);
  clock.advance(2 * 3_600_000);
  const { corridor } = bench.opened;
  // another server that decides, while the one that unpacks is busy
  expect(await corridor.database.transaction((tx) => noticeTurns(corridor, tx, clock.now()))).toBe(1);
  expect(await decideTurns(corridor)).toEqual({ events: 0, granted: [] });
  expect(await releaseWaiting(corridor)).toEqual([]);
  expect(await grants(bench)).toEqual(["stayed Giulia Bianchi 2026-10-01 held"]);
  await bench.drain();
  expect(await grants(bench)).toEqual(["stayed Giulia Bianchi 2026-10-01 cancelled"]);
});

test("an end that cannot be judged is parked, holds nobody up, and is judged when it is sent again", async () => {
  const clock = clockAt("2026-09-20T12:00:00Z");
  const bench = await benchWith(clock, kept("stayed"));
  await tell(bench, ...customer("c1", "7", "2026-05-04T10:00:00Z"));
  const { database } = bench.opened;
  await database.run("alter table milestones add constraint broken check (discriminator <> '2026-10-01') not valid");
  await until(bench, clock, "2027-04-01T12:00:00Z");
  const [third, first] = ["2026-07-01", "2027-01-01"].map((from) => `stayed Giulia Bianchi ${from} approved`);
  expect(await grants(bench)).toEqual([third, first]);
  expect((await turns(bench)).map(({ state }) => state)).toEqual(["judged", "parked", "judged"]);
  await database.run("alter table milestones drop constraint broken");
  expect(await replay(bench.opened.corridor, "parked")).toEqual({ deliveries: 0, events: 0, windows: 1 });
  await bench.drain();
  expect(await grants(bench)).toEqual([third, "stayed Giulia Bianchi 2026-10-01 approved", first]);
});

test("what arrives late changes a window that was judged, and all that come after it, as if it had been known", async () => {
  const story: [string, Told[]][] = [
    ["2026-09-20T12:00:00Z", customer("c1", "7", "2026-05-04T10:00:00Z")],
    ["2027-01-20T12:00:00Z", []],
    ["2027-04-10T12:00:00Z", customer("c2", "8", "2026-06-04T10:00:00Z")],
    ["2027-04-11T12:00:00Z", [told("company/c1", "churned", "2026-11-10T10:00:00Z")]],
  ];
  const lived = async (steps: [string, Told[]][]) => {
    const clock = clockAt("2026-09-20T11:00:00Z");
    const bench = await benchWith(clock, kept("stayed"));
    for (const [at, events] of steps) {
      clock.advance(Date.parse(at) - clock.now().getTime());
      if (events.length > 0) await post(bench, events);
      await bench.drain();
    }
    const rows = await bench.opened.database.rows<{ text: string }>(
      `select concat_ws(' ', subject_id, discriminator, situation #>> '{metric,value}', situation #>> '{metric,previous}', situation #>> '{metric,sample}') as text
       from milestones where type = 'metric.changed' and not withdrawn and discriminator between '2026-07-01' and '2027-01-01' order by 1`,
    );
    return { bench, rows: rows.map(({ text }) => text) };
  };
  const late = await lived(story);
  const early = await lived([
    ["2026-09-20T12:00:00Z", customer("c1", "7", "2026-05-04T10:00:00Z")],
    ["2026-09-21T12:00:00Z", customer("c2", "8", "2026-06-04T10:00:00Z")],
    ["2026-11-20T12:00:00Z", [told("company/c1", "churned", "2026-11-10T10:00:00Z")]],
    ["2027-04-11T12:00:00Z", []],
  ]);
  expect(early.rows.filter((row) => row.includes("/8/"))).toHaveLength(3);
  expect(late.rows.filter((row) => row.includes("/8/"))).toEqual(early.rows.filter((row) => row.includes("/8/")));
  const tom = ["2026-07-01", "2026-10-01", "2027-01-01"].map((from) => `stayed Tom Okafor ${from} approved`);
  expect((await grants(early.bench)).filter((row) => row.includes("Tom"))).toEqual(tom);
  // of the quarter in which the news came, too
  const now = "stayed Tom Okafor 2027-04-01 approved";
  expect((await grants(late.bench)).filter((row) => row.includes("Tom"))).toEqual([...tom, now]);
  // the loss of a customer is known in the end; nothing was ordered yet, so the reward of that quarter goes
  const ofQuarter = (rows: readonly string[]) =>
    rows.filter((row) => row.includes("/7/") && row.includes(" 2026-10-01 "));
  expect(ofQuarter(late.rows)).toEqual(ofQuarter(early.rows));
  expect((await grants(late.bench)).find((row) => row.includes("Giulia Bianchi 2026-10-01"))).toContain("cancelled");
});

test("a backtest gives at the turns what was really given", async () => {
  const clock = clockAt("2026-09-20T12:00:00Z");
  const rules = kept("stayed") + kept("weekly", "", "week") + kept("ends", AT_THE_END);
  const bench = await benchWith(clock, rules);
  const first = customer("c1", "7", "2026-05-04T10:00:00Z");
  await tell(bench, ...first);
  await order(bench);
  await until(bench, clock, "2026-10-15T12:00:00Z");
  await order(bench);
  await tell(bench, ...customer("c2", "8", "2026-08-04T10:00:00Z"));
  await order(bench);
  await until(bench, clock, "2026-11-20T12:00:00Z");
  await order(bench);
  await tell(bench, told("company/c2", "churned", "2026-11-19T10:00:00Z"));
  await until(bench, clock, "2027-01-10T12:00:00Z");
  await order(bench);
  const { corridor } = bench.opened;
  const given: string[] = [];
  const done = await backtest(
    corridor,
    knownTo(bench.config),
    [{ file: "rules/rules.yaml", text: `${HEAD}${rules}` }],
    {
      from: new Date("2026-09-20T12:00:00Z"),
      until: new Date("2027-01-10T12:00:00Z"),
      source: "recorded",
      compare: false,
      on: {
        started: () => {},
        decided: () => {},
        grant: async ({ rule, recipient, after }: Change) => {
          if (after?.outcome === "given" || after?.outcome === "undone") given.push(`${rule} ${recipient}`);
        },
      },
    },
  );
  expect(done).toMatchObject({ ok: true });
  const really = (await grants(bench)).filter((row) => row.endsWith("issued"));
  expect(given.sort()).toEqual(really.map((row) => row.replace(/ \d.*$/, "")).sort());
  expect(given.filter((each) => each === "weekly Giulia Bianchi").length).toBeGreaterThan(14);
});

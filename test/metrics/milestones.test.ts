/** Rules that listen to a metric: one milestone for each subject and window, brought up to date in place. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createMatcher, type Rule } from "../../src/engine/index.ts";
import { addCosts, CostInput } from "../../src/pipeline/costs.ts";
import type { Situation } from "../../src/situation.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";
import { post, SECRET, type Told, told } from "./story.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
let bench: Bench;

const listeningTo = (id: string, metric: NonNullable<Rule["metric"]>, to: "owner" | "team"): Rule => {
  const { book } = bench.opened.corridor.rules.current().matcher;
  const [reward] = book.rewards;
  if (!reward) throw new Error("no reward");
  return {
    id,
    title: { en: id },
    kpi: null,
    on: "metric.changed",
    metric,
    where: [],
    during: null,
    parts: [{ to, give: reward, value: { fixed: { minor: 50, currency: "PTS" } }, split: null }],
    notify: ["email"],
    once: { per: "milestone" },
    hold: null,
    limits: [],
    approval: null,
    budget: null,
    clawback: false,
    from: "2026-01-01T00:00:00.000Z",
    until: null,
    mode: "active",
    file: "rules.yaml",
    line: 1,
  };
};

beforeAll(async () => {
  bench = await openBench(
    {
      config: `workspace: { timeZone: Europe/Rome }\nconnections:\n  crm: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\npeople: people.yaml\n`,
      rules: {
        "rules.yaml": "rewards:\n  - { id: p, title: P, provider: points, value: 50 points }\nrules: []\n",
      },
      people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, manager: nora@acme.example, crm: { crm: "7" } }\n  - { name: Nora Keller, email: nora@acme.example, team: EMEA }\n`,
    },
    clock,
  );
  const { rules } = bench.opened.corridor;
  const version = rules.current();
  const book = {
    ...version.matcher.book,
    rules: [
      listeningTo(
        "rate",
        { name: "close_rate", of: "owner", over: "quarter", options: { basis: "prospects" } },
        "owner",
      ),
      listeningTo("team", { name: "net_new_revenue", of: "team", over: "all", options: {} }, "team"),
      listeningTo("cost", { name: "customer_acquisition_cost", of: "owner", over: "quarter", options: {} }, "owner"),
      listeningTo("company", { name: "close_rate", of: "company", over: { days: 30 }, options: {} }, "owner"),
    ],
  };
  const withMetrics = { ...version, matcher: createMatcher(book, "EUR") };
  Object.assign(rules, { current: () => withMetrics, version: async () => withMetrics });
});
afterAll(() => bench.close());

const tell = async (...events: Told[]) => {
  await post(bench, events);
  await bench.drain();
};
const milestones = async (name: string) => {
  const rows = await bench.opened.database.rows<{
    connection: string;
    subject_id: string;
    at: Date;
    discriminator: string;
    situation: Situation;
    withdrawn: boolean;
  }>(
    "select connection, subject_id, occurred_at as at, discriminator, situation, withdrawn from milestones where type = 'metric.changed' and subject_id like $1 order by occurred_at, subject_id",
    [`${name}/%`],
  );
  return rows;
};

test("a deal that is won shows the metric of its owner in the quarter, with what rules see around it", async () => {
  await tell(
    told("deal/1", "created", "2026-11-02T10:00:00Z", { owner: "7", amount: 100, company: "c1" }),
    told("deal/2", "created", "2026-11-03T10:00:00Z", { owner: "7", amount: 100 }),
    told("deal/1", "won", "2026-11-04T10:00:00Z"),
  );
  const [row, ...others] = await milestones("close_rate/owner");
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    connection: "crm",
    subject_id: "close_rate/owner/7/quarter/basis=prospects,weight=count",
    at: new Date("2026-09-30T22:00:00Z"), // midnight in Rome
    discriminator: "2026-10-01",
    situation: {
      milestone: { type: "metric.changed", occurredAt: "2026-11-23T12:00:00.000Z", from: null, to: 0.5 },
      owner: { name: "Giulia Bianchi", team: "EMEA" },
      manager: { name: "Nora Keller" },
      team: { name: "EMEA" },
      metric: {
        name: "close_rate",
        of: "owner",
        id: "7",
        over: "quarter",
        from: "2026-10-01",
        until: "2027-01-01",
        value: 0.5,
        previous: null,
        change: null,
        sample: 2,
      },
    },
  });
  const grants = await bench.opened.database.rows<{ rule_id: string; recipient_key: string; state: string }>(
    "select rule_id, recipient_key, state from grants where rule_id = 'rate'",
  );
  expect(grants).toEqual([{ rule_id: "rate", recipient_key: "crm/user/7", state: "approved" }]);
});

test("a team's members and a company's customer are there, too", async () => {
  const [team] = await milestones("net_new_revenue/team");
  expect(team).toMatchObject({ connection: "workspace", subject_id: "net_new_revenue/team/EMEA/all time/" });
  expect(team?.situation.metric).toMatchObject({ value: 100, previous: null, from: "0001-01-01" });
  expect(team?.situation.team?.members.map(({ name }) => name).sort()).toEqual(["Giulia Bianchi", "Nora Keller"]);
  expect(team?.situation.team?.members.every(({ id }) => id.includes("/"))).toBe(true);
  const [company] = await milestones("close_rate/company");
  expect(company?.situation).toMatchObject({
    metric: { over: "30 days", value: 1 },
    customer: { revenue: 100, deals: 1 },
  });
});

test("what changes later is brought up to date in the same row; what arrives late changes its own quarter, too", async () => {
  await tell(told("deal/2", "won", "2026-11-05T10:00:00Z"));
  expect((await milestones("close_rate/owner")).map(({ situation }) => situation.metric?.value)).toEqual([1]);

  await tell(
    told("deal/3", "created", "2026-08-02T10:00:00Z", { owner: "7" }),
    told("deal/3", "lost", "2026-08-05T10:00:00Z"),
  );
  const [earlier, now] = await milestones("close_rate/owner");
  expect(earlier?.situation).toMatchObject({
    milestone: { occurredAt: "2026-09-30T21:59:59.999Z" },
    metric: { from: "2026-07-01", value: 0, sample: 1 },
  });
  expect(now?.situation.metric).toMatchObject({ from: "2026-10-01", value: 1, previous: 0, change: null });

  await tell(told("deal/1", "reopened", "2026-11-06T10:00:00Z"));
  const [, undone] = await milestones("close_rate/owner");
  expect(undone?.situation.metric).toMatchObject({ value: 0.5, sample: 2 });
});

test("a cost is judged with the next deciding, without news of a record", async () => {
  const add = (amount: string) =>
    addCosts(bench.opened.corridor, [
      CostInput.parse({
        id: "fair",
        kind: "acquisition",
        amount,
        currency: "EUR",
        from: "2026-11-02",
        until: "2026-11-03",
        owner: "crm/8",
      }),
    ]);
  const seen = async () =>
    (await milestones("customer_acquisition_cost/owner/8")).map(({ situation }) => situation.metric);
  await tell(
    told("deal/20", "created", "2026-11-02T10:00:00Z", { owner: "8", amount: 100, company: "c20" }),
    told("deal/20", "won", "2026-11-04T10:00:00Z"),
  );
  expect(await seen()).toEqual([expect.objectContaining({ value: 0, sample: 1 })]);
  await add("40.00");
  await bench.drain();
  expect(await seen()).toEqual([expect.objectContaining({ value: 40, sample: 1 })]);
  await add("60.00");
  await bench.drain();
  expect(await seen()).toEqual([expect.objectContaining({ value: 60, sample: 1 })]);
  expect(await bench.opened.database.rows("select cell from metrics_due")).toEqual([]);
});

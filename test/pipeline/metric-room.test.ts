/** Rewards on metrics that find no room, and what `once` and limits count a company by of which the CRM told only the id. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { post, SECRET, told } from "../metrics/story.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  crm: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml": `rewards:
  - { id: p, title: P, provider: points, value: 10 points }
rules:
  - id: goal
    title: Goal
    on: metric.changed
    metric: { name: net_new_revenue, of: owner, over: quarter }
    where: metric.value >= 1000
    reward: { to: owner, give: p }
    limits: [1 in total]
    from: 2026-01-01
  - { id: yearly, title: Yearly, on: deal.won, reward: { to: owner, give: p }, once: per company per year, from: 2026-01-01 }
`,
      },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

const tell = async (...events: Parameters<typeof post>[1]) => {
  await post(bench, events);
  await bench.drain();
};
const grants = (rule: string) =>
  bench.opened.database.rows(
    `select recipient_key as to, state from grants where rule_id = $1 and state <> 'cancelled'
     union all select recipient_key, 'stopped by ' || reason from stops where rule_id = $1 order by 1, 2`,
    [rule],
  );
const won = (deal: string, day: string, owner: string, company: string) =>
  told(`deal/${deal}`, "won", `2026-11-${day}T10:00:00Z`, { owner, company, amount: 2_000 });

test("a place that becomes free goes to who was stopped, though nothing new was told of their metric", async () => {
  await tell(won("a", "02", "7", "k1"));
  await tell(won("b", "03", "8", "k2"));
  expect(await grants("goal")).toEqual([
    { to: "crm/user/7", state: "approved" },
    { to: "crm/user/8", state: "stopped by limit" },
  ]);
  await tell(told("deal/a", "lost", "2026-11-04T10:00:00Z"));
  expect(await grants("goal")).toEqual([{ to: "crm/user/8", state: "approved" }]);
});

test("a deal that names its company counts as that company's, also where nothing else is known of it", async () => {
  await tell(won("c", "05", "9", "k3"));
  await tell(won("d", "06", "9", "k3"));
  expect((await grants("yearly")).filter((row) => JSON.stringify(row).includes("user/9"))).toEqual([
    { to: "crm/user/9", state: "approved" },
    { to: "crm/user/9", state: "stopped by once" },
  ]);
});

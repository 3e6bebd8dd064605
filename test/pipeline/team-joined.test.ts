/** Two CRM users who turn out to be one person are one member of their team. */
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
  - { id: own, title: Own, on: deal.won, reward: { to: owner, give: p }, from: 2026-01-01 }
  - { id: mates, title: Mates, on: deal.lost, reward: { to: team, give: p }, from: 2026-01-01 }
`,
      },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
});
afterAll(() => bench.close());

test("a team's reward goes once to somebody who was known as two", async () => {
  const tell = async (...events: Parameters<typeof post>[1]) => {
    await post(bench, events);
    await bench.drain();
  };
  await tell(
    told("user/7", "changed", "2026-11-01T08:00:00Z", { name: "Ann", email: "ann@acme.example", team: "EMEA" }),
    told("user/8", "changed", "2026-11-01T08:00:00Z", { name: "Ann", email: "ann.b@acme.example", team: "EMEA" }),
    told("deal/a", "won", "2026-11-02T08:00:00Z", { owner: "7" }),
    told("deal/b", "won", "2026-11-02T08:00:00Z", { owner: "8" }),
  );
  await tell(told("user/8", "changed", "2026-11-03T08:00:00Z", { email: "ann@acme.example" }));
  await tell(told("deal/c", "lost", "2026-11-04T08:00:00Z", { owner: "7" }));
  const rows = await bench.opened.database.rows("select recipient_key from grants where rule_id = 'mates'");
  expect(rows).toEqual([{ recipient_key: "crm/user/7" }]);
});

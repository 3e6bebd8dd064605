/** Refunds, as another system posts them: what a payment that goes back does to the reward of its deal. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { type Bench, clockAt, openBench, PUBLIC_URL } from "../support/workspace.ts";

const clock = clockAt("2026-11-23T12:00:00Z");
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
let bench: Bench;
let seconds = 0;

beforeAll(async () => {
  bench = await openBench(
    {
      config: `connections:\n  shop: { connector: webhook, secret: ${secret} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml": `
rewards:
  - { id: p, title: P, provider: points, value: 10 points }
rules:
  - { id: any, title: Any, on: deal.won, reward: { to: owner, give: p }, from: 2026-01-01 }
  - { id: big, title: Big, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: p }, from: 2026-01-01 }
`,
      },
    },
    clock,
  );
});
afterAll(() => bench.close());

const post = async (id: string, type: string, more: object = {}) => {
  seconds += 1;
  const body = Buffer.from(
    JSON.stringify({
      type,
      subject: { kind: "deal", id },
      occurredAt: new Date(Date.parse("2026-11-20T09:00:00Z") + seconds * 60_000).toISOString(),
      ...more,
    }),
  );
  const url = `${PUBLIC_URL}/webhooks/shop`;
  const headers = standardWebhooks({ method: "POST", url, rest: "", body, now: clock.now() }, secret);
  const answer = await bench.accept("shop", { method: "POST", url, rest: "", headers, body });
  if (!("status" in answer) || answer.status >= 300) throw new Error(JSON.stringify(answer));
  await bench.drain();
};
const win = (id: string, amount: number) => post(id, "deal.won", { record: { amount, owner: "77", status: "won" } });
const states = async (id: string) =>
  (
    await bench.opened.database.rows<{ line: string }>(
      "select g.rule_id || ' ' || g.state as line from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1 order by 1",
      [id],
    )
  ).map(({ line }) => line);

test("a refund of everything undoes the rewards of the deal; paid again, they are back", async () => {
  await win("a", 2_000);
  expect(await states("a")).toEqual(["any approved", "big approved"]);
  await post("a", "payment.refunded");
  expect(await states("a")).toEqual(["any cancelled", "big cancelled"]);
  await post("a", "payment.received");
  expect(await states("a")).toEqual(["any approved", "big approved"]);
});

test("a refund of a part undoes what the rest is too small for, and several parts add up", async () => {
  await win("b", 2_000);
  await post("b", "payment.refunded", { details: { amount: 900 } });
  expect(await states("b")).toEqual(["any approved", "big approved"]);
  await post("b", "payment.refunded", { details: { amount: 200 } });
  expect(await states("b")).toEqual(["any approved", "big cancelled"]);
  await post("b", "payment.refunded", { details: { amount: 900 } });
  expect(await states("b")).toEqual(["any cancelled", "big cancelled"]);
});

test("a refund of another deal changes nothing", async () => {
  await win("c", 2_000);
  await post("d", "payment.refunded");
  expect(await states("c")).toEqual(["any approved", "big approved"]);
});

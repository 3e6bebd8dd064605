/**
 * Rewards of metrics whose rules claw back: whatever is told in whatever order, ordered, spent and settled in between, in the
 * end everybody has what their windows say, less what they owe.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { balance, post as book } from "../../src/ledger/ledger.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { debtAccount } from "../../src/pipeline/debts.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { instant } from "../metrics/brute-force.ts";
import { look, post, SECRET, type Told, told } from "../metrics/story.ts";
import { type Bench, type Clock, clockAt, openBench } from "../support/workspace.ts";

const rule = (id: string, more: string) =>
  `  - { id: ${id}, title: T, on: metric.changed, metric: { name: close_rate, of: owner, over: month, basis: closed }, where: [metric.value >= 0.5, metric.sample >= 1], reward: { to: owner, give: p }, clawback: true, from: 2026-01-01${more} }\n`;
let bench: Bench;
let clock: Clock;
beforeAll(async () => {
  clock = clockAt("2026-11-23T12:00:00Z");
  bench = await openBench(
    {
      config: `workspace: { timeZone: Europe/Rome }\nconnections:\n  crm: { connector: webhook, secret: ${SECRET} }\nproviders:\n  points: { provider: points }\n`,
      rules: {
        "all.yaml": `rewards:\n  - { id: p, title: P, provider: points, value: 10 points }\nrules:\n${rule("monthly", "")}${rule("quarterly", ", once: per owner per quarter")}`,
      },
    },
    clock,
  );
});
afterAll(() => bench.close());

const OWNERS = ["x", "y"] as const;
/** Days in the two months that these stories are about; both lie in one quarter. */
const MONTHS = ["2026-10-25", "2026-11-02"];
const deal = fc.constantFrom("a", "b", "c", "d");
// in one month as often as in the other
const step = fc.oneof(fc.integer({ min: 0, max: 44 }), fc.integer({ min: 48, max: 60 }));
const fact = (what: string, fields: fc.Arbitrary<Record<string, string>>) =>
  fc.record({ do: fc.constant("tell" as const), deal, what: fc.constant(what), at: step, fields });
const told_ = fc.oneof(
  {
    weight: 8,
    arbitrary: fact(
      "changed",
      fc.constantFrom("won", "won", "lost", "open").map((status) => ({ status })),
    ),
  },
  {
    weight: 3,
    arbitrary: fact(
      "changed",
      fc.constantFrom(...OWNERS).map((owner) => ({ owner })),
    ),
  },
  { weight: 1, arbitrary: fact("deleted", fc.constant({})) },
  { weight: 1, arbitrary: fact("restored", fc.constant({})) },
);
const command = fc.oneof(
  { weight: 12, arbitrary: told_ },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("order" as const, "settle" as const), which: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("spend" as const),
      owner: fc.constantFrom(...OWNERS),
      points: fc.nat({ max: 15 }),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

let runs = 0;
const seen = { due: 0, undone: 0, shared: 0 };
const sql = () => bench.opened.database;
const grantsOf = (run: string) =>
  sql().rows<{ id: string; state: string; undone_at: Date | null; rule: string; owner: string; month: string }>(
    `select g.id, g.state, g.undone_at, g.rule_id as rule, left(split_part(g.recipient_key, '/', 3), 1) as owner, m.discriminator as month
     from grants g join milestones m on m.id = g.milestone_id where g.recipient_key like '%' || $1 order by g.rule_id, 5, 6`,
    [run],
  );
const recipientOf = async (owner: string, run: string) =>
  (
    await sql().row<{ id: string }>(
      "select recipient_id as id from recipient_ids where kind = 'user' and crm_id = $1",
      [owner + run],
    )
  )?.id;
const pointsOf = async (account: Parameters<typeof balance>[1]) => (await balance(sql(), account))[0]?.minor ?? 0;

const play = async (run: string, each: Command, index: number, spent: Map<string, number>) => {
  if (each.do === "tell") {
    const fields = Object.fromEntries(
      Object.entries(each.fields).map(([name, value]) => [name, name === "owner" ? value + run : value]),
    );
    const event: Told = {
      ...told(`deal/${each.deal}${run}`, each.what, instant(each.at), fields),
      key: `${run}-${index}`,
    };
    await post(bench, [event]);
    return bench.drain();
  }
  if (each.do === "spend") {
    const recipient = await recipientOf(each.owner, run);
    if (!recipient) return;
    const minor = Math.min(each.points, await pointsOf(`points:${recipient}`));
    await book(sql(), [
      {
        key: `${run}/${index}/spent`,
        grantId: null,
        what: "spend",
        from: `points:${recipient}`,
        to: "points_spent",
        amount: { minor, currency: "PTS" },
      },
    ]);
    spent.set(each.owner, (spent.get(each.owner) ?? 0) + minor);
    return;
  }
  const all = await grantsOf(run);
  const one = all[each.which % Math.max(1, all.length)];
  if (one) await (each.do === "order" ? fulfil : settleMark)(bench.opened.corridor, one.id);
};

const workOff = async (run: string) => {
  for (let round = 0; round < 6; round++) {
    clock.advance(120_000);
    await bench.drain();
    for (const { id } of await grantsOf(run)) {
      await settleMark(bench.opened.corridor, id);
      await fulfil(bench.opened.corridor, id);
    }
  }
};

test("everybody has what their windows say, less what they owe", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 6, maxLength: 30 }), async (commands) => {
      const run = `-m${++runs}-`;
      const spent = new Map<string, number>();
      // every deal has an owner from the beginning
      await post(
        bench,
        ["a", "b", "c", "d"].map((id, index) =>
          told(`deal/${id}${run}`, "created", "2026-10-01T08:00:00Z", { owner: `${OWNERS[index % 2]}${run}` }),
        ),
      );
      for (const [index, each] of commands.entries()) await play(run, each, index, spent);
      await workOff(run);

      const grants = await grantsOf(run);
      const due = grants.filter(({ state, undone_at }) => state === "issued" && undone_at === null);
      for (const owner of OWNERS) {
        const months: string[] = [];
        for (const day of MONTHS) {
          const shown = await look(bench, "close_rate", `owner/${owner}${run}`, "month", day, { basis: "closed" });
          if ((shown?.value ?? 0) >= 0.5 && (shown?.sample ?? 0) >= 1) months.push(`${day.slice(0, 8)}01`);
        }
        const own = due.filter((each) => each.owner === owner);
        expect({
          owner,
          monthly: own.filter(({ rule }) => rule === "monthly").map(({ month }) => month),
          grants,
        }).toEqual({ owner, monthly: months, grants });
        const quarterly = own.filter(({ rule }) => rule === "quarterly");
        expect({ owner, quarterly: quarterly.length, grants }).toEqual({
          owner,
          quarterly: Math.min(1, months.length),
          grants,
        });
        // and it hangs on a window that says so
        expect(months).toEqual(expect.arrayContaining(quarterly.map(({ month }) => month)));
        const recipient = await recipientOf(owner, run);
        const owes = recipient ? -(await pointsOf(debtAccount(recipient))) : 0;
        const has = (recipient ? await pointsOf(`points:${recipient}`) : 0) + (spent.get(owner) ?? 0);
        expect({ owner, has, owes }).toEqual({ owner, has: own.length * 10 + owes, owes });
        seen.shared += months.length > 1 ? 1 : 0;
      }
      seen.due += due.length;
      seen.undone += grants.filter(({ state }) => state === "cancelled" || state === "clawed_back").length;
    }),
    { numRuns: Number(process.env.RUNS ?? 15), endOnFailure: true },
  );
  // the runs were worth something
  expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  expect((await sql().transaction((tx) => verifyLedger(tx))).faults).toEqual([]);
}, 180_000);

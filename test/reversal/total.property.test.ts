/**
 * Whatever is won, lost, won again, seen, spent, paid off and interrupted in whatever order: in the end each recipient has
 * exactly what is due to them, less what they owe; and nothing was ordered that nobody has.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { post, unbalanced } from "../../src/ledger/ledger.ts";
import { revealClaim } from "../../src/pipeline/claim.ts";
import { debtAccount, heldThrough } from "../../src/pipeline/debts.ts";
import { type Gift, openRoom, type Room } from "./room.ts";

let room: Room;
/** The process dies right after the provider did what it was asked. */
let dies = false;
class Died extends Error {}
beforeAll(async () => {
  room = await openRoom();
  for (const { provider } of room.corridor.providers.values()) {
    const { order, cancel } = provider;
    const mortal = <T>(answer: T): T => {
      if (!dies) return answer;
      dies = false;
      throw new Died();
    };
    provider.order = async (request) => mortal(await order.call(provider, request));
    if (cancel) provider.cancel = async (...asked) => mortal(await cancel.apply(provider, asked));
  }
}, 60_000);
afterAll(() => room?.close());

const gift = fc.constantFrom<Gift>("card", "card", "points", "code");
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("win" as const),
      gift,
      tens: fc.integer({ min: 1, max: 9 }),
      clawback: fc.constantFrom(true, true, true, false),
      delivered: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("lose" as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("winAgain" as const), which: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("settle" as const, "order" as const),
      which: fc.nat(),
      dies: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("see" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("spend" as const), points: fc.integer({ min: 1, max: 60 }) }) },
);

interface Made {
  id: string;
  gift: Gift;
  due: boolean;
  clawback: boolean;
}

/** Runs a step; one that died is found again once its time is over. */
const survive = async (step: () => Promise<unknown>) => {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof Died)) throw error;
  }
};

const decideAgain = async (made: Made) => {
  if (made.due) await room.decideAgain(made.id);
};

/** Until nothing moves any more, as the sweeper would. */
const workOff = async (grants: readonly Made[]) => {
  dies = false;
  for (let round = 0; round < 6; round++) {
    room.clock.advance(120_000);
    for (const made of grants) {
      await room.settle(made.id);
      await decideAgain(made);
      await room.order(made.id);
    }
  }
};

let spent = 0;
let run = 0;
test("everybody has what is due to them, less what they owe", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 16 }), async (commands) => {
      run += 1;
      spent = 0;
      await room.refill(8);
      const owner = room.owner();
      const grants: Made[] = [];
      const pick = (which: number) => grants[which % Math.max(1, grants.length)];
      for (const each of commands) {
        if (each.do === "win") {
          const id = await room.win(each.gift, owner);
          await room.database.run("update grants set clawback = $2 where id = $1", [id, each.clawback]);
          if (each.gift !== "code") await room.setCost(id, each.tens * 10);
          room.vendor.behaviour.delivery = each.delivered ? "SUCCEEDED" : "FAILED";
          grants.push({ id, gift: each.gift, due: true, clawback: each.clawback });
          await room.order(id);
          continue;
        }
        if (each.do === "spend") {
          await spend(grants, each.points);
          continue;
        }
        const made = pick(each.which);
        if (!made) continue;
        if (each.do === "see") await revealClaim(room.corridor, await room.token(made.id));
        else if (each.do === "lose" && made.due) {
          made.due = false;
          await room.lose(made.id);
        } else if (each.do === "winAgain" && !made.due) {
          made.due = true;
          await room.mark(made.id, null);
          await decideAgain(made);
        } else if (each.do === "settle" || each.do === "order") {
          dies = each.dies;
          await survive(() => (each.do === "settle" ? room.settle(made.id) : room.order(made.id)));
          dies = false;
        }
      }
      await workOff(grants);
      await check(grants);
    }),
    { numRuns: 20 },
  );
}, 120_000);

/** As far as the balance goes. */
const spend = async (grants: readonly Made[], points: number) => {
  const [any] = grants;
  if (!any) return;
  const { recipient } = await room.grant(any.id);
  const minor = Math.min(points, await room.balance(`points:${recipient.id}`, "PTS"));
  spent += minor;
  const key = `${any.id}/spent/${run}/${spent}`;
  const amount = { minor, currency: "PTS" };
  await post(room.database, [
    { key, grantId: any.id, what: "join", from: `points:${recipient.id}`, to: "issued", amount },
  ]);
};

const check = async (grants: readonly Made[]) => {
  const [any] = grants;
  if (!any) return;
  const { recipient } = await room.grant(any.id);
  const ids = grants.map((made) => made.id);
  const keys = new Set(
    (
      await room.database.rows<{ key: string }>(
        `select request->>'key' as key from orders where grant_id = any ($1) union all
         select request->>'key' from orders_past where grant_id = any ($1)`,
        [ids],
      )
    ).map((row) => row.key),
  );
  const cards = room.vendor.orders.filter((order) => keys.has(order.body.external_id));
  expect(new Set(cards.map((order) => order.body.external_id)).size).toBe(cards.length);
  const standing = cards
    .filter((order) => order.status !== "CANCELED")
    .reduce((sum, order) => sum + Math.round(order.body.reward.value.denomination * 100), 0);
  const codes =
    (
      await room.database.row<{ n: number }>("select count(*)::int as n from codes where order_key = any ($1)", [
        [...keys],
      ])
    )?.n ?? 0;
  const has: Record<string, number> = {
    EUR: standing + codes * 5_000,
    PTS: (await room.balance(`points:${recipient.id}`, "PTS")) + spent,
  };

  for (const currency of ["EUR", "PTS"]) {
    const owes = -(await room.balance(debtAccount(recipient.id), currency));
    expect(owes).toBeGreaterThanOrEqual(0);
    let due = 0;
    for (const made of grants.filter((each) => (each.gift === "points") === (currency === "PTS"))) {
      const { state, cost, waiting } = await room.grant(made.id);
      const held = await heldThrough(room.database, made.id);
      // what the rule does not claw back may stay with them, and nothing more than it was worth
      const keeps = !made.due && !made.clawback;
      expect({ made, state, waiting, held }).toEqual({
        made,
        state: made.due
          ? "issued"
          : expect.stringMatching(keeps ? /^(issued|cancelled)$/ : /^(cancelled|clawed_back)$/),
        waiting: made.due ? null : waiting,
        held: made.due ? cost.minor : keeps ? held : 0,
      });
      expect(held).toBeLessThanOrEqual(cost.minor);
      due += keeps ? held : made.due ? cost.minor : 0;
    }
    expect({ currency, has: has[currency], owes }).toEqual({ currency, has: due + owes, owes });
  }
  // nothing is left under way, and no grant has two orders
  const open = await room.database.rows(
    `select p.grant_id from ledger_postings p join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
     where p.grant_id = any ($1) and a.code = 'reserved' group by p.grant_id having sum(e.amount_minor) <> 0`,
    [ids],
  );
  expect(open).toEqual([]);
  expect(await room.database.rows("select from nettings where grant_id = any ($1) and not posted", [ids])).toEqual([]);
  expect(await unbalanced(room.database)).toEqual([]);
};

/** Each row of docs/reversal.md that `settle` and `fulfil` do, played on a database. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { claimPage } from "../../src/http/claim-page.ts";
import { allowedMoves, type GrantState, grantStates, moveGrants } from "../../src/ledger/grant-states.ts";
import { post, unbalanced } from "../../src/ledger/ledger.ts";
import { revealClaim, viewClaim } from "../../src/pipeline/claim.ts";
import { forgiveDebts } from "../../src/pipeline/forgive-debts.ts";
import type { OrderOutcome } from "../../src/rewards/index.ts";
import { eventually } from "../support/workspace.ts";
import { openRoom, type Room } from "./room.ts";
import { type Row, readTable } from "./table.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom();
}, 60_000);
afterAll(() => room?.close());

const table = readTable();
const played = table.filter((row) => row.by !== "decide");

const setClawback = (id: string) => room.database.run("update grants set clawback = true where id = $1", [id]);
const see = async (id: string) => revealClaim(room.corridor, await room.token(id));
const redeem = (id: string) =>
  moveGrants(room.database, [{ grantId: id, from: "issued", to: "redeemed", actor: "test", why: "redeemed" }]);
/** Points leave the balance, as they would where they are spent. */
const usePoints = async (id: string) => {
  const { recipient, cost } = await room.grant(id);
  await post(room.database, [
    { key: `${id}/used`, grantId: id, what: "join", from: `points:${recipient.id}`, to: "issued", amount: cost },
  ]);
};
/** A card whose delivery fails at the vendor. */
const undelivered = async <T>(work: () => Promise<T>): Promise<T> => {
  room.vendor.behaviour.delivery = "FAILED";
  try {
    return await work();
  } finally {
    room.vendor.behaviour.delivery = "SUCCEEDED";
  }
};
/** The owner of this debtor owes the whole of a card: 50 EUR. Gives the grant that it comes from. */
const owing = async (owner: string, gift: "card" | "points" = "card") => {
  const id = await room.issued(gift, owner);
  await setClawback(id);
  if (gift === "points") await usePoints(id);
  await undo(id);
  return id;
};
const undo = async (id: string, why = "deal.lost") => {
  await room.mark(id, why);
  await room.settle(id);
};
interface Play {
  /** Brings a grant to where the row begins, and gives its id. */
  start(): Promise<string>;
  /** What happens. Without it: it is not due any more, for a lost deal. */
  happens?(id: string): Promise<unknown>;
}
const dueAgain = async (id: string) => {
  await room.mark(id, null);
  await room.settle(id);
  if ((await room.grant(id)).state === "approved") await room.order(id);
};
const issued = (
  gift: "points" | "code" | "card",
  prepare: (id: string) => Promise<unknown> = async () => {},
): Play => ({
  async start() {
    const id = await room.issued(gift, room.owner());
    await prepare(id);
    return id;
  },
});
const and =
  (...steps: ((id: string) => Promise<unknown>)[]) =>
  async (id: string) => {
    for (const step of steps) await step(id);
  };
const clawedBack = async (prepare: (id: string) => Promise<unknown> = async () => {}, why = "deal.lost") => {
  const id = await room.issued("card", room.owner());
  await setClawback(id);
  await prepare(id);
  await undo(id, why);
  return id;
};
/** A code whose order is on its way while its deal is lost. `answer`: what becomes of the order, where it is not taken. */
const underWay = (answer?: OrderOutcome): Play => {
  let [answered, done] = [() => {}, Promise.resolve()];
  return {
    async start() {
      const id = await room.win("code", room.owner());
      const provider = room.corridor.providers.get("codes")?.provider;
      if (!provider) throw new Error("no provider");
      const { order } = provider;
      const heard = new Promise<void>((resolve) => {
        answered = resolve;
      });
      provider.order = async (request) => {
        provider.order = order;
        await heard;
        return answer ?? order.call(provider, request);
      };
      done = room.order(id);
      await eventually("the order", async () => (await room.grant(id)).state === "ordering");
      return id;
    },
    async happens(id) {
      await room.mark(id, "deal.lost");
      answered();
      await done;
      room.clock.advance(600_000);
      await room.order(id);
      await room.settle(id);
    },
  };
};
/** A later reward of the same owner pays this much of what they owe. */
const payLater = async (id: string, minor: number) => {
  const owner = (
    await room.database.row<{ key: string }>("select recipient_key as key from grants where id = $1", [id])
  )?.key;
  const later = await room.win("card", owner?.split("/").at(-1) ?? "");
  await room.setCost(later, minor);
  await room.order(later);
};

const plays: Record<string, Play> = {
  "ordering: the order is accepted while it is not due any more, the code was not seen": underWay(),
  "ordering: not due any more, and the order is refused": underWay({
    outcome: "rejected",
    kind: "configuration",
    code: "test",
    detail: "The pool is closed",
  }),
  "issued: not due any more, the code was not seen": issued("code"),
  "issued: not due any more, the balance has the points": issued("points"),
  "issued: not due any more, the points were used, clawback": issued("points", and(setClawback, usePoints)),
  "issued: not due any more, the points were used": issued("points", usePoints),
  "issued: not due any more, the code was seen, clawback": issued("code", and(setClawback, see)),
  "issued: not due any more, the code was seen": issued("code", see),
  "issued: not due any more, the provider cannot take it back, clawback": issued("card", setClawback),
  "issued: not due any more, the provider cannot take it back": issued("card"),
  "issued: not due any more, its delivery failed": { start: () => undelivered(issued("card").start) },
  "issued: not due any more, all of it had paid a debt, clawback": {
    async start() {
      const owner = room.owner();
      await owing(owner);
      const id = await room.issued("card", owner);
      await setClawback(id);
      return id;
    },
  },
  "issued: not due any more, a part of it had paid a debt and its delivery failed, clawback": {
    async start() {
      const owner = room.owner();
      await owing(owner);
      const id = await room.win("card", owner);
      await setClawback(id);
      await room.setCost(id, 8_000);
      await undelivered(() => room.order(id));
      return id;
    },
  },
  "issued: due again before anything was done": {
    ...issued("card"),
    async happens(id) {
      await room.mark(id, "deal.lost");
      await dueAgain(id);
    },
  },
  "issued: its metric no longer meets the rule, clawback": {
    ...issued("card", setClawback),
    happens: (id) => undo(id, "metric.changed"),
  },
  "clawed_back: its metric meets the rule again": {
    start: () => clawedBack(() => Promise.resolve(), "metric.changed"),
    happens: dueAgain,
  },
  "redeemed: not due any more, clawback": issued("card", and(setClawback, redeem)),
  "redeemed: not due any more": issued("card", redeem),
  "redeemed: the payment is refunded, clawback": {
    ...issued("card", and(setClawback, redeem)),
    happens: (id) => undo(id, "payment.refunded"),
  },
  "expired: not due any more": issued("card", (id) =>
    moveGrants(room.database, [{ grantId: id, from: "issued", to: "expired", actor: "test", why: "" }]),
  ),
  "clawed_back: due again": { start: () => clawedBack(), happens: dueAgain },
  "clawed_back: due again, and it had been redeemed": { start: () => clawedBack(redeem), happens: dueAgain },
  "clawed_back: due again, a later reward paid a part of its debt": {
    start: () => clawedBack(),
    happens: and((id) => payLater(id, 2_000), dueAgain),
  },
  "clawed_back: due again, later rewards paid all of its debt": {
    start: () => clawedBack(),
    happens: and(
      (id) => payLater(id, 2_000),
      (id) => payLater(id, 3_000),
      dueAgain,
    ),
  },
  "clawed_back: its debt is forgiven": {
    start: () => clawedBack(),
    happens: async (id) =>
      forgiveDebts(room.database, (await room.grant(id)).recipient.id, "agreed", "someone").then((done) =>
        expect(done.ok).toBe(true),
      ),
  },
  "cancelled: it was to be paid out again in part and was undone before that, clawback": {
    async start() {
      const id = await clawedBack();
      await payLater(id, 2_000);
      await room.mark(id, null);
      await room.settle(id);
      await room.lose(id);
      return id;
    },
    happens: (id) => room.settle(id),
  },
  "approved: the recipient owes a part of it": {
    async start() {
      const owner = room.owner();
      await owing(owner);
      const id = await room.win("card", owner);
      await room.setCost(id, 8_000);
      return id;
    },
    happens: (id) => room.order(id),
  },
  "approved: the recipient owes all of it": {
    async start() {
      const owner = room.owner();
      await owing(owner);
      return room.win("card", owner);
    },
    happens: (id) => room.order(id),
  },
  "approved: the recipient owes a part of it, which is a code": {
    async start() {
      const owner = room.owner();
      const first = await room.win("card", owner);
      await room.setCost(first, 2_000);
      await room.order(first);
      await setClawback(first);
      await undo(first);
      return room.win("code", owner);
    },
    happens: (id) => room.order(id),
  },
};

/** What the page of the grant says afterwards, in each language; empty: it is as it was. */
const pages: Record<string, readonly [RegExp, RegExp]> = {
  "taken back": [/was taken back: the deal was lost\./, /annullato: la trattativa è stata persa\./],
  owes: [/€50|50 EUR|80 EUR|50 points/, /50 EUR|80 EUR|50 punti/],
  "owes the rest": [/what it was for did not last/, /il risultato che lo aveva fatto nascere non è rimasto/],
  "owes nothing": [/Nothing is owed from it any more/, /Non resta più nulla da compensare/],
  "a reward": [/Show my reward/, /Mostra il mio premio/],
  "a reward, and what paid a debt": [/50 EUR of it paid what was open/, /50 EUR di questo premio hanno compensato/],
  "it paid a debt": [/All of it, 50 EUR, paid/, /L’intero premio, 50 EUR, ha compensato/],
};

/** The accounts without whose they are. */
const postingsOf = (id: string) =>
  room.database.rows<{ key: string; told: string }>(
    `select p.key, p.what || ': ' || max(split_part(a.code, ':', 1)) filter (where e.amount_minor < 0) || ' → '
       || max(split_part(a.code, ':', 1)) filter (where e.amount_minor > 0) as told
     from ledger_postings p join ledger_entries e on e.posting_id = p.id join ledger_accounts a on a.id = e.account_id
     where p.grant_id = $1 group by p.id order by p.id`,
    [id],
  );
const pathOf = async (id: string) =>
  (
    await room.database.rows<{ to_state: GrantState; from_state: string | null }>(
      "select from_state, to_state from grant_moves where grant_id = $1 order by id",
      [id],
    )
  )
    .filter((move) => move.from_state !== null)
    .map((move) => move.to_state);

describe("the table", () => {
  test("has a play for each row that decide does not do, and no other", () =>
    expect(Object.keys(plays).sort()).toEqual(played.map((row) => `${row.from}: ${row.event}`).sort()));

  test.each(played.map((row) => [`${row.from}: ${row.event}`, row] as const))("%s", async (name, row: Row) => {
    const play = plays[name];
    if (!play) throw new Error("no play");
    const id = await play.start();
    expect((await room.grant(id)).state).toBe(row.from);
    const before = { path: await pathOf(id), postings: await postingsOf(id) };

    await (play.happens ?? undo)(id);
    // whatever was done is done once: the step may be repeated after a crash
    for (let again = 0; again < 2; again++) await room.settle(id);

    const path = (await pathOf(id)).slice(before.path.length);
    expect(path).toEqual(row.to);
    const booked = (await postingsOf(id)).slice(before.postings.length).map((each) => each.told);
    const others = new Set(["recover: clawed_back → funding"]);
    expect(booked.filter((each) => !others.has(each))).toEqual(row.postings);
    expect(await unbalanced(room.database)).toEqual([]);
    const said = pages[row.told];
    expect(said !== undefined || row.told === "nothing").toBe(true);
    for (const [at, language] of (["en", "it"] as const).entries()) {
      const { recipient } = await room.grant(id);
      await room.database.run("update recipients set language = $2 where id = $1", [recipient.id, language]);
      const claim = await viewClaim(room.corridor, await room.token(id));
      if (claim && said) expect(claimPage(claim, "/x", null)).toMatch(said[at] ?? /^$/);
      else expect(claim !== undefined || said === undefined).toBe(true);
    }
    const { state, waiting } = await room.grant(id);
    if (row.to.length === 0 && state !== "expired" && row.told === "nothing" && !row.event.startsWith("due again"))
      expect(waiting).toMatch(/^cannot be taken back: .{8}/);
  });

  test("has every move into and out of being undone that the grants' own table allows, and no other", () => {
    const steps = new Set(table.flatMap(({ from, to }) => to.map((state, at) => `${to[at - 1] ?? from} → ${state}`)));
    for (const step of steps) {
      const [from, to] = step.split(" → ") as [GrantState, GrantState];
      expect({ step, allowed: allowedMoves[from].includes(to) }).toEqual({ step, allowed: true });
    }
    const undoing = grantStates.flatMap((from) =>
      allowedMoves[from]
        .filter((to) => [from, to].some((state) => state === "cancelled" || state === "clawed_back"))
        .map((to) => `${from} → ${to}`),
    );
    expect(undoing.filter((step) => !steps.has(step))).toEqual([]);
    expect(steps.has("approved → issued")).toBe(true);
  });
});

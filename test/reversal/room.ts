/** A workspace whose grants can be won, ordered, seen, undone and brought back, one step at a time. */
import { moveGrants } from "../../src/ledger/grant-states.ts";
import { type Account, balance, post } from "../../src/ledger/ledger.ts";
import { writeClaimToken } from "../../src/pipeline/claim-token.ts";
import { freeGrants } from "../../src/pipeline/decide-free.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { loadGrant } from "../../src/pipeline/grant-view.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { importCodes } from "../../src/rewards/index.ts";
import { CLIENT_SECRET, deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { startTremendousApi } from "../support/tremendous-api.ts";
import { clockAt, openBench } from "../support/workspace.ts";

export type Gift = "points" | "code" | "card";

const rules = `
rewards:
  - { id: points, title: { en: Points, it: Punti }, provider: points, value: 50 points }
  - { id: code, title: { en: A code, it: Un codice }, provider: codes, pool: x, value: 50 EUR }
  - { id: card, title: { en: A card, it: Una carta }, provider: cards, products: [amazon-it], value: 50 EUR }
rules:
  - { id: points, title: Points, on: deal.won, where: [deal.amount == 1], reward: { to: owner, give: points }, from: 2026-01-01 }
  - { id: code, title: Code, on: deal.won, where: [deal.amount == 2], reward: { to: owner, give: code }, from: 2026-01-01 }
  - { id: card, title: Card, on: deal.won, where: [deal.amount == 3], reward: { to: owner, give: card }, from: 2026-01-01 }
`;
const amounts: Record<Gift, number> = { points: 1, code: 2, card: 3 };

export const openRoom = async () => {
  const clock = clockAt("2026-11-23T12:00:00Z");
  const vendor = await startTremendousApi();
  vendor.behaviour.balance = 1_000_000;
  const bench = await openBench(
    {
      config: `workspace: { language: en }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool, lowStock: 0 }
  cards: { provider: tremendous, environment: sandbox, apiKey: ${vendor.apiKey}, apiBase: "${vendor.url}", timeoutMs: 2000 }
channels:
  email: { sender: outbox }
`,
      rules: { "all.yaml": rules },
    },
    clock,
  );
  const { corridor, database } = bench.opened;
  const refill = (count: number) => {
    const codes = Array.from({ length: count }, () => `CODE-${Math.random()}`);
    return importCodes(database, corridor.sealer, "x", `code\n${codes.join("\n")}`, clock.now());
  };
  let deals = 0;
  let owners = 0;

  const room = {
    bench,
    clock,
    vendor,
    database,
    corridor,
    refill,
    /** A new rep who has no reward yet. */
    owner: () => `${1_000 + owners++}`,
    /** A deal of this owner is won; gives the id of its grant, which is `approved`. */
    async win(gift: Gift, owner: string): Promise<string> {
      const [objectId, occurredAt] = [++deals, clock.now().getTime() - 60_000];
      const change = (propertyName: string, propertyValue: string) =>
        hubspotEvent({
          subscriptionType: "deal.propertyChange",
          objectId,
          occurredAt,
          propertyName,
          propertyValue,
        });
      await deliver(bench, "hub", [
        change("dealname", `Deal ${objectId}`),
        change("amount", String(amounts[gift])),
        change("hubspot_owner_id", owner),
        change("dealstage", "closedwon"),
      ]);
      await bench.drain();
      const row = await database.row<{ id: string }>(
        "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1",
        [String(objectId)],
      );
      if (!row) throw new Error("no grant");
      await database.run(
        "update recipients r set email = $2 from grants g where g.id = $1 and r.id = g.recipient_id and r.email is null",
        [row.id, `rep-${owner}@acme.example`],
      );
      return row.id;
    },
    /** As decide would have made it for another amount. */
    setCost: (id: string, minor: number) =>
      database.transaction(async (tx) => {
        const { cost } = await room.grant(id);
        const amount = { minor: Math.abs(minor - cost.minor), currency: cost.currency };
        const [from, to] = minor > cost.minor ? (["funding", "reserved"] as const) : (["reserved", "funding"] as const);
        await post(tx, [{ key: `${id}/correct`, grantId: id, what: "reserve", from, to, amount }]);
        await tx.run("update grants set value_minor = $2, cost_minor = $2 where id = $1", [id, minor]);
      }),
    /** The order is placed, as far as the provider takes it. */
    order: (id: string) => fulfil(corridor, id),
    async issued(gift: Gift, owner: string): Promise<string> {
      const id = await room.win(gift, owner);
      await fulfil(corridor, id);
      return id;
    },
    /** The mark that decide makes of a change. */
    async mark(id: string, why: string | null): Promise<void> {
      clock.advance(1_000);
      await database.run("update grants set undone_at = $2, undone_why = $3 where id = $1", [
        id,
        why && clock.now(),
        why,
      ]);
    },
    /** What decide does for a change that shows that the grant is not due. */
    async lose(id: string, why = "deal.lost"): Promise<void> {
      const cancelled = await database.transaction(async (tx) => {
        const grant = await loadGrant(tx, id, { lock: true });
        if (grant?.state !== "approved") return false;
        await moveGrants(tx, [{ grantId: id, from: "approved", to: "cancelled", actor: "decide", why }]);
        await tx.run("delete from orders where grant_id = $1", [id]);
        await freeGrants(tx, [id]);
        return true;
      });
      if (!cancelled) await room.mark(id, why);
    },
    /** What decide does for a grant that was cancelled after it was issued and is due again. */
    async decideAgain(id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const grant = await loadGrant(tx, id, { lock: true });
        if (grant?.state !== "cancelled" || grant.undone_at) return;
        await moveGrants(tx, [{ grantId: id, from: "cancelled", to: "approved", actor: "decide", why: "due again" }]);
        const key = `${id}/reserve/${grant.round}`;
        const [from, to] = ["funding", "reserved"] as const;
        await post(tx, [{ key, grantId: id, what: "reserve", from, to, amount: grant.cost }]);
        await tx.run("update grants set round = round + 1 where id = $1", [id]);
      });
    },
    settle: (id: string) => settleMark(corridor, id),
    /** A link to the grant's page, as the last message has it. */
    async token(id: string): Promise<string> {
      const grant = await loadGrant(database, id);
      const expiresAt = new Date(clock.now().getTime() + 90 * 86_400_000);
      return writeClaimToken(corridor.sealer, { grantId: id, version: grant?.claim_version ?? 0, expiresAt });
    },
    async grant(id: string) {
      const grant = await loadGrant(database, id);
      if (!grant) throw new Error("no grant");
      return grant;
    },
    /** What an account holds, in minor units. */
    async balance(account: Account, currency = "EUR"): Promise<number> {
      return (await balance(database, account)).find((each) => each.currency === currency)?.minor ?? 0;
    },
    async close() {
      await bench.close();
      await vendor.close();
    },
  };
  await refill(40);
  return room;
};
export type Room = Awaited<ReturnType<typeof openRoom>>;

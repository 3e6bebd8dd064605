/** The moment a grant is issued: what was ordered is booked, and what it promised to debts pays them. */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { post } from "../ledger/ledger.ts";
import type { MoveReason } from "../ledger/move-reasons.ts";
import { POINTS } from "../money.ts";
import { beginCelebration } from "./celebrate.ts";
import type { Corridor } from "./corridor.ts";
import { debtAccount } from "./debts.ts";
import { judgeAgain } from "./decide-again.ts";
import { sourceOf } from "./decide-free.ts";
import type { GrantView } from "./grant-view.ts";
import { queueMessage } from "./notify-channel.ts";

/**
 * Moves the grant to `issued` with its postings. Gives the id of the message to be sent: none where another process was
 * quicker, nobody can be reached, or the reward turned out not to be due meanwhile: then they are told once it is known to stay.
 */
export const issueGrant = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  from: "approved" | "ordering" | "unknown",
  why: MoveReason,
  actor = "fulfil",
): Promise<string | undefined> => {
  const { id: grantId, cost, value, recipient, round } = grant;
  const moved = await moveGrants(tx, [{ grantId, from, to: "issued", actor, why }]);
  if (!moved.has(grantId)) return undefined;
  const order = await tx.row<{ cost_minor: number }>("select cost_minor from orders where grant_id = $1", [grantId]);
  await post(tx, [
    {
      key: `${grantId}/issue/${round - 1}`,
      grantId,
      what: "issue",
      from: "reserved",
      to: value.currency === POINTS ? `points:${recipient.id}` : "issued",
      amount: { minor: order?.cost_minor ?? 0, currency: cost.currency },
    },
  ]);
  await payDebts(tx, grant);
  // an order's lease is over: what comes next need not wait for it
  await tx.run("update grants set not_before = $2 where id = $1", [grantId, corridor.now()]);
  corridor.telemetry.grant("issued");
  if (grant.undone_at) {
    // whatever becomes of it, somebody looks: due again before it was taken back, it must still be told of
    await tx.run("update grants set undone_done = to_timestamp(0) where id = $1", [grantId]);
    return undefined;
  }
  await beginCelebration(corridor, tx, grant);
  // where all of it paid a debt there is nothing to open: the message says what it paid
  return queueMessage(corridor, tx, { ...grant, state: "issued" }, order ? "reward" : "reversed");
};

interface Paid {
  debt_grant_id: string;
  debt_round: number;
  amount_minor: number;
  budget: string | null;
}

const payDebts = async (tx: Sql, { id, round, cost, recipient }: GrantView) => {
  const paid = await tx.rows<Paid>(
    `update nettings n set posted = true from grants g
     where n.grant_id = $1 and n.round = $2 and not n.posted and g.id = n.debt_grant_id
     returning n.debt_grant_id, n.debt_round, n.amount_minor, g.budget`,
    [id, round],
  );
  await post(
    tx,
    paid.flatMap(({ debt_grant_id: debt, debt_round, amount_minor: minor, budget }) => {
      const [key, amount] = [`${id}/${round}/${debt}/${debt_round}`, { minor, currency: cost.currency }];
      return [
        { key: `${key}/net`, grantId: id, what: "net", from: "reserved", to: debtAccount(recipient.id), amount },
        // what is recovered goes back to where the reward that was clawed back took it from
        {
          key: `${key}/recover`,
          grantId: debt,
          what: "recover",
          from: "clawed_back",
          to: sourceOf(budget),
          amount,
        },
      ] as const;
    }),
  );
  // there is money again for those who wait for it
  await judgeAgain(
    tx,
    paid.flatMap(({ budget }) => (budget === null ? [] : [sourceOf(budget)])),
  );
};

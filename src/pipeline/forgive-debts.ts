/** A person lets a recipient off what they owe. */
import type { Sql } from "../db/sql.ts";
import { type GrantState, moveGrants } from "../ledger/grant-states.ts";
import { reason } from "../ledger/move-reasons.ts";
import { type Debt, forgive, lockRecipient, openDebts } from "./debts.ts";

export type Forgiven =
  | { ok: true; recipient: string; debts: Debt[] }
  /** What was found and what was expected, for a person. */
  | { ok: false; problem: string };

/**
 * Writes off everything that is open of one recipient, each debt with a row that says who did it and why. `who`: the
 * recipient's id or email address.
 */
export const forgiveDebts = async (tx: Sql, who: string, why: string, actor: string): Promise<Forgiven> => {
  const found = await tx.rows<{ id: string; name: string | null }>(
    "select id, coalesce(name, email) as name from recipients where id::text = lower($1) or lower(email) = lower($1)",
    [who],
  );
  const [recipient, ...others] = found;
  if (!recipient || others.length > 0)
    return {
      ok: false,
      problem: `found ${found.length === 0 ? "nobody" : `${found.length} people`} under "${who}", expected the id or the email address of one recipient, as accolade debts shows them`,
    };
  await lockRecipient(tx, recipient.id);
  const debts = (await openDebts(tx)).filter((debt) => debt.recipient_id === recipient.id);
  if (debts.length === 0)
    return { ok: false, problem: `${recipient.name ?? recipient.id} owes nothing: accolade debts shows who does` };
  await forgive(tx, debts);
  const states = await tx.rows<{ id: string; state: GrantState }>("select id, state from grants where id = any ($1)", [
    debts.map((debt) => debt.grant_id),
  ]);
  await moveGrants(
    tx,
    states.map(({ id, state }) => ({
      grantId: id,
      from: null,
      to: state,
      actor,
      why: reason("debt_forgiven", { why }),
    })),
  );
  return { ok: true, recipient: recipient.name ?? recipient.id, debts };
};

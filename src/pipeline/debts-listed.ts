import type { Sql } from "../db/sql.ts";
import { undoneInWords } from "../ledger/undone.ts";
import { openDebts } from "./debts.ts";

/** One debt as an admin sees it. Amounts in minor units of `currency`; times in UTC, ISO 8601. */
export interface ListedDebt {
  recipient: { id: string; name: string | null; email: string | null };
  grant: string;
  rule: string;
  /** Owed at first, still open, paid by later rewards, on its way to be paid by a reward under way, and let off. */
  amount: number;
  open: number;
  paid: number;
  promised: number;
  forgiven: number;
  currency: string;
  since: string;
  /** Why the reward is not due any more. */
  why: string | null;
}

/** Everything that is open, by recipient, oldest first. */
export const listDebts = async (sql: Sql): Promise<ListedDebt[]> => {
  const debts = await openDebts(sql);
  const rows = await sql.rows<{
    grant: string;
    rule: string;
    why: string | null;
    name: string | null;
    email: string | null;
  }>(
    `select g.id as grant, g.rule_id as rule, g.undone_why as why, r.name, r.email
     from grants g join recipients r on r.id = g.recipient_id where g.id = any ($1)`,
    [debts.map((debt) => debt.grant_id)],
  );
  const byGrant = new Map(rows.map((row) => [row.grant, row]));
  return debts
    .map((debt) => {
      const row = byGrant.get(debt.grant_id);
      return {
        recipient: { id: debt.recipient_id, name: row?.name ?? null, email: row?.email ?? null },
        grant: debt.grant_id,
        rule: row?.rule ?? "",
        amount: debt.amount_minor,
        open: debt.open_minor,
        paid: debt.paid_minor,
        promised: debt.promised_minor,
        forgiven: debt.forgiven_minor,
        currency: debt.currency,
        since: debt.since.toISOString(),
        why: row?.why ? undoneInWords(row.why) : null,
      };
    })
    .sort((a, b) => a.recipient.id.localeCompare(b.recipient.id));
};

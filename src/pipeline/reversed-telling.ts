/** What a message about a reversal tells, from the grant as it is when the message goes out. */
import type { Sql } from "../db/sql.ts";
import { undoneInWords } from "../ledger/undone.ts";
import type { Money } from "../money.ts";
import { debtsOfGrant } from "./debts.ts";
import type { GrantView } from "./grant-view.ts";

export interface ReversedTelling {
  /** As `templates/reversed/` selects by it. */
  reversal: "taken_back" | "owes" | "paid_debt";
  /** What is owed from the grant, or what of it paid a debt; zero for one that was taken back. */
  sum: Money;
  /** Why it is not due any more, in this language and in the middle of a sentence; null for one that paid a debt. */
  given: string | null;
}

/** Undefined where there is nothing to tell: it is due, and paid nothing. */
export const reversedTelling = async (
  sql: Sql,
  grant: GrantView,
  language: string,
): Promise<ReversedTelling | undefined> => {
  const { state, cost, netted_minor, undone_why } = grant;
  if (state === "cancelled" || state === "clawed_back") {
    const debts = await debtsOfGrant(sql, grant.id);
    const owed = debts.reduce((sum, debt) => sum + debt.open_minor + debt.promised_minor, 0);
    const given = undoneInWords(undone_why ?? "correction", language);
    return { reversal: owed > 0 ? "owes" : "taken_back", sum: { ...cost, minor: owed }, given };
  }
  if (netted_minor === 0) return undefined;
  return { reversal: "paid_debt", sum: { ...cost, minor: netted_minor }, given: null };
};

import type { Sql } from "../db/sql.ts";
import { post } from "../ledger/ledger.ts";
import { sourceOf } from "./decide-free.ts";
import type { GrantView } from "./grant-view.ts";

/**
 * Reserves part of a grant's cost once more, in minor units. `key`: of the posting, so that repeating it changes nothing. False
 * where the budget does not hold as much: nothing was changed then.
 */
export const reserveAgain = async (tx: Sql, grant: GrantView, minor: number, key: string): Promise<boolean> => {
  await tx.run("savepoint reserving");
  try {
    await post(tx, [
      {
        key,
        grantId: grant.id,
        what: "reserve",
        from: sourceOf(grant.budget),
        to: "reserved",
        amount: { minor, currency: grant.cost.currency },
      },
    ]);
  } catch (error) {
    if (!isOverspent(error)) throw error;
    await tx.run("rollback to savepoint reserving");
    return false;
  }
  await tx.run("release savepoint reserving");
  return true;
};

/** The constraint that no budget goes below zero. */
const isOverspent = (error: unknown) =>
  error instanceof Error && "constraint" in error && error.constraint === "budget_never_overspent";

/** What happened to a grant, move by move, as people are told of it. */
import type { Sql } from "../db/sql.ts";
import { type MoveReason, moveReasonOf } from "../ledger/move-reasons.ts";

export interface ToldMove {
  from: string | null;
  to: string;
  actor: string;
  /** In English, or in the words of the person or vendor who said it. */
  why: string;
  /** The same for any language; null where nobody but they could say it otherwise. */
  reason: MoveReason | null;
  at: Date;
}

export const movesOf = async (sql: Sql, grantId: string): Promise<ToldMove[]> => {
  const rows = await sql.rows<Omit<ToldMove, "reason"> & { code: string | null; details: unknown }>(
    `select from_state as "from", to_state as "to", actor, why, why_code as code, why_values as details, at
     from grant_moves where grant_id = $1 order by id`,
    [grantId],
  );
  return rows.map(({ code, details, ...move }) => ({ ...move, reason: moveReasonOf(code, details) }));
};

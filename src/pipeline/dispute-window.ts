/** Until when a recipient can say that something about a grant is not right. */
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";

const A_DAY = 86_400_000;

/** Counted from when it was granted, or from when it was decided on, where that came later. Half-open; null: not at all. */
export const disputableUntil = (
  { workspace }: Pick<Corridor, "workspace">,
  grant: { granted_at: Date },
  decidedAt: Date | null,
): Date | null => {
  if (workspace.disputeDays === 0) return null;
  const from = Math.max(grant.granted_at.getTime(), decidedAt?.getTime() ?? 0);
  return new Date(from + workspace.disputeDays * A_DAY);
};

export interface LastDecision {
  state: "approved" | "declined" | "expired";
  at: Date;
  reason: string | null;
}

/** How the last approval that a grant needed ended; undefined where it needed none, or waits. */
export const lastDecision = (sql: Sql, grantId: string): Promise<LastDecision | undefined> =>
  sql.row<LastDecision>(
    `select state, decided_at as at, reason from approvals
     where grant_id = $1 and kind = 'grant' and state in ('approved', 'declined', 'expired')
     order by requested_at desc, decided_at desc limit 1`,
    [grantId],
  );

/** Every call to a provider or sender is a row, written before the call; its outcome is written before anything else. */
import type { Sql } from "../db/sql.ts";

export interface AttemptOutcome {
  outcome: "accepted" | "rejected" | "retryLater" | "unknown";
  code?: string;
  detail?: string;
}

export const beginAttempt = async (
  tx: Sql,
  attempt: {
    grantId: string;
    messageId?: string;
    target: string;
    what: "order" | "lookup" | "cancel" | "send" | "note" | "fields" | "find";
    at: Date;
    /** Somebody who says how it ended, where no vendor was called. */
    actor?: string;
  },
): Promise<number> => {
  const row = await tx.row<{ id: number }>(
    "insert into attempts (grant_id, message_id, target, what, started_at, actor) values ($1, $2, $3, $4, $5, $6) returning id",
    [attempt.grantId, attempt.messageId ?? null, attempt.target, attempt.what, attempt.at, attempt.actor ?? null],
  );
  if (!row) throw new Error("the attempt was not stored");
  return row.id;
};

export const endAttempt = (tx: Sql, id: number, { outcome, code, detail }: AttemptOutcome, at: Date): Promise<number> =>
  tx.run("update attempts set finished_at = $2, outcome = $3, code = $4, detail = $5 where id = $1", [
    id,
    at,
    outcome,
    code ?? null,
    detail?.slice(0, 2_000) ?? null,
  ]);

/** How often this was tried, for growing pauses; with `outcome`, how often it ended so. */
export const attemptsSoFar = async (
  tx: Sql,
  grantId: string,
  what: "order" | "lookup" | "cancel",
  outcome?: AttemptOutcome["outcome"],
): Promise<number> =>
  (
    await tx.row<{ n: number }>(
      "select count(*)::int as n from attempts where grant_id = $1 and what = $2 and ($3::text is null or outcome = $3)",
      [grantId, what, outcome ?? null],
    )
  )?.n ?? 0;

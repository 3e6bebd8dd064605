import type { Sql } from "../../src/db/sql.ts";
import type { GrantState } from "../../src/ledger/grant-states.ts";
import { insertGrantRow } from "./grant-row.ts";

export interface MoneyGrant {
  state?: GrantState;
  rule?: string;
  kpi?: string | null;
  team?: string | null;
  budget?: string | null;
  minor?: number;
  currency?: string;
  /** Default: a recipient of its own. */
  recipient?: string;
  grantedAt?: string;
}

/** A grant as reports and the brake see it; nothing is booked for it. Gives its id. */
export const insertMoneyGrant = async (sql: Sql, grant: MoneyGrant = {}): Promise<string> => {
  const { minor = 100, currency = "EUR", state = "approved", rule = "enterprise-win" } = grant;
  const id = await insertGrantRow(sql, { minor, currency });
  await sql.run(
    `update grants set state = $2, rule_id = $3, kpi = $4, team = $5, budget = $6,
       recipient_id = coalesce($7, recipient_id), granted_at = coalesce($8, granted_at) where id = $1`,
    [
      id,
      state,
      rule,
      grant.kpi ?? null,
      grant.team ?? null,
      grant.budget ?? null,
      grant.recipient ?? null,
      grant.grantedAt ?? null,
    ],
  );
  return id;
};

/** Somebody who can be rewarded. Gives their id. */
export const insertPerson = async (
  sql: Sql,
  { kind, name, email = null }: { kind: "rep" | "customer"; name: string; email?: string | null },
): Promise<string> => {
  const row = await sql.row<{ id: string }>(
    "insert into recipients (kind, name, email, source) values ($1, $2, $3, 'test') returning id",
    [kind, name, email],
  );
  return row?.id ?? "";
};

export interface MoneyBudget {
  id: string;
  minor: number;
  currency?: string;
  from?: string | null;
  until?: string | null;
  alerts?: number[];
}

export const insertBudget = (sql: Sql, { id, minor, currency = "EUR", from, until, alerts = [] }: MoneyBudget) =>
  sql.run(
    `insert into budgets (id, amount_minor, currency, starts_at, ends_at, alerts, when_empty, in_force)
     values ($1, $2, $3, $4, $5, $6, 'wait', true)`,
    [id, minor, currency, from ?? null, until ?? null, alerts],
  );

import { randomUUID } from "node:crypto";
import type { Sql } from "../../src/db/sql.ts";

/** The least that `grants` and what it refers to must hold, for tests of rooms that only need a grant to exist. Gives its id. */
export const insertGrantRow = async (
  sql: Sql,
  { provider = "points", minor = 100, currency = "PTS" }: { provider?: string; minor?: number; currency?: string } = {},
): Promise<string> => {
  const id = randomUUID();
  await sql.run(
    `with rules as (
       insert into rule_versions (hash, sources, author) values ($1::text, '[]', 'test') returning id
     ), milestone as (
       insert into milestones (connection, subject_kind, subject_id, type, occurred_at, rule_version, situation)
       select 'test', 'deal', $1::text, 'deal.won', now(), id, '{}' from rules returning id
     ), person as (
       insert into recipients (kind, name, email, source) values ('rep', 'Giulia Bianchi', 'giulia@example.com', 'test') returning id
     )
     insert into grants (id, rule_id, once_key, recipient_key, recipient_id, rule_version, milestone_id, part, reward_id, provider,
       value_minor, currency, cost_minor, cost_currency, notify, state, granted_at)
     select $1::text::uuid, 'test', $1::text, 'test/user/1', person.id, rules.id, milestone.id, 0, 'reward', $2, $3, $4, $3, $4, '{}', 'approved', now()
     from rules, milestone, person`,
    [id, provider, minor, currency],
  );
  return id;
};

/** One reward's whole way, from what came in to what went out: for the first scene, `simulate`, and logs. */
import type { Sql } from "../db/sql.ts";
import type { Money } from "../money.ts";

export interface Journey {
  grantId: string;
  connection: string;
  milestone: string;
  subject: string;
  ruleId: string;
  state: string;
  value: Money;
  rewardId: string;
  recipient: string;
  recipientKind: "rep" | "customer";
  /** The channel of the newest message, and its state; null where nobody was told yet. */
  channel: string | null;
  messageState: string | null;
  waiting: string | null;
  /** From the request to the message; null while it is under way. */
  ms: number | null;
}

type Row = Omit<Journey, "value"> & { minor: number; currency: string };

/** Journeys of grants that hang on deliveries received at or after `since`, oldest first. */
export const journeysSince = async (sql: Sql, since: Date): Promise<Journey[]> => {
  const rows = await sql.rows<Row>(
    `select g.id as "grantId", m.connection, m.type as milestone,
       coalesce(m.situation -> 'deal' ->> 'name', m.situation -> 'contact' ->> 'name', m.subject_kind || ' ' || m.subject_id) as subject,
       g.rule_id as "ruleId", g.state, g.value_minor as minor, g.currency, g.reward_id as "rewardId",
       coalesce(r.name, r.email, g.recipient_key) as recipient, r.kind as "recipientKind", n.channel, n.state as "messageState", g.waiting,
       extract(epoch from n.sent_at - g.granted_at)::float8 * 1000 as ms
     from grants g join milestones m on m.id = g.milestone_id join recipients r on r.id = g.recipient_id
     left join lateral (select channel, state, sent_at from messages where grant_id = g.id order by created_at desc, id limit 1) n on true
     where g.granted_at >= $1 order by g.granted_at, g.id`,
    [since],
  );
  return rows.map(({ minor, currency, ...row }) => ({ ...row, value: { minor, currency } }));
};

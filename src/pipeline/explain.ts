/** Why an event did or did not lead to a reward: from the rows, and from the very situation that was judged. */
import type { LineTrace } from "../engine/index.ts";
import type { Money } from "../money.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { startedLater } from "./decide-due.ts";
import { recipientsOf } from "./decide-recipients.ts";

export interface Explanation {
  event: {
    id: number;
    connection: string;
    type: string;
    subject: string;
    occurredAt: Date;
    receivedAt: Date;
    state: string;
    reason: string | null;
  };
  milestones: ExplainedMilestone[];
}

export interface ExplainedMilestone {
  type: string;
  occurredAt: string;
  /** A change that arrived later showed that it was not so. */
  withdrawn: boolean;
  rules: ExplainedRule[];
}

export interface ExplainedRule {
  rule: string;
  verdict: "matched" | "not_matched" | "not_listening" | "outside_window" | "started_later";
  lines: LineTrace[];
  /** One entry for each part of a matched rule: the grant that it led to, or why it led to none. */
  parts: {
    to: string;
    grant?: { id: string; state: string; value: Money; recipient: string; waiting: string | null };
    why?: string;
  }[];
}

interface EventRow {
  id: number;
  connection: string;
  type: string;
  subject_kind: string;
  subject_id: string;
  occurred_at: Date;
  received_at: Date;
  state: string;
  reason: string | null;
}
interface MilestoneRow {
  id: number;
  type: string;
  occurred_at: Date;
  withdrawn: boolean;
  rule_version: number;
  situation: Situation | Record<string, never>;
}

/** Undefined where there is no such event. */
export const explainEvent = async (corridor: Corridor, eventId: number): Promise<Explanation | undefined> => {
  const { database } = corridor;
  const event = await database.row<EventRow>(
    "select id, connection, type, subject_kind, subject_id, occurred_at, received_at, state, reason from events where id = $1",
    [eventId],
  );
  if (!event) return undefined;
  const milestones = await database.rows<MilestoneRow>(
    "select id, type, occurred_at, withdrawn, rule_version, situation from milestones where event_id = $1 order by occurred_at, id",
    [eventId],
  );
  return {
    event: {
      id: event.id,
      connection: event.connection,
      type: event.type,
      subject: `${event.subject_kind} ${event.subject_id}`.trim(),
      occurredAt: event.occurred_at,
      receivedAt: event.received_at,
      state: event.state,
      reason: event.reason,
    },
    milestones: await Promise.all(milestones.map((milestone) => explainMilestone(corridor, milestone))),
  };
};

interface GrantRow {
  id: string;
  rule_id: string;
  recipient_key: string;
  part: number;
  state: string;
  waiting: string | null;
  value_minor: number;
  currency: string;
  recipient: string;
}

const explainMilestone = async (corridor: Corridor, row: MilestoneRow): Promise<ExplainedMilestone> => {
  const version = await corridor.rules.version(row.rule_version, corridor.database);
  const { situation } = row;
  const common = { type: row.type, occurredAt: row.occurred_at.toISOString(), withdrawn: row.withdrawn };
  if (!isWhole(situation)) {
    const rules = version.matcher.book.rules.map((rule) => ({
      rule: rule.id,
      verdict: "not_listening" as const,
      lines: [],
      parts: [],
    }));
    return { ...common, rules };
  }
  const matches = version.matcher.match(situation);
  const rules = await Promise.all(
    version.matcher.explain(situation).map(async (trace): Promise<ExplainedRule> => {
      const rule = version.matcher.book.rules.find((each) => each.id === trace.rule);
      const match = matches.find((each) => each.rule.id === trace.rule);
      if (!rule || !match) return { rule: trace.rule, verdict: trace.verdict, lines: trace.lines, parts: [] };
      if (startedLater(rule, { at: common.occurredAt }, version))
        return { rule: rule.id, verdict: "started_later", lines: trace.lines, parts: [] };
      const parts = await Promise.all(
        match.parts.map(async ({ part, value, why }) => {
          const [key] = recipientsOf(part.to, situation);
          if (!key) return { to: part.to, why: `the CRM names no ${part.to}` };
          if (!value) return { to: part.to, why: why ?? "the value could not be worked out" };
          const grant = await grantOf(corridor, rule.id, key, row.id);
          if (!grant) return { to: part.to, why: "no grant was made" };
          return {
            to: part.to,
            grant: {
              id: grant.id,
              state: grant.state,
              value: { minor: grant.value_minor, currency: grant.currency },
              recipient: grant.recipient,
              waiting: grant.waiting,
            },
            ...(grant.part_of_this ? {} : { why: "rewarded already, for an earlier milestone" }),
          };
        }),
      );
      return { rule: rule.id, verdict: trace.verdict, lines: trace.lines, parts };
    }),
  );
  return { ...common, rules };
};

const isWhole = (situation: MilestoneRow["situation"]): situation is Situation => "milestone" in situation;

const grantOf = ({ database }: Corridor, ruleId: string, recipientKey: string, milestoneId: number) =>
  database.row<GrantRow & { part_of_this: boolean }>(
    `select g.id, g.rule_id, g.recipient_key, g.part, g.state, g.waiting, g.value_minor, g.currency,
       coalesce(r.name, r.email, g.recipient_key) as recipient, g.milestone_id = $3 as part_of_this
     from grants g join recipients r on r.id = g.recipient_id join milestones own on own.id = g.milestone_id
     join milestones asked on asked.id = $3
     where g.rule_id = $1 and g.recipient_key = $2
       and (g.milestone_id = $3 or (own.connection = asked.connection and own.subject_kind = asked.subject_kind and own.subject_id = asked.subject_id))
     order by g.milestone_id = $3 desc, g.granted_at limit 1`,
    [ruleId, recipientKey, milestoneId],
  );

/** What was seen and what the rules made of it, for who decides: behind one grant, or behind one that somebody misses. */
import type { Sql } from "../db/sql.ts";
import type { LineTrace, RuleTrace } from "../engine/index.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { startedLater } from "./decide-due.ts";
import { subjectNameOf, titleIn } from "./grant-view.ts";

/** One milestone and the rules that listened to it. Kept as JSON with a dispute, as it was when it was raised. */
export interface ExplainedCase {
  /** `deal.won` */
  milestone: string;
  /** The deal's or person's name, else its id in the CRM. */
  subject: string;
  /** ISO 8601, UTC. */
  occurredAt: string;
  rules: {
    rule: string;
    title: string;
    /** `started_later`: it matched, but was first loaded after this happened. */
    verdict: RuleTrace["verdict"] | "started_later";
    lines: Pick<LineTrace, "text" | "held" | "saw" | "error">[];
  }[];
}

/** A milestone of somebody who says that they were not rewarded for it. */
export interface MissedMilestone extends MilestoneRow {
  id: number;
  connection: string;
  discriminator: string;
}

interface MilestoneRow {
  type: string;
  subject_id: string;
  occurred_at: Date;
  rule_version: number;
  situation: Situation | Record<string, never>;
}

/** The milestone behind a grant, judged by the grant's own rule. */
export const explainGrant = async (corridor: Corridor, sql: Sql, grantId: string): Promise<ExplainedCase[]> => {
  const row = await sql.row<MilestoneRow & { rule_id: string }>(
    `select m.type, m.subject_id, m.occurred_at, m.situation, g.rule_version, g.rule_id
     from grants g join milestones m on m.id = g.milestone_id where g.id = $1`,
    [grantId],
  );
  return row ? [await explained(corridor, sql, row, row.rule_id)] : [];
};

const LOOK_BACK_MS = 90 * 86_400_000;
const MOST = 20;

/**
 * The milestones of somebody's own deals (for a customer: their own) in the last 90 days that fit what they named: the
 * deal's id, or a part of its name. Nothing named: the newest.
 */
export const explainMissing = async (
  corridor: Corridor,
  sql: Sql,
  recipientId: string,
  about: string | null,
): Promise<ExplainedCase[]> => {
  const rows = await missedMilestones(sql, recipientId, about, corridor.now());
  return Promise.all(rows.map((row) => explained(corridor, sql, row)));
};

/** Those since 90 days before `before`, the newest first. */
export const missedMilestones = (
  sql: Sql,
  recipientId: string,
  about: string | null,
  before: Date,
): Promise<MissedMilestone[]> => {
  const since = new Date(before.getTime() - LOOK_BACK_MS);
  const like = about === null ? null : `%${about.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return sql.rows<MissedMilestone>(
    `select m.id, m.connection, m.type, m.subject_id, m.occurred_at, m.discriminator, m.rule_version, m.situation from (
       select m.id from recipient_ids i join milestones m
         on m.connection = i.connection and m.situation #>> '{owner,id}' = i.crm_id
       where i.recipient_id = $1 and i.kind = 'user' and m.occurred_at >= $2
       union
       select m.id from recipient_ids i join milestones m
         on m.connection = i.connection and m.subject_kind = i.kind and m.subject_id = i.crm_id
       where i.recipient_id = $1 and i.kind <> 'user' and m.occurred_at >= $2
     ) theirs join milestones m using (id)
     where not m.withdrawn and ($3::text is null or m.subject_id = $3 or m.situation #>> '{deal,name}' ilike $4)
     order by m.occurred_at desc, m.id desc limit $5`,
    [recipientId, since, about, like, MOST],
  );
};

const explained = async (corridor: Corridor, sql: Sql, row: MilestoneRow, ruleId?: string): Promise<ExplainedCase> => {
  const occurredAt = row.occurred_at.toISOString();
  const { situation } = row;
  const whole = "milestone" in situation ? (situation as Situation) : undefined;
  const version = await corridor.rules.version(row.rule_version, sql);
  const traces = whole ? version.matcher.explain(whole, ruleId) : [];
  return {
    milestone: row.type,
    subject: (whole && subjectNameOf(whole)) ?? row.subject_id,
    occurredAt,
    rules: traces
      .filter((trace) => ruleId !== undefined || trace.verdict !== "not_listening")
      .map(({ rule: id, verdict, lines }) => {
        const rule = version.matcher.book.rules.find((each) => each.id === id);
        const late = verdict === "matched" && rule && startedLater(rule, occurredAt, version);
        return {
          rule: id,
          title: titleIn(corridor, rule?.title ?? { en: id }, corridor.workspace.language),
          verdict: late ? "started_later" : verdict,
          lines,
        };
      }),
  };
};

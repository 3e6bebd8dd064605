/** One milestone and every rule: which conditions held, with the values seen, and what came of those that matched. */
import type { Sql, SqlValue } from "../db/sql.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { startedLater } from "./decide-due.ts";
import { recipientsOf } from "./decide-recipients.ts";
import { withDistance } from "./explain-line.ts";
import { explainedGrants, explainedStops } from "./explain-rows.ts";
import type {
  ExplainedGrant,
  ExplainedMilestone,
  ExplainedPart,
  ExplainedRule,
  ExplainedStop,
} from "./explain-types.ts";
import type { RuleVersion } from "./rule-versions.ts";

export interface MilestoneRow {
  id: number;
  type: string;
  connection: string;
  subject_kind: string;
  subject_id: string;
  subject: string;
  occurred_at: Date;
  event_id: number | null;
  withdrawn: boolean;
  rule_version: number;
  situation: Situation | Record<string, never>;
}

/** Milestones that `where` picks (of `m`), in the order of their time unless it says otherwise. */
export const milestoneRows = (sql: Sql, where: string, values: readonly SqlValue[], order = "m.occurred_at, m.id") =>
  sql.rows<MilestoneRow>(
    `select m.id, m.type, m.connection, m.subject_kind, m.subject_id, m.occurred_at, m.event_id, m.withdrawn, m.rule_version, m.situation,
       m.subject_kind || ' ' || coalesce(r.fields ->> 'name', m.subject_id) as subject
     from milestones m left join records r on r.connection = m.connection and r.kind = m.subject_kind and r.id = m.subject_id
     where ${where} order by ${order}`,
    values,
  );

/** A milestone that no rule listened to keeps no situation. */
export const isWhole = (situation: MilestoneRow["situation"]): situation is Situation => "milestone" in situation;

/** By the version that judged it. `ruleId`: only that rule. */
export const explainMilestone = async (
  corridor: Corridor,
  row: MilestoneRow,
  ruleId?: string,
): Promise<ExplainedMilestone> => {
  const version = await corridor.rules.version(row.rule_version, corridor.database);
  return {
    id: row.id,
    type: row.type,
    connection: row.connection,
    subject: row.subject,
    occurredAt: row.occurred_at.toISOString(),
    eventId: row.event_id,
    withdrawn: row.withdrawn,
    window: windowOf(row),
    rules: await rulesOf(corridor, row, version, ruleId),
  };
};

const windowOf = ({ situation }: MilestoneRow): ExplainedMilestone["window"] => {
  const metric = isWhole(situation) ? situation.metric : null;
  return metric && { from: metric.from, until: metric.until, ended: metric.ended ?? false };
};

const rulesOf = async (
  corridor: Corridor,
  row: MilestoneRow,
  version: RuleVersion,
  ruleId: string | undefined,
): Promise<ExplainedRule[]> => {
  const { situation } = row;
  const { matcher } = version;
  if (!isWhole(situation))
    return matcher.book.rules
      .filter(({ id }) => ruleId === undefined || id === ruleId)
      .map(({ id }) => ({ rule: id, verdict: "not_listening", lines: [], parts: [] }));
  const { database } = corridor;
  const grants = await explainedGrants(database, "g.milestone_id = $1", [row.id]);
  const stops = await explainedStops(database, "s.milestone_id = $1", [row.id]);
  const matches = matcher.match(situation);
  return Promise.all(
    matcher.explain(situation, ruleId).map(async ({ rule: id, verdict, lines }): Promise<ExplainedRule> => {
      const match = matches.find(({ rule }) => rule.id === id);
      const common = { rule: id, lines: lines.map(withDistance) };
      const given = grants.filter((grant) => grant.rule === id && grant.standing.some(({ what }) => what === "given"));
      if (!match) {
        const to = (part: number) => version.matcher.book.rules.find((rule) => rule.id === id)?.parts[part]?.to ?? "";
        return {
          ...common,
          verdict,
          parts: given.map((grant) => ({ kind: "grant", to: to(grant.part), grant, earlier: false })),
        };
      }
      if (startedLater(match.rule, situation.milestone.occurredAt, version))
        return { ...common, verdict: "started_later", parts: [] };
      const parts = await Promise.all(
        match.parts.map(({ part, index, value, why }) =>
          partsOf(
            corridor,
            row,
            situation,
            { rule: id, to: part.to, index, why: value ? undefined : (why ?? "") },
            grants,
            stops,
          ),
        ),
      );
      return { ...common, verdict, parts: parts.flat() };
    }),
  );
};

const partsOf = async (
  { database }: Corridor,
  row: MilestoneRow,
  situation: Situation,
  part: { rule: string; to: Parameters<typeof recipientsOf>[0]; index: number; why: string | undefined },
  grants: readonly ExplainedGrant[],
  stops: readonly ExplainedStop[],
): Promise<ExplainedPart[]> => {
  const { rule, to, index, why } = part;
  const mine = (each: { rule: string; part: number }) => each.rule === rule && each.part === index;
  const found: ExplainedPart[] = [
    ...grants.filter(mine).map((grant): ExplainedPart => ({ kind: "grant", to, grant, earlier: false })),
    ...stops.filter(mine).map((stop): ExplainedPart => ({ kind: "stopped", to, stop })),
  ];
  if (found.length > 0) return found;
  const keys = recipientsOf(to, situation);
  if (keys.length === 0) return [{ kind: "nobody", to }];
  if (why !== undefined) return [{ kind: "no_value", to, why }];
  const [earlier] = await explainedGrants(
    database,
    `g.rule_id = $1 and g.recipient_key = any ($2) and m.connection = $3 and m.subject_kind = $4 and m.subject_id = $5`,
    [rule, keys, row.connection, row.subject_kind, row.subject_id],
    1,
  );
  return earlier ? [{ kind: "grant", to, grant: earlier, earlier: true }] : [{ kind: "nothing", to }];
};

/** How a rule fared lately: what it matched, what it gave and did not give, and which condition kept it from the rest. */
import type { Corridor } from "./corridor.ts";
import { isWhole, milestoneRows } from "./explain-milestone.ts";
import { explainedGrants, explainedStops } from "./explain-rows.ts";
import type { ExplainedGrant, ExplainedStop } from "./explain-types.ts";

export interface RuleExplanation {
  rule: string;
  on: string;
  /** When it was first loaded, ISO 8601. */
  since: string | null;
  /** The newest milestones that it listens to, at most `MOST_MILESTONES`. */
  seen: number;
  matched: number;
  /** Of its conditions: how often each did not hold, and how often it was the only one. */
  lines: { text: string; failed: number; alone: number }[];
  grants: { state: string; n: number }[];
  stopped: { reason: string; n: number }[];
  newest: { grants: ExplainedGrant[]; stops: ExplainedStop[] };
}

const MOST_MILESTONES = 1_000;
const NEWEST = 5;

/** Undefined where no rule in force has this id. */
export const explainRule = async (corridor: Corridor, ruleId: string): Promise<RuleExplanation | undefined> => {
  const { database } = corridor;
  const { matcher, firstActive } = corridor.rules.current();
  const rule = matcher.book.rules.find(({ id }) => id === ruleId);
  if (!rule) return undefined;
  const rows = await milestoneRows(
    database,
    "m.id in (select id from milestones where type = $1 and not withdrawn and situation ? 'milestone' order by id desc limit $2)",
    [rule.on, MOST_MILESTONES],
  );
  const lines = rule.where.map((text) => ({ text, failed: 0, alone: 0 }));
  let matched = 0;
  for (const { situation } of rows) {
    const [trace] = isWhole(situation) ? matcher.explain(situation, ruleId) : [];
    if (trace?.verdict === "matched") matched += 1;
    const unmet = (trace?.lines ?? []).flatMap(({ held }, index) => (held ? [] : [index]));
    for (const index of unmet) {
      const line = lines[index];
      if (line) line.failed += 1;
      if (line && unmet.length === 1) line.alone += 1;
    }
  }
  return {
    rule: ruleId,
    on: rule.on,
    since: firstActive.get(ruleId) ?? null,
    seen: rows.length,
    matched,
    lines,
    grants: await database.rows(
      "select state, count(*)::int as n from grants where rule_id = $1 group by 1 order by 1",
      [ruleId],
    ),
    stopped: await database.rows(
      "select reason, count(*)::int as n from stops where rule_id = $1 group by 1 order by 1",
      [ruleId],
    ),
    newest: {
      grants: await explainedGrants(database, "g.rule_id = $1", [ruleId], NEWEST),
      stops: await explainedStops(database, "s.rule_id = $1", [ruleId], NEWEST),
    },
  };
};

/** Why somebody got what they got, and for every rule in force how near they came to it last. */
import type { Corridor } from "./corridor.ts";
import { explainMilestone, isWhole, milestoneRows } from "./explain-milestone.ts";
import { explainedGrants, explainedStops } from "./explain-rows.ts";
import type { ExplainedGrant, ExplainedMilestone, ExplainedStop } from "./explain-types.ts";

export interface RecipientExplanation {
  recipient: { id: string; name: string | null; email: string | null; keys: string[] };
  /** The newest. */
  grants: ExplainedGrant[];
  stops: ExplainedStop[];
  rules: RecipientRule[];
}

/** `nearest`: of what happened lately to their records, what came nearest to the rule; null where nothing of its kind did. */
export interface RecipientRule {
  rule: string;
  on: string;
  grants: number;
  nearest: ExplainedMilestone | null;
}

const MOST_RECORDS = 200;
const MOST_GRANTS = 20;

/** `asked`: an address, a recipient's id, or a key such as `hub/user/77`. Undefined where nobody is known by it. */
export const explainRecipient = async (
  corridor: Corridor,
  asked: string,
): Promise<RecipientExplanation | undefined> => {
  const { database } = corridor;
  const person = await database.row<{ id: string; name: string | null; email: string | null; keys: string[] }>(
    `select r.id, r.name, r.email, coalesce(array_agg(i.connection || '/' || i.kind || '/' || i.crm_id order by 1)
       filter (where i.crm_id is not null), '{}') as keys
     from recipients r left join recipient_ids i on i.recipient_id = r.id
     where lower(r.email) = lower($1) or r.id::text = $1 or 'people/' || r.id = $1
       or r.id in (select recipient_id from recipient_ids k where k.connection || '/' || k.kind || '/' || k.crm_id = $1)
     group by r.id order by count(i.crm_id) desc, r.id limit 1`,
    [asked],
  );
  if (!person) return undefined;
  const grants = await explainedGrants(database, "g.recipient_id = $1", [person.id], MOST_GRANTS);
  const stops = await explainedStops(database, "s.recipient_key = any ($1)", [person.keys], MOST_GRANTS);
  const counted = await database.rows<{ rule: string; n: number }>(
    "select rule_id as rule, count(*)::int as n from grants where recipient_id = $1 group by 1",
    [person.id],
  );
  const rows = await milestoneRows(
    database,
    `not m.withdrawn and m.situation ? 'milestone' and (m.connection, m.subject_kind, m.subject_id) in (
       select connection, kind, id from (
         select d.connection, d.kind, d.id from records d join recipient_ids i on i.recipient_id = $1 and i.connection = d.connection
         where (i.kind = 'user' and d.fields ->> 'owner' = i.crm_id) or (i.kind = d.kind and i.crm_id = d.id)
           or (i.kind = 'contact' and d.fields -> ('contact:' || i.crm_id) = 'true')
         order by d.updated_at desc limit ${MOST_RECORDS}) own)`,
    [person.id],
    "m.occurred_at desc, m.id desc",
  );
  const { matcher } = corridor.rules.current();
  const rules = await Promise.all(
    matcher.book.rules.map(async (rule): Promise<RecipientRule> => {
      const near = rows
        .filter(({ type, situation }) => type === rule.on && isWhole(situation))
        .map((row) => ({ row, unmet: unmetIn(corridor, row, rule.id) }))
        .filter(({ unmet }) => unmet !== null)
        .sort((a, b) => (a.unmet ?? 0) - (b.unmet ?? 0))[0];
      // judged by the rules of now: what the rules of then said of it is told by its event
      const nearest = near
        ? await explainMilestone(corridor, { ...near.row, rule_version: corridor.rules.current().id }, rule.id)
        : null;
      return { rule: rule.id, on: rule.on, grants: counted.find((each) => each.rule === rule.id)?.n ?? 0, nearest };
    }),
  );
  return { recipient: person, grants, stops, rules };
};

/** How many conditions did not hold; null where the rule does not listen to it. */
const unmetIn = (
  corridor: Corridor,
  { situation }: Awaited<ReturnType<typeof milestoneRows>>[number],
  rule: string,
) => {
  if (!isWhole(situation)) return null;
  const [trace] = corridor.rules.current().matcher.explain(situation, rule);
  if (!trace || trace.verdict === "not_listening") return null;
  return trace.lines.filter(({ held }) => !held).length + (trace.verdict === "outside_window" ? 0.5 : 0);
};

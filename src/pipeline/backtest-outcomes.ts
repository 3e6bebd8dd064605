/** What became of each milestone that a rule wanted to reward, as SQL over the tables of a stage. */
import type { Stage } from "./rehearse.ts";

export interface Range {
  from: Date;
  until: Date;
}

/**
 * `given` at once; `held` until its day; `waiting` for an empty budget; `awaiting_approval`; `undone`: given, and a later change
 * showed that it was no longer due; `cancelled` before it was given; `shadow`: by a rule in shadow; or what stopped it.
 */
export const outcomes = [
  "given",
  "held",
  "waiting",
  "awaiting_approval",
  "undone",
  "cancelled",
  "shadow",
  "stopped_once",
  "stopped_limit",
  "stopped_budget",
] as const;
export type Outcome = (typeof outcomes)[number];

/** Outcomes that cost something, now or later. */
export const costing = "('given', 'held', 'awaiting_approval', 'undone')";

/** When a milestone was judged, as SQL: a metric's row stands for its window, and is judged anew until the window is over. */
export const momentOf = (milestone: string): string =>
  `case when ${milestone}.subject_kind = 'metric' and ${milestone}.situation ? 'milestone'
     then (${milestone}.situation #>> '{milestone,occurredAt}')::timestamptz else ${milestone}.occurred_at end`;

/**
 * A query with one row for each grant and each stop whose milestone lies from $1 until before $2. Columns: id, rule,
 * recipient_key, recipient, milestone, connection, subject, at, event_key, outcome, minor, currency, cost_minor, cost_currency.
 */
export const outcomesOf = ({ schema, told }: Stage): string => `
  select t.*, coalesce(r.name, r.email, t.recipient_key) as recipient, m.type as milestone, m.connection,
    m.subject_kind || ' ' || coalesce(d.fields ->> 'name', m.subject_id) as subject, ${momentOf("m")} as at, e.key as event_key
  from (
    select id, rule_id as rule, recipient_key, recipient_id, milestone_id,
      case when undone_at is not null and state not in ('cancelled', 'held', 'awaiting_approval') then 'undone'
        when state in ('approved', 'ordering', 'unknown', 'issued', 'redeemed', 'expired') then 'given'
        when state = 'held' and unfunded then 'waiting'
        when state in ('declined', 'failed', 'clawed_back') then 'cancelled'
        else state end as outcome,
      value_minor as minor, currency, cost_minor, cost_currency
    from ${schema}.grants
    union all
    select s.grant_id, s.rule_id, s.recipient_key, i.recipient_id, s.milestone_id, 'stopped_' || s.reason, s.value_minor, s.currency,
      s.value_minor, s.currency
    from ${schema}.stops s
      left join ${schema}.recipient_ids i on i.connection || '/' || i.kind || '/' || i.crm_id = s.recipient_key
  ) t join ${schema}.milestones m on m.id = t.milestone_id
    left join ${schema}.recipients r on r.id = t.recipient_id
    left join ${told}.events e on e.id = m.event_id
    left join ${told}.records d on d.connection = m.connection and d.kind = m.subject_kind and d.id = m.subject_id
  where ${momentOf("m")} >= $1 and ${momentOf("m")} < $2`;

/** The same, with one row for each id: a reward that was stopped again and again, or given after all, is one. */
export const sidesOf = (stage: Stage): string => `
  select distinct on (id) * from (${outcomesOf(stage)}) o order by id, outcome = 'cancelled', outcome like 'stopped%', at`;

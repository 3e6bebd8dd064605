/** The rows of grants: new ones, corrections, and marks. One statement for each, for a whole batch. */
import type { Sql, SqlValue } from "../db/sql.ts";
import type { DueGrant, Judged } from "./decide-due.ts";
import type { Beginning } from "./decide-first-state.ts";

/** A due grant, with what it took and where it begins. */
export interface Begun extends Beginning {
  grant: DueGrant;
}

interface Moment {
  milestoneIds: ReadonlyMap<Judged, number>;
  decidedAt: Date;
}

/** What an empty budget means for a reward, for people. */
const UNFUNDED = "its budget has no money left: it is given when there is money again";

/** Inserts new grants, of people who are recipients. Returns the ids of those that are new. */
export const insertGrants = async (
  tx: Sql,
  { milestoneIds, decidedAt }: Moment,
  begun: readonly Begun[],
): Promise<Set<string>> => {
  if (begun.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(
    `insert into grants (id, rule_id, once_key, recipient_key, recipient_id, milestone_id, notify, kpi, team, state, granted_at,
       not_before, ${changing.join(", ")})
     select distinct on (t.id) t.id, t.rule_id, t.once_key, t.recipient_key, coalesce(i.recipient_id, p.id), t.milestone_id,
       string_to_array(t.notify, ','), t.kpi, t.team, t.state, $1, $1, ${changing.map((name) => `t.${name}`).join(", ")}
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[],
       ${changingTypes(14)})
       as t (id, rule_id, once_key, recipient_key, milestone_id, notify, kpi, team, state, ${changing.join(", ")})
     join unnest($5::text[], $11::text[], $12::text[], $13::text[]) as k (recipient_key, connection, kind, crm_id) using (recipient_key)
     left join recipient_ids i on i.connection = k.connection and i.kind = k.kind and i.crm_id = k.crm_id
     left join recipients p on k.connection = 'people' and p.id::text = k.kind
     on conflict (rule_id, once_key, recipient_key) do nothing
     returning id`,
    [
      decidedAt,
      begun.map(({ grant }) => grant.id),
      begun.map(({ grant }) => grant.ruleId),
      begun.map(({ grant }) => grant.onceKey),
      begun.map(({ grant }) => grant.recipientKey),
      begun.map(({ grant }) => milestoneIds.get(grant.judged)),
      begun.map(({ grant }) => grant.rule.notify.join(",")),
      begun.map(({ grant }) => grant.rule.kpi),
      begun.map(({ grant }) => grant.seen.team?.name ?? grant.seen.owner?.team ?? null),
      begun.map(({ state }) => state),
      ...keyParts(begun),
      ...changingValues(begun),
    ],
  );
  return new Set(rows.map((row) => row.id));
};

/**
 * Corrects grants that are not ordered. `anew`: it was cancelled and begins again; `again`: it was issued once, so what
 * comes now is an order of its own.
 */
export const amendGrants = async (
  tx: Sql,
  amended: readonly (Begun & { anew: boolean; again: boolean })[],
  { milestoneIds, decidedAt }: Moment,
): Promise<void> => {
  if (amended.length === 0) return;
  await tx.run(
    `update grants g set milestone_id = t.milestone_id, undone_at = null, undone_why = null, reward_version = null,
       round = g.round + case when t.anew and t.again then 1 else 0 end,
       netted_minor = case when t.anew then 0 else g.netted_minor end,
       not_before = case when g.state = 'approved' then $1 else g.not_before end,
       ${changing
         .filter((name) => !kept.has(name))
         .map((name) => `${name} = t.${name}`)
         .join(", ")},
       ${[...kept].map((name) => `${name} = case when t.anew or g.state = 'held' then t.${name} else g.${name} end`).join(", ")}
     from unnest($2::uuid[], $3::bigint[], $4::boolean[], $5::boolean[], ${changingTypes(6)})
       as t (id, milestone_id, anew, again, ${changing.join(", ")}) where g.id = t.id`,
    [
      decidedAt,
      amended.map(({ grant }) => grant.id),
      amended.map(({ grant }) => milestoneIds.get(grant.judged)),
      amended.map(({ anew }) => anew),
      amended.map(({ again }) => again),
      ...changingValues(amended),
    ],
  );
};

/** Nothing was supplied for these: if they ever come back, they are ordered anew. What was placed once stays as it was. */
export const dropUnplacedOrders = async (tx: Sql, grantIds: readonly string[]): Promise<void> => {
  if (grantIds.length > 0)
    await tx.run("delete from orders where grant_id = any ($1) and placed_at is null", [grantIds]);
};

/** Of ordered grants: no longer due, and why; or due again (null). */
export const markUndone = async (
  tx: Sql,
  marks: readonly { id: string; why: string | null }[],
  at: Date,
): Promise<void> => {
  if (marks.length === 0) return;
  await tx.run(
    `update grants g set undone_why = t.why, undone_at = case when t.why is null then null else $3::timestamptz end
     from unnest($1::uuid[], $2::text[]) as t (id, why) where g.id = t.id`,
    [marks.map(({ id }) => id), marks.map(({ why }) => why), at],
  );
};

/** The columns that a correction changes, each with its type and value. */
const columns: Record<string, { type: string; of: (begun: Begun) => SqlValue }> = {
  rule_version: { type: "bigint", of: ({ grant }) => grant.judged.version.id },
  part: { type: "smallint", of: ({ grant }) => grant.part },
  reward_id: { type: "text", of: ({ grant }) => grant.reward.id },
  provider: { type: "text", of: ({ grant }) => grant.reward.provider },
  value_minor: { type: "bigint", of: ({ grant }) => grant.value.minor },
  currency: { type: "text", of: ({ grant }) => grant.value.currency },
  cost_minor: { type: "bigint", of: ({ taken }) => taken.cost.minor },
  cost_currency: { type: "text", of: ({ taken }) => taken.cost.currency },
  budget: { type: "text", of: ({ taken }) => taken.budget },
  clawback: { type: "boolean", of: ({ grant }) => grant.rule.clawback },
  unfunded: { type: "boolean", of: ({ taken }) => taken.unfunded },
  waiting: { type: "text", of: ({ taken }) => (taken.unfunded ? UNFUNDED : null) },
  release_at: { type: "timestamptz", of: ({ grant }) => grant.releaseAt },
  approval_by: { type: "text", of: ({ approvalBy }) => approvalBy },
  approval_days: { type: "smallint", of: ({ approvalDays }) => approvalDays },
  approval_until: { type: "timestamptz", of: ({ approvalUntil }) => approvalUntil },
};
const changing = Object.keys(columns);
/** What a correction leaves as it was once somebody was asked: how long they may take does not begin anew. */
const kept: ReadonlySet<string> = new Set(["approval_by", "approval_days", "approval_until"]);
const changingTypes = (first: number) =>
  Object.values(columns)
    .map(({ type }, index) => `$${first + index}::${type}[]`)
    .join(", ");
const changingValues = (begun: readonly Begun[]) => Object.values(columns).map(({ of }) => begun.map(of));

/** `connection/kind/crm id` or `people/id`, in three columns; a CRM id may hold slashes. */
const keyParts = (begun: readonly Begun[]) => {
  const split = begun.map(({ grant }) => /^([^/]*)\/([^/]*)(?:\/(.*))?$/s.exec(grant.recipientKey) ?? []);
  return [1, 2, 3].map((part) => split.map((parts) => parts[part] ?? null));
};

/** Grants and stops as rows, with what keeps each back. */
import type { Sql, SqlValue } from "../db/sql.ts";
import { moveReasonOf } from "../ledger/move-reasons.ts";
import { readWording } from "../wordings.ts";
import type { ExplainedGrant, ExplainedStop, Standing } from "./explain-types.ts";

interface GrantRow {
  id: string;
  rule: string;
  recipientKey: string;
  recipient: string;
  minor: number;
  currency: string;
  state: string;
  part: number;
  milestoneId: number;
  waiting: string | null;
  waiting_wording: unknown;
  unfunded: boolean;
  given_by: string | null;
  budget: string | null;
  release_at: Date | null;
  approval_by: string | null;
  approval_until: Date | null;
  undone_at: Date | null;
  undone_why: string | null;
  moved_why: string | null;
  moved_code: string | null;
  moved_values: unknown;
  moved_at: Date | null;
  untold: { channel: string; why: string | null; wording: unknown }[];
  quiet: { channel: string; until: string; zone: string | null } | null;
}

const ends = new Set(["cancelled", "declined", "failed", "expired", "clawed_back"]);

/** Grants that `where` picks (of `g`, and `m`, its milestone), newest first. */
export const explainedGrants = async (
  sql: Sql,
  where: string,
  values: readonly SqlValue[],
  most = 200,
): Promise<ExplainedGrant[]> => {
  const rows = await sql.rows<GrantRow>(
    `select g.id, g.rule_id as rule, g.recipient_key as "recipientKey", coalesce(r.name, r.email, g.recipient_key) as recipient,
       g.value_minor as minor, g.currency, g.state, g.part, g.milestone_id as "milestoneId", g.waiting, g.waiting_wording, g.unfunded, g.given_by, g.budget, g.release_at,
       g.approval_by, g.approval_until, g.undone_at, g.undone_why, v.why as moved_why, v.why_code as moved_code, v.why_values as moved_values, v.at as moved_at,
       coalesce((select json_agg(json_build_object('channel', n.channel, 'why', n.reason, 'wording', n.reason_wording) order by n.created_at)
         from messages n where n.grant_id = g.id and n.kind <> 'celebration' and n.state in ('skipped', 'failed')), '[]') as untold,
       (select json_build_object('channel', n.channel, 'until', to_char(n.quiet_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
         'zone', split_part(n.quiet_basis, ' ', 1))
         from messages n where n.grant_id = g.id and n.state = 'queued' and n.quiet_until is not null limit 1) as quiet
     from grants g join recipients r on r.id = g.recipient_id join milestones m on m.id = g.milestone_id
     left join lateral (select why, why_code, why_values, at from grant_moves where grant_id = g.id order by id desc limit 1) v on true
     where ${where} order by m.occurred_at desc, g.rule_id, g.part, g.id limit ${most}`,
    values,
  );
  return rows.map((row) => ({
    id: row.id,
    rule: row.rule,
    recipientKey: row.recipientKey,
    recipient: row.recipient,
    value: { minor: row.minor, currency: row.currency },
    state: row.state,
    part: row.part,
    milestoneId: row.milestoneId,
    standing: standingOf(row),
  }));
};

const standingOf = (row: GrantRow): Standing[] => {
  const standing: Standing[] = [];
  const { state, budget, release_at, moved_at, undone_at } = row;
  if (state === "shadow") standing.push({ what: "shadow" });
  if (row.given_by !== null) standing.push({ what: "given", by: row.given_by });
  if (state === "held" && row.unfunded) standing.push({ what: "no_money", budget: budget ?? "" });
  if (state === "held" && release_at) standing.push({ what: "held", until: release_at.toISOString() });
  if (state === "awaiting_approval" || (state === "held" && row.approval_by !== null))
    standing.push({ what: "awaiting_approval", by: row.approval_by, until: row.approval_until?.toISOString() ?? null });
  if (undone_at) standing.push({ what: "undone", why: row.undone_why ?? "correction", at: undone_at.toISOString() });
  if (ends.has(state))
    standing.push({
      what: "ended",
      state,
      why: row.moved_why ?? "",
      reason: moveReasonOf(row.moved_code, row.moved_values),
      at: moved_at?.toISOString() ?? "",
    });
  if (row.waiting !== null && !row.unfunded) {
    const { waiting: why, waiting_wording: kept } = row;
    standing.push({ what: "waiting", why, wording: readWording(why, kept) });
  }
  if (row.quiet) standing.push({ what: "quiet", ...row.quiet, zone: row.quiet.zone ?? "UTC" });
  for (const { channel, why, wording } of row.untold)
    standing.push({ what: "not_told", channel, why: why ?? "", wording: readWording(why, wording) });
  return standing;
};

/** Stops that `where` picks (of `s`, and `m`, its milestone), newest first. */
export const explainedStops = async (
  sql: Sql,
  where: string,
  values: readonly SqlValue[],
  most = 200,
): Promise<ExplainedStop[]> => {
  const rows = await sql.rows<Omit<ExplainedStop, "value"> & { minor: number; currency: string }>(
    `select s.rule_id as rule, s.recipient_key as "recipientKey", coalesce(r.name, r.email, s.recipient_key) as recipient,
       s.value_minor as minor, s.currency, s.part, s.milestone_id as "milestoneId", s.reason, s.detail
     from stops s join milestones m on m.id = s.milestone_id
     left join recipient_ids i on i.connection || '/' || i.kind || '/' || i.crm_id = s.recipient_key
     left join recipients r on r.id = i.recipient_id
     where ${where} order by m.occurred_at desc, s.rule_id, s.part limit ${most}`,
    values,
  );
  return rows.map(({ minor, currency, ...rest }) => ({ ...rest, value: { minor, currency } }));
};

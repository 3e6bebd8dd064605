/** The queue of approvals, as those who decide see it. */
import type { Money } from "../money.ts";
import { type User, userWithEmail } from "../users.ts";
import { type ExplainedCase, explainGrant } from "./approvals-explain.ts";
import { keepApprovals } from "./approvals-keep.ts";
import { type Asked, aroundApprovals, askedColumns, decidable, decidableBy, whyNotTheirs } from "./approver.ts";
import type { Corridor } from "./corridor.ts";
import { aboutColumn, titleIn, titlesOf } from "./grant-view.ts";

export const approvalStates = ["open", "approved", "declined", "expired", "withdrawn"] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** Instants are ISO 8601 in UTC. */
export interface Approval {
  id: string;
  kind: "grant" | "dispute";
  state: ApprovalState;
  /** A group of accolade.yaml, `manager` (the recipient's) or `admin` (everybody with that role). */
  group: string;
  requestedAt: string;
  /** After this nobody may decide; null: it waits without end. */
  expiresAt: string | null;
  decidedAt: string | null;
  decidedBy: { email: string; name: string } | null;
  reason: string | null;
  recipient: { id: string; name: string | null; email: string | null };
  /** Null for a reward that somebody misses. */
  grant: {
    id: string;
    state: string;
    rule: string;
    title: string;
    reward: string;
    value: Money;
    subject: string;
  } | null;
  /** What the recipient wrote. */
  dispute: { about: string | null; text: string } | null;
}

export interface ApprovalFilter {
  state?: ApprovalState | undefined;
  group?: string | undefined;
  /** Only those after this one, in the order of the list. */
  after?: string | undefined;
  limit: number;
}

interface Row extends Asked {
  id: string;
  kind: "grant" | "dispute";
  state: ApprovalState;
  requested_at: Date;
  expires_at: Date | null;
  decided_at: Date | null;
  decided_by: string | null;
  reason: string | null;
  recipient_id: string;
  recipient_name: string | null;
  grant_id: string | null;
  grant_state: string;
  rule_id: string;
  rule_version: number;
  reward_id: string;
  value_minor: number;
  currency: string;
  subject: string;
  dispute_id: string | null;
  about: string | null;
  text: string | null;
  explanation: ExplainedCase[] | null;
}

const columns = `a.id, a.kind, a.state, a.requested_at, a.expires_at, a.decided_at, a.decided_by, a.reason, ${askedColumns},
  r.id as recipient_id, r.name as recipient_name, a.grant_id, g.state as grant_state, g.rule_id, g.rule_version, g.reward_id,
  g.value_minor, g.currency, ${aboutColumn} as subject,
  a.dispute_id, d.about, d.text`;

/** Oldest first. `viewer` null, or an admin: everything; anybody else: what they may decide. */
export const listApprovals = async (
  corridor: Corridor,
  viewer: User | null,
  { state, group, after, limit }: ApprovalFilter,
): Promise<Approval[]> => {
  await keepApprovals(corridor);
  const all = viewer === null || viewer.roles.has("admin");
  const rows = await corridor.database.rows<Row>(
    `select ${columns} from approvals a ${aroundApprovals}
     where ($1::text is null or a.state = $1) and ($2::text is null or a.approver_group = $2)
       and ($3::uuid is null or (a.requested_at, a.id) > (select requested_at, id from approvals where id = $3))
       ${all ? "" : `and ${decidable(5)}`}
     order by a.requested_at, a.id limit $4`,
    [state ?? null, group ?? null, after ?? null, limit, ...(all ? [] : decidableBy(viewer))],
  );
  return Promise.all(rows.map((row) => shown(corridor, row)));
};

/** One approval with what the rules saw; `unseen`: it exists, and is none of theirs. */
export const viewApproval = async (
  corridor: Corridor,
  viewer: User,
  id: string,
): Promise<(Approval & { explanation: ExplainedCase[] }) | "unseen" | undefined> => {
  await keepApprovals(corridor);
  const row = await corridor.database.row<Row>(
    `select ${columns}, d.explanation from approvals a ${aroundApprovals} where a.id = $1`,
    [id],
  );
  if (!row) return undefined;
  if (!viewer.roles.has("admin") && whyNotTheirs(viewer, row)) return "unseen";
  const explanation =
    row.explanation ?? (row.grant_id ? await explainGrant(corridor, corridor.database, row.grant_id) : []);
  return { ...(await shown(corridor, row)), explanation };
};

const shown = async (corridor: Corridor, row: Row): Promise<Approval> => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  group: row.approver_group,
  requestedAt: row.requested_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  decidedAt: row.decided_at?.toISOString() ?? null,
  decidedBy: row.decided_by === null ? null : personOf(corridor, row.decided_by),
  reason: row.reason,
  recipient: { id: row.recipient_id, name: row.recipient_name, email: row.recipient_email },
  grant: row.grant_id === null ? null : await grantOf(corridor, row, row.grant_id),
  dispute: row.text === null ? null : { about: row.about, text: row.text },
});

/** Somebody by the address under which they decided; they may have left accolade.yaml since. */
export const personOf = ({ users }: Pick<Corridor, "users">, email: string) => ({
  email,
  name: userWithEmail(users, email)?.name ?? email,
});

const grantOf = async (corridor: Corridor, row: Row, id: string): Promise<Approval["grant"]> => {
  const titles = await titlesOf(corridor, corridor.database, row);
  const { language } = corridor.workspace;
  return {
    id,
    state: row.grant_state,
    rule: row.rule_id,
    title: titleIn(corridor, titles.rule, language),
    reward: titleIn(corridor, titles.reward ?? titles.rule, language),
    value: { minor: row.value_minor, currency: row.currency },
    subject: row.subject,
  };
};

/** Grants as an admin looks at them: a list, and everything that happened to one. */
import type { GrantState } from "../ledger/grant-states.ts";
import type { Money } from "../money.ts";
import { userWithEmail } from "../users.ts";
import { type ExplainedCase, explainGrant } from "./approvals-explain.ts";
import type { Corridor } from "./corridor.ts";
import { movesOf, type ToldMove } from "./grant-moves.ts";
import { aboutColumn, titleIn, titlesOf } from "./grant-view.ts";

/** Instants are ISO 8601 in UTC. */
export interface GrantSummary {
  id: string;
  state: GrantState;
  waiting: string | null;
  rule: string;
  /** The rule's title, in the workspace's language. */
  title: string;
  reward: string;
  value: Money;
  /** `deal Rossi` */
  subject: string;
  grantedAt: string;
  recipient: {
    id: string;
    kind: "rep" | "customer";
    name: string | null;
    team: string | null;
    email: string | null;
    phone: string | null;
  };
}

export interface GrantStory extends GrantSummary {
  moves: (Omit<ToldMove, "at"> & { at: string })[];
  attempts: {
    target: string;
    what: string;
    startedAt: string;
    finishedAt: string | null;
    outcome: string | null;
    code: string | null;
    detail: string | null;
  }[];
  messages: {
    kind: string;
    channel: string;
    sender: string;
    state: string;
    reason: string | null;
    createdAt: string;
    sentAt: string | null;
  }[];
  explanation: ExplainedCase[];
}

export interface GrantFilter {
  state?: GrantState | undefined;
  rule?: string | undefined;
  recipient?: string | undefined;
  after?: string | undefined;
  limit: number;
}

interface Row {
  id: string;
  state: GrantState;
  waiting: string | null;
  rule_id: string;
  rule_version: number;
  reward_id: string;
  value_minor: number;
  currency: string;
  subject: string;
  granted_at: Date;
  recipient: GrantSummary["recipient"];
}

const select = `select g.id, g.state, g.waiting, g.rule_id, g.rule_version, g.reward_id, g.value_minor, g.currency, g.granted_at,
  ${aboutColumn} as subject,
  jsonb_build_object('id', r.id, 'kind', r.kind, 'name', r.name, 'team', r.team, 'email', r.email, 'phone', r.phone) as recipient
  from grants g join milestones m on m.id = g.milestone_id join recipients r on r.id = g.recipient_id`;

/** Newest first. */
export const listGrants = async (corridor: Corridor, filter: GrantFilter): Promise<GrantSummary[]> => {
  const rows = await corridor.database.rows<Row>(
    `${select}
     where ($1::text is null or g.state = $1) and ($2::text is null or g.rule_id = $2) and ($3::uuid is null or g.recipient_id = $3)
       and ($4::uuid is null or (g.granted_at, g.id) < (select granted_at, id from grants where id = $4))
     order by g.granted_at desc, g.id desc limit $5`,
    [filter.state ?? null, filter.rule ?? null, filter.recipient ?? null, filter.after ?? null, filter.limit],
  );
  return Promise.all(rows.map((row) => summaryOf(corridor, row)));
};

/** What happened to one grant, and why; undefined where there is none. */
export const viewGrant = async (corridor: Corridor, id: string): Promise<GrantStory | undefined> => {
  const { database } = corridor;
  const row = await database.row<Row>(`${select} where g.id = $1`, [id]);
  if (!row) return undefined;
  const moves = await movesOf(database, id);
  const attempts = await database.rows<
    { started_at: Date; finished_at: Date | null } & Omit<GrantStory["attempts"][number], "startedAt" | "finishedAt">
  >(
    `select target, what, started_at, finished_at, outcome, code, detail from attempts where grant_id = $1 order by id`,
    [id],
  );
  const messages = await database.rows<
    { created_at: Date; sent_at: Date | null } & Omit<GrantStory["messages"][number], "createdAt" | "sentAt">
  >(
    `select kind, channel, sender, state, reason, created_at, sent_at from messages where grant_id = $1 order by created_at, id`,
    [id],
  );
  return {
    ...(await summaryOf(corridor, row)),
    moves: moves.map(({ at, actor, ...rest }) => ({
      ...rest,
      at: at.toISOString(),
      actor: userWithEmail(corridor.users, actor)?.name ?? actor,
    })),
    attempts: attempts.map(({ started_at, finished_at, ...rest }) => ({
      ...rest,
      startedAt: started_at.toISOString(),
      finishedAt: finished_at?.toISOString() ?? null,
    })),
    messages: messages.map(({ created_at, sent_at, ...rest }) => ({
      ...rest,
      createdAt: created_at.toISOString(),
      sentAt: sent_at?.toISOString() ?? null,
    })),
    explanation: await explainGrant(corridor, database, id),
  };
};

const summaryOf = async (corridor: Corridor, row: Row): Promise<GrantSummary> => {
  const titles = await titlesOf(corridor, corridor.database, row);
  const { language } = corridor.workspace;
  return {
    id: row.id,
    state: row.state,
    waiting: row.waiting,
    rule: row.rule_id,
    title: titleIn(corridor, titles.rule, language),
    reward: titleIn(corridor, titles.reward ?? titles.rule, language),
    value: { minor: row.value_minor, currency: row.currency },
    subject: row.subject,
    grantedAt: row.granted_at.toISOString(),
    recipient: row.recipient,
  };
};

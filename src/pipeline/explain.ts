/** Why an event, a grant, a person or a rule did or did not lead to a reward: from the rows, and from what was judged. */
import type { Corridor } from "./corridor.ts";
import { explainMilestone, milestoneRows } from "./explain-milestone.ts";
import { explainedGrants } from "./explain-rows.ts";
import type { ExplainedGrant, ExplainedMilestone } from "./explain-types.ts";
import { movesOf, type ToldMove } from "./grant-moves.ts";

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

/** Undefined where there is no such event. */
export const explainEvent = async (corridor: Corridor, eventId: number): Promise<Explanation | undefined> => {
  const { database } = corridor;
  const event = await database.row<EventRow>(
    "select id, connection, type, subject_kind, subject_id, occurred_at, received_at, state, reason from events where id = $1",
    [eventId],
  );
  if (!event) return undefined;
  const milestones = await milestoneRows(database, "m.event_id = $1", [eventId]);
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

export interface GrantExplanation {
  grant: ExplainedGrant;
  /** What it is for, with the one rule that made it. */
  milestone: ExplainedMilestone;
  moves: ToldMove[];
  /** What was written into the CRM about it, or is to be. */
  writeBacks: { connection: string; what: string; happened: string; state: string; reason: string | null }[];
}

/** Undefined where there is no such grant. */
export const explainGrant = async (corridor: Corridor, grantId: string): Promise<GrantExplanation | undefined> => {
  const { database } = corridor;
  const [grant] = await explainedGrants(database, "g.id = $1", [grantId]);
  const [row] = grant ? await milestoneRows(database, "m.id = $1", [grant.milestoneId]) : [];
  if (!grant || !row) return undefined;
  const moves = await movesOf(database, grantId);
  const writeBacks = await database.rows<GrantExplanation["writeBacks"][number]>(
    "select connection, what, happened, state, reason from write_backs where grant_id = $1 order by id",
    [grantId],
  );
  return { grant, milestone: await explainMilestone(corridor, row, grant.rule), moves, writeBacks };
};

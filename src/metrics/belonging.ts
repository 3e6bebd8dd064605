/** Whose a record is: its owner, the owner's team, its company, its campaign, each over time; and always the workspace's. */
import type { RecordHistory } from "../records/timeline.ts";
import type { MetricContext } from "./context.ts";
import { type Of, type Subject, WORKSPACE } from "./contribution.ts";
import { constant, piecesOf, type Timeline, through, timelineOf, valueOn } from "./timeline.ts";

export interface Belonging {
  connection: string;
  owner: Timeline;
  team: Timeline;
  company: Timeline;
  campaign: Timeline;
}

/** A user is their own owner, a company its own company, a campaign its own campaign; a merged company is the one it lives on as. */
export const belongingOf = (history: RecordHistory, context: MetricContext): Belonging => {
  const { connection, kind, id, fields } = history;
  const { saveMs } = context;
  const survivor = (company: string) => context.survivor(connection, "company", company);
  const owner = kind === "user" ? constant(id) : timelineOf(fields.get("owner"), saveMs);
  return {
    ...ownedBy(connection, owner, context),
    company: kind === "company" ? constant(survivor(id)) : timelineOf(fields.get("company"), saveMs, survivor),
    campaign: kind === "campaign" ? constant(id) : timelineOf(fields.get("campaign"), saveMs),
  };
};

/** Owner and team; company and campaign are none. */
export const ownedBy = (connection: string, owner: Timeline, context: MetricContext): Belonging => ({
  connection,
  owner,
  team: through(owner, (user) => context.teamOf(connection, user)),
  company: [],
  campaign: [],
});

const kinds = ["owner", "team", "company", "campaign"] as const;
const subject = (of: Of, connection: string, id: string): Subject => [
  of,
  of === "owner" || of === "company" ? connection : "",
  id,
];

/** The subjects that the record belongs to at a moment. */
export const subjectsAt = (belonging: Belonging, at: string): Subject[] => [
  ...kinds.flatMap((kind) => {
    const id = valueOn(belonging[kind], at);
    return id === null ? [] : [subject(kind, belonging.connection, id)];
  }),
  WORKSPACE,
];

export interface SubjectPiece {
  subject: Subject;
  from: string;
  to: string | null;
  last: boolean;
}

/** The span from `from` to `to` as each subject had the record. */
export const subjectPieces = (belonging: Belonging, from: string, to: string | null): SubjectPiece[] => [
  ...kinds.flatMap((kind) =>
    piecesOf(belonging[kind], from, to).map(({ value, ...piece }) => ({
      subject: subject(kind, belonging.connection, value),
      ...piece,
    })),
  ),
  { subject: WORKSPACE, from, to, last: true },
];

/** Every moment at which the record changes hands after `from`. */
export const changesAfter = (belonging: Belonging, from: string): string[] =>
  kinds.flatMap((kind) => belonging[kind].filter(({ at }) => at > from).map(({ at }) => at));

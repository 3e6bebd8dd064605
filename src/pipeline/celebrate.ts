/** What a team may read of a reward: on the wall, and in its channel of Slack or Teams. */
import type { Rendered } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { type Worded, worded, wording } from "../wordings.ts";
import type { Corridor, OpenCelebration } from "./corridor.ts";
import { type GrantView, isAboutRecipient, subjectNameOf, titlesOf } from "./grant-view.ts";

/** A celebration is for the day. */
const TOO_LATE_MS = 86_400_000;

/** Whether others may read who it is. Only of those who work here, and of none who asked to be left out. */
export const mayCelebrate = (recipient: GrantView["recipient"] & { private?: boolean | null }): boolean =>
  recipient.kind === "rep" && recipient.erased_at === null && recipient.private !== true;

/**
 * Notes that there is something to celebrate, once for each person and milestone, and queues what goes to the team's
 * channels; the sweeper rings for it. A customer's reward is nobody else's business.
 */
export const beginCelebration = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<void> => {
  const { recipient } = grant;
  if (recipient.kind !== "rep" || recipient.erased_at) return;
  const now = corridor.now();
  const made = await tx.run(
    `insert into moments (grant_id, milestone_id, recipient_id, team, at)
     select id, milestone_id, recipient_id, $2, $3 from grants where id = $1
     on conflict (milestone_id, recipient_id) do nothing`,
    [grant.id, recipient.team, now],
  );
  if (made === 0 || !mayCelebrate(recipient)) return;
  const places = [...corridor.celebrations.values()].filter(({ team }) => team === null || team === recipient.team);
  if (places.length === 0) return;
  await tx.run(
    `insert into messages (grant_id, kind, round, channel, sender, state, created_at)
     select $1, 'celebration', $2, channel, sender, 'queued', $5 from unnest($3::text[], $4::text[]) as t (channel, sender)
     on conflict (grant_id, kind, round, channel) do nothing`,
    [grant.id, grant.round, places.map(({ channel }) => channel), places.map(({ sender }) => sender), now],
  );
};

/** Why a celebration is not posted any more. */
export const whyNotCelebrated = (grant: GrantView, createdAt: Date, now: Date): Worded | null => {
  if (grant.undone_at || grant.state === "cancelled" || grant.state === "clawed_back")
    return worded(wording("taken_back"));
  if (!mayCelebrate(grant.recipient)) return worded(wording("not_celebrated"));
  return now.getTime() - createdAt.getTime() > TOO_LATE_MS ? worded(wording("too_late")) : null;
};

/** Words that a team may read. Of who may not be named, neither the name nor the deal is in them. */
export const celebrationOf = async (
  corridor: Corridor,
  sql: Sql,
  grant: GrantView,
  { language, team = grant.recipient.team }: { language: string | null; team?: string | null },
): Promise<Rendered & { channel: "celebration" }> => {
  const { milestone, deal } = grant.situation;
  const amount = deal?.amount_original;
  const titles = await titlesOf(corridor, sql, grant);
  return corridor.renderCelebration(language, {
    person: mayCelebrate(grant.recipient) ? grant.recipient.name : null,
    team,
    what: {
      kind: milestone.type,
      isRecipient: isAboutRecipient(grant),
      // a customer's own name is theirs; a deal's and a company's is the company's business
      subjectName: grant.situation.deal || grant.situation.company ? subjectNameOf(grant.situation) : null,
      amount: amount == null ? null : { value: amount, currency: deal?.currency ?? corridor.workspace.currency },
      cycleDays: deal?.cycle_days ?? null,
    },
    ruleTitle: titles.rule,
    workspaceName: corridor.workspace.name,
  });
};

/** The words for one place, in its language. */
export const wordsFor = (corridor: Corridor, tx: Sql, grant: GrantView, place: OpenCelebration) =>
  celebrationOf(corridor, tx, grant, { language: place.language });

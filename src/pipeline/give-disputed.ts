/**
 * Who accepts a dispute about a reward that is missing may give it: what the rule would have given for that milestone, under
 * the key that the rule would have used, so that the rule can never give it a second time. Budgets, limits and approvals hold
 * for it as for any other; the conditions do not, and a change of them does not take it away again.
 */
import type { Sql } from "../db/sql.ts";
import type { Rule } from "../engine/index.ts";
import { type Move, moveGrants } from "../ledger/grant-states.ts";
import { post } from "../ledger/ledger.ts";
import { keyText, loadHistories, mergedWith } from "../records/fact-rows.ts";
import { type Milestone, milestonesOf } from "../records/milestones.ts";
import type { Situation } from "../situation.ts";
import { type MissedMilestone, missedMilestones } from "./approvals-explain.ts";
import type { Corridor } from "./corridor.ts";
import { type DueGrant, grantsOf, type Judged } from "./decide-due.ts";
import { beginningOf } from "./decide-first-state.ts";
import { reservation } from "./decide-grants.ts";
import { releaseOf } from "./decide-hold.ts";
import { peopleAround } from "./decide-people.ts";
import { personsBehind, slotsOf } from "./decide-persons.ts";
import { openRoom } from "./decide-room.ts";
import { loadGrants } from "./decide-stored.ts";
import { amendGrants, type Begun, insertGrants } from "./decide-write.ts";
import { wordsIn } from "./explain-texts/index.ts";
import { stopWords } from "./explain-words.ts";

/** What an approver chose to give. */
export interface Give {
  /** Id of a rule in force. */
  rule: string;
  /** Id of the record in the CRM, such as a deal's, where what was disputed fits several. */
  record: string | null;
}

interface Disputed {
  recipientId: string;
  /** What the recipient named. */
  about: string | null;
  raisedAt: Date;
}

export type Given = { ok: true; grant: string; fulfil: string[] } | { ok: false; message: string };

/** In the caller's transaction, which holds the deciding lock. A refusal says why, and nothing was written. */
export const giveDisputed = async (
  corridor: Corridor,
  tx: Sql,
  { recipientId, about, raisedAt }: Disputed,
  { rule: ruleId, record }: Give,
  { by, why, at }: { by: string; why: string; at: Date },
): Promise<Given> => {
  const refuse = (message: string): Given => ({ ok: false, message });
  const { matcher } = corridor.rules.current();
  const rule = matcher.book.rules.find(({ id }) => id === ruleId);
  if (!rule)
    return refuse(
      `Found no rule ${ruleId} in force, expected one of ${matcher.book.rules.map(({ id }) => id).join(", ")}.`,
    );
  if (rule.mode === "shadow") return refuse(`Rule ${ruleId} is in shadow, and gives nothing.`);
  const all = await missedMilestones(tx, recipientId, record ?? about, raisedAt);
  const missed = all.filter(({ type, situation }) => type === rule.on && "milestone" in situation);
  const records = [...new Set(missed.map(({ subject_id }) => subject_id))];
  if (records.length !== 1)
    return refuse(
      records.length === 0
        ? `Found no ${rule.on} of theirs in the 90 days before the dispute${(record ?? about) ? ` that fits ${record ?? about}` : ""}, expected one: name its record by id.`
        : `Found ${rule.on} of ${records.length} records of theirs (${records.join(", ")}), expected one: name it by its id.`,
    );
  const [newest] = missed;
  const judged = newest && (await judgedAs(corridor, tx, rule, newest));
  if (!judged)
    return refuse(`The ${rule.on} of ${records[0]} no longer stands: a change that arrived later took it back.`);

  const theirs = new Set([`people/${recipientId}`, ...(await keysOf(tx, recipientId))]);
  const grants = await grantsFor(corridor, tx, judged, theirs);
  if (grants.length === 0)
    return refuse(
      `Rule ${ruleId} gives nothing to them for it: it names somebody else, or its value cannot be worked out.`,
    );
  const users = grants.map(({ recipientKey }) => recipientKey.split("/")).filter(([, kind]) => kind === "user");
  const histories = await loadHistories(
    tx,
    users.map(([connection = "", , ...id]) => ({ connection, kind: "user", id: id.join("/") })),
  );
  const people = await peopleAround(tx, histories, { withTeams: false });
  const stored = await loadGrants(
    tx,
    [],
    grants.map(({ id }) => id),
  );
  const persons = await personsBehind(tx, people, grants, corridor.workspace);
  const slots = await slotsOf(tx, persons, grants);
  const room = await openRoom(corridor, tx, grants, persons);
  const begun: Begun[] = [];
  for (const grant of grants) {
    const row = stored.get(grant.id);
    const holder = row && row.state !== "cancelled" ? row.id : slots.holder(grant);
    if (holder !== undefined) return refuse(`They have it already: grant ${holder}.`);
    const taken = room.take(grant, { now: false, stands: false, grows: true });
    if ("reason" in taken) {
      const words = stopWords(
        { words: wordsIn("en"), timeZone: corridor.workspace.timeZone },
        { ...taken, value: grant.value },
      );
      return refuse(`It cannot be given: ${words}.`);
    }
    slots.hold(grant);
    begun.push({ grant, ...beginningOf(corridor, grant, taken, at) });
  }

  const moment = { milestoneIds: new Map([[judged, newest.id]]), decidedAt: at };
  const back = begun.filter(({ grant }) => stored.has(grant.id));
  await insertGrants(
    tx,
    moment,
    begun.filter(({ grant }) => !stored.has(grant.id)),
  );
  const moves = begun.map(
    ({ grant, state }): Move => ({
      grantId: grant.id,
      from: stored.has(grant.id) ? "cancelled" : null,
      to: state,
      actor: by,
      why,
    }),
  );
  await moveGrants(tx, moves);
  await amendGrants(
    tx,
    back.map((each) => ({ ...each, anew: true, again: stored.get(each.grant.id)?.issued_before ?? false })),
    moment,
  );
  const ids = begun.map(({ grant }) => grant.id);
  await tx.run("update grants set given_by = $2, undone_at = null, undone_why = null where id = any ($1)", [ids, by]);
  await tx.run("delete from stops where grant_id = any ($1)", [ids]);
  await room.write(tx);
  await post(
    tx,
    begun.flatMap((each) => reservation(each, stored.get(each.grant.id)?.moves ?? 0)),
  );
  for (const { to } of moves) corridor.telemetry.grant(to);
  const approved = begun.filter(({ state }) => state === "approved");
  return { ok: true, grant: ids[0] ?? "", fulfil: approved.map(({ grant }) => grant.id) };
};

/** As if all conditions of the rule had held. Undefined where it turned out since not to have happened. */
const judgedAs = async (corridor: Corridor, tx: Sql, rule: Rule, row: MissedMilestone): Promise<Judged | undefined> => {
  const situation = row.situation as Situation;
  const milestone = await milestoneOf(tx, row, situation);
  if (!milestone) return undefined;
  const version = corridor.rules.current();
  const match = version.matcher.wouldGive(situation, rule.id);
  const releaseAt = releaseOf(rule, situation, corridor.workspace.timeZone);
  const matches = match ? [{ ...match, seen: situation, releaseAt, fallen: null }] : [];
  return { milestone, situation, version, matches, kept: true };
};

/** As its record tells of it by now: which one of its kind it is is part of some keys. */
const milestoneOf = async (tx: Sql, row: MissedMilestone, { milestone }: Situation): Promise<Milestone | undefined> => {
  const { connection, type, subject_id: id, discriminator } = row;
  const at = row.occurred_at.toISOString();
  const { kind } = milestone.subject;
  if (kind === "metric") return { ...milestone, subject: { kind, id }, at, field: null, discriminator, ordinal: 1 };
  const members = await mergedWith(tx, [{ connection, kind: kind as never, id }]);
  const histories = await loadHistories(tx, members);
  const own = histories.get(keyText({ connection, kind: kind as never, id }));
  const others = [...histories.values()].filter((history) => history !== own);
  return (own ? milestonesOf(own, others) : []).find(
    (each) => each.type === type && each.at === at && each.discriminator === discriminator,
  );
};

const grantsFor = async (
  corridor: Corridor,
  tx: Sql,
  judged: Judged,
  theirs: ReadonlySet<string>,
): Promise<DueGrant[]> => {
  const workspace = await tx.row<{ id: string }>("select id from workspace");
  const family = new Set([judged.milestone.subject.id]);
  const { timeZone } = corridor.workspace;
  return judged.matches
    .flatMap((match) => grantsOf(match, judged, workspace?.id ?? "", timeZone, family))
    .filter(({ recipientKey }) => theirs.has(recipientKey))
    .slice(0, 1);
};

const keysOf = async (tx: Sql, recipientId: string): Promise<string[]> =>
  (
    await tx.rows<{ key: string }>(
      "select connection || '/' || kind || '/' || crm_id as key from recipient_ids where recipient_id = $1",
      [recipientId],
    )
  ).map(({ key }) => key);

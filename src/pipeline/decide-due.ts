/**
 * Which grants are due for a family of records, judged from all its milestones at once, and which were due until something
 * undid them. Pure: the same milestones give the same grants, whatever order their facts arrived in.
 */
import type { Match, Reward, Rule } from "../engine/index.ts";
import type { UndoneReason } from "../ledger/undone.ts";
import type { Money } from "../money.ts";
import type { Milestone } from "../records/milestones.ts";
import type { Situation } from "../situation.ts";
import { onceKeyOf } from "./decide-once.ts";
import { recipientsOf } from "./decide-recipients.ts";
import { effectOf, type Standing } from "./decide-undo.ts";
import type { RuleVersion } from "./rule-versions.ts";
import { uuidOf } from "./uuid-of.ts";

/** A rule that matched a milestone. */
export interface JudgedMatch extends Match {
  /** What recipients and values were read from: of a rule that holds, the milestone as it is by the release. */
  seen: Situation;
  /** Held until this instant; null where it is not held. */
  releaseAt: string | null;
  /** It matched when it happened, and does not with what the record is by the release. */
  fallen: UndoneReason | null;
}

export interface Judged {
  milestone: Milestone;
  /** May be built only when it is asked for. */
  readonly situation: Situation;
  version: RuleVersion;
  matches: JudgedMatch[];
  /** Nothing was told that its situation rests on: the row that says it stands as it is. */
  kept: boolean;
}

export interface DueGrant {
  id: string;
  ruleId: string;
  onceKey: string;
  recipientKey: string;
  judged: Judged;
  rule: Rule;
  part: number;
  reward: Reward;
  value: Money;
  seen: Situation;
  /** Held until this instant; null where it is not held. */
  releaseAt: string | null;
  /** Ids of the records that are one with its subject by now, itself included. */
  family: ReadonlySet<string>;
}

export interface Due {
  grants: DueGrant[];
  /** By grant id: what was due once and is no longer, and why. */
  undone: Map<string, UndoneReason>;
}

/** What became of the records of a family through merges. */
export interface Merges {
  /** Whether two records were one record at a moment (merged by then, through any number of merges). */
  same(a: string, b: string, at: string): boolean;
  /** Whether a record had gone into another one by then: that it is deleted says nothing. */
  away(id: string, at: string): boolean;
}

interface Slot extends Standing {
  grant: DueGrant;
  suspended: Map<string, UndoneReason>;
  ended: UndoneReason | null;
}

/**
 * `judged` are the milestones of one family of merged records, oldest first. A rule rewards a recipient once per record;
 * records that were merged by then count as one, so a merge never makes a second reward due. `timeZone` is the
 * workspace's.
 */
export const dueGrants = (
  { workspaceId, timeZone }: { workspaceId: string; timeZone: string },
  judged: readonly Judged[],
  merges: Merges,
): Due => {
  const slots = new Map<string, Slot>();
  const undone = new Map<string, UndoneReason>();
  const family = new Set(judged.map((each) => each.milestone.subject.id));
  for (const each of judged) {
    undo(slots.values(), each, merges);
    for (const match of each.matches) {
      if (startedLater(match.rule, each.situation.milestone.occurredAt, each.version)) continue;
      for (const grant of grantsOf(match, each, workspaceId, timeZone, family)) {
        if (match.fallen) undone.set(grant.id, match.fallen);
        else if (!occupied(slots, grant, merges))
          slots.set(grant.id, {
            grant,
            rule: grant.rule,
            milestone: each.milestone,
            situation: grant.seen,
            matcher: each.version.matcher,
            releaseAt: grant.releaseAt,
            refunded: 0,
            suspended: new Map(),
            ended: null,
          });
      }
    }
  }
  const grants: DueGrant[] = [];
  for (const [id, { grant, ended, suspended }] of slots) {
    const why = ended ?? [...suspended.values()][0];
    if (why) undone.set(id, why);
    else grants.push(grant);
  }
  for (const { id } of grants) undone.delete(id);
  return { grants, undone };
};

/** What this milestone does to the rewards that stand for the same record. */
const undo = (slots: Iterable<Slot>, judged: Judged, merges: Merges): void => {
  const { milestone } = judged;
  const { subject, type, at } = milestone;
  if (type === "deal.deleted" && merges.away(subject.id, at)) return;
  for (const slot of slots) {
    if (slot.ended || !merges.same(slot.milestone.subject.id, subject.id, at)) continue;
    const effect = effectOf(slot, judged);
    if (effect?.kind === "ends") slot.ended = effect.why;
    else if (effect?.kind === "suspends") slot.suspended.set(effect.cause, effect.why);
    else if (effect?.kind === "resumes") slot.suspended.delete(effect.cause);
  }
};

/** The grants of one matched rule, without regard to what is given already. */
export const grantsOf = (
  { rule, parts, seen, releaseAt }: JudgedMatch,
  judged: Judged,
  workspaceId: string,
  timeZone: string,
  family: ReadonlySet<string>,
): DueGrant[] =>
  parts.flatMap(({ part, index, value }) =>
    recipientsOf(part.to, seen).flatMap((recipientKey) => {
      const onceKey = value && onceKeyOf(rule, judged.milestone, seen, recipientKey, timeZone);
      if (!value || onceKey === null) return [];
      const id = uuidOf([workspaceId, rule.id, onceKey, recipientKey]);
      return [
        {
          id,
          ruleId: rule.id,
          onceKey,
          recipientKey,
          judged,
          rule,
          part: index,
          reward: part.give,
          value,
          seen,
          releaseAt,
          family,
        },
      ];
    }),
  );

/** One rule gives one recipient one grant, also where two of its parts name the same person. */
const occupied = (slots: ReadonlyMap<string, Slot>, grant: DueGrant, merges: Merges): boolean => {
  const own = slots.get(grant.id);
  if (own && !own.ended) return true;
  if (grant.rule.once.per !== "subject") return false;
  const { subject, at } = grant.judged.milestone;
  return [...slots.values()].some(
    (slot) =>
      !slot.ended &&
      slot.grant.ruleId === grant.ruleId &&
      slot.grant.recipientKey === grant.recipientKey &&
      merges.same(slot.milestone.subject.id, subject.id, at),
  );
};

/** Whether it happened before the rule was first loaded, and the rule does not ask for the past with `from:`. */
export const startedLater = (rule: Rule, occurredAt: string, version: RuleVersion): boolean => {
  const first = version.firstActive.get(rule.id);
  return rule.from === null && first !== undefined && occurredAt < first;
};

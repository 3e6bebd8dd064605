/**
 * Which grants are due for a family of records, judged from all its milestones at once. Pure: the same milestones give the
 * same grants, whatever order their facts arrived in.
 */
import type { Match, Reward, Rule } from "../engine/index.ts";
import type { Money } from "../money.ts";
import type { Milestone } from "../records/milestones.ts";
import type { Situation } from "../situation.ts";
import type { RuleVersion } from "./rule-versions.ts";
import { uuidOf } from "./uuid-of.ts";

export interface Judged {
  milestone: Milestone;
  situation: Situation;
  version: RuleVersion;
  matches: Match[];
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
  /** Ids of the records that are one with its subject by now, itself included. */
  family: ReadonlySet<string>;
}

/** Whether two records were one record at a moment (merged by then, through any number of merges). */
export type SameRecord = (a: string, b: string, at: string) => boolean;

/**
 * `judged` are the milestones of one family of merged records, oldest first. A rule rewards a recipient once per record;
 * records that were merged by then count as one, so a merge never makes a second reward due.
 */
export const dueGrants = (workspaceId: string, judged: readonly Judged[], sameRecord: SameRecord): DueGrant[] => {
  const due = new Map<string, DueGrant>();
  const family = new Set(judged.map((each) => each.milestone.subject.id));
  for (const each of judged) {
    const { milestone, situation, version } = each;
    for (const match of each.matches) {
      const { rule } = match;
      if (startedLater(rule, milestone, version)) continue;
      for (const { part, index, value } of match.parts) {
        const recipientKey = recipientOf(part.to, situation);
        if (!recipientKey || !value) continue;
        const before = [...due.values()].find(
          (grant) =>
            rule.once.per !== "milestone" &&
            grant.ruleId === rule.id &&
            grant.recipientKey === recipientKey &&
            (rule.once.per === "recipient" ||
              sameRecord(grant.judged.milestone.subject.id, milestone.subject.id, milestone.at)),
        );
        if (before) continue;
        const onceKey = onceKeyOf(rule, milestone);
        const id = uuidOf([workspaceId, rule.id, onceKey, recipientKey]);
        // one rule gives one recipient one grant, also where two of its parts name the same person
        if (due.has(id)) continue;
        due.set(id, {
          id,
          ruleId: rule.id,
          onceKey,
          recipientKey,
          judged: each,
          rule,
          part: index,
          reward: part.give,
          value,
          family,
        });
      }
    }
  }
  return [...due.values()];
};

/** Who a part of a reward goes to; null where the CRM names nobody. */
export const recipientOf = (
  to: Rule["parts"][number]["to"],
  { milestone, owner, manager, contact }: Situation,
): string | null => {
  if (to === "owner") return owner && `${milestone.connection}/user/${owner.id}`;
  if (to === "contact") return contact && `${milestone.connection}/contact/${contact.id}`;
  return manager && (manager.id.includes("/") ? manager.id : `${milestone.connection}/user/${manager.id}`);
};

/** Whether the milestone lies before the rule was first loaded, and the rule does not ask for the past with `from:`. */
export const startedLater = (rule: Rule, milestone: Pick<Milestone, "at">, version: RuleVersion): boolean => {
  const first = version.firstActive.get(rule.id);
  return rule.from === null && first !== undefined && milestone.at < first;
};

const onceKeyOf = (rule: Rule, { connection, subject, type, discriminator, ordinal }: Milestone): string => {
  const record = `${connection}/${subject.kind}/${subject.id}`;
  if (rule.once.per === "recipient") return "recipient";
  if (rule.once.per === "subject") return `record/${record}`;
  // counted, not timed: a correction of the time of a milestone must not make it a second one
  return `milestone/${record}/${type}/${discriminator || ordinal}`;
};

/** What a rule gives once: the key that two milestones share where only one of them may be rewarded. */
import type { Rule } from "../engine/index.ts";
import type { Milestone } from "../records/milestones.ts";
import type { Situation } from "../situation.ts";
import { type Period, periodAt } from "../windows.ts";

/** Who a milestone belongs to, as the scopes of `once` and `limits` count it; null where nobody knows. */
export const whose = (
  scope: "rule" | "recipient" | "owner" | "team" | "company",
  { milestone, owner, team, company, customer }: Situation,
  recipientKey: string,
): string | null => {
  switch (scope) {
    case "rule":
      return "";
    case "recipient":
      return recipientKey;
    case "owner":
      return owner && `${milestone.connection}/user/${owner.id}`;
    case "team":
      return team?.name ?? owner?.team ?? null;
    case "company": {
      // a deal may name a company of which the CRM told nothing else
      const id = (company ?? customer)?.id;
      return id === undefined ? null : `${milestone.connection}/company/${id}`;
    }
  }
};

/** First local day of the period that an instant lies in; nothing where it counts for ever. */
export const periodKey = (at: string, period: Period | null, timeZone: string): string =>
  period === null ? "" : `/${period}/${periodAt(at, period, timeZone).from}`;

/**
 * Null where the rule counts by somebody whom the situation does not name. `at` is the milestone's own time: a milestone
 * that arrives late counts in the period in which it happened.
 */
export const onceKeyOf = (
  rule: Rule,
  milestone: Milestone,
  situation: Situation,
  recipientKey: string,
  timeZone: string,
): string | null => {
  const { connection, subject, type, discriminator, ordinal } = milestone;
  const { once } = rule;
  const record = `${connection}/${subject.kind}/${subject.id}`;
  if (once.per === "subject") return `record/${record}`;
  // counted, not timed: a correction of the time of a milestone must not make it a second one
  if (once.per === "milestone") return `milestone/${record}/${type}/${discriminator || ordinal}`;
  const scope = whose(once.per, situation, recipientKey);
  if (scope === null) return null;
  const period = periodKey(situation.milestone.occurredAt, once.period, timeZone);
  // the recipient is part of a grant's key anyway, and need not stand in it twice
  return once.per === "recipient" ? `recipient${period}` : `${once.per}/${scope}${period}`;
};

/** Whether grants of different records may have the same key. */
export const isShared = ({ once }: Rule): boolean => once.per !== "subject" && once.per !== "milestone";

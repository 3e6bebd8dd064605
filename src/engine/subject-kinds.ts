import { derivedMilestones, type MilestoneType, postedMilestones } from "../events.ts";
import type { RecipientRole } from "./rule-book.ts";

const kinds = ["deal", "contact", "company", "lead"] as const;
/** A kind of record that a milestone can be about. */
export type SubjectKind = (typeof kinds)[number];

/** What a milestone is about; null where the type alone does not tell (`survey.answered`, `custom.<name>`). */
export const subjectKindOf = (type: MilestoneType): SubjectKind | null =>
  kinds.find((kind) => type.startsWith(`${kind}.`)) ?? null;

export const subjectKinds: readonly SubjectKind[] = kinds;

export const milestoneNames: readonly string[] = [...derivedMilestones, ...postedMilestones];

/** Why a milestone can never have this recipient; undefined where it can. */
export const impossibleRecipient = (type: MilestoneType, role: RecipientRole): string | undefined => {
  if (role !== "contact") return undefined;
  const kind = subjectKindOf(type);
  if (type === "contact.erased") return "the contact of `contact.erased` asked to be forgotten";
  if (kind === "company" || kind === "lead") return `a ${kind} has no contact`;
  return undefined;
};

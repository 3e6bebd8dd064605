import { derivedMilestones, type MilestoneType, metricMilestones, postedMilestones } from "../events.ts";

const kinds = ["deal", "contact", "company", "lead", "ticket"] as const;
/** A kind of record that a milestone can be about. */
export type SubjectKind = (typeof kinds)[number];

/** What a milestone is about; null where the type alone does not tell (`survey.answered`, `custom.<name>`). */
export const subjectKindOf = (type: MilestoneType): SubjectKind | null =>
  kinds.find((kind) => type.startsWith(`${kind}.`)) ?? null;

export const subjectKinds: readonly SubjectKind[] = kinds;

export const milestoneNames: readonly string[] = [...derivedMilestones, ...postedMilestones, ...metricMilestones];

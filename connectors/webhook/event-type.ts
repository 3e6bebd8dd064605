import {
  derivedMilestones,
  isMilestoneType,
  postedMilestones,
  type RecordKind,
  recordKinds,
} from "../../src/events.ts";

/** A milestone, or `<kind>.changed` where only fields of a record are told. */
export const isEventType = (type: string): boolean => isMilestoneType(type) || isChange(type);

const isChange = (type: string) => recordKinds.some((kind) => type === `${kind}.changed`);

/** Whether it happens without showing in a field, so that the event itself is the fact. */
export const isHappening = (type: string): boolean =>
  type.startsWith("custom.") || (postedMilestones as readonly string[]).includes(type);

/** The kind of record that the type is about by its name; undefined where it can be about any: `survey.answered`, or who responded to a campaign. */
export const kindOfType = (type: string): RecordKind | undefined =>
  type === "campaign.responded" ? undefined : recordKinds.find((kind) => type.startsWith(`${kind}.`));

/** For an error message: every type that there is. */
export const eventTypes: string = [
  ...derivedMilestones,
  ...postedMilestones,
  ...recordKinds.map((kind) => `${kind}.changed`),
  "custom.<name>",
].join(", ");

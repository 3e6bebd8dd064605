/** What happened to a record, read off its history. The only place that knows what "won" or "reopened" means. */
import { type FactValue, isMilestoneType, type MilestoneType, type RecordKind } from "../events.ts";
import type { RecordHistory, Step } from "./timeline.ts";

export interface Milestone {
  type: MilestoneType;
  connection: string;
  /** `metric` where it is a KPI that changed, and not a record. */
  subject: { kind: RecordKind | "metric"; id: string };
  at: string;
  from: FactValue;
  to: FactValue;
  /** The field that shows it; null for what happened without showing in a field. */
  field: string | null;
  /** Tells two happenings of one type and moment apart. */
  discriminator: string;
  /** Counts occurrences of this type on this subject from 1, in the order of their time. */
  ordinal: number;
}

type Found = Pick<Milestone, "type" | "at" | "from" | "to" | "field" | "discriminator">;
type Change = (from: FactValue | undefined, to: FactValue) => MilestoneType | null;

/** A change from one known value to another. The first value that we hear of is not a change. */
const changed =
  (type: MilestoneType): Change =>
  (from) =>
    from === undefined ? null : type;
/** A flag that goes up, also when we hear of it for the first time, and comes down. */
const raised =
  (up: MilestoneType, down?: MilestoneType): Change =>
  (from, to) =>
    to === true ? up : from === true && down ? down : null;
const existence =
  (deleted: MilestoneType, restored?: MilestoneType): Change =>
  (from, to) =>
    to === false ? deleted : from === false && restored ? restored : null;

const dealStatus: Change = (from, to) => {
  if (to === "won") return "deal.won";
  if (to === "lost") return "deal.lost";
  return from === "won" || from === "lost" ? "deal.reopened" : null;
};

const changesOf: Record<RecordKind, Record<string, Change>> = {
  deal: {
    status: dealStatus,
    stage: changed("deal.stage_changed"),
    amount: changed("deal.amount_changed"),
    owner: changed("deal.owner_changed"),
    exists: existence("deal.deleted", "deal.restored"),
  },
  contact: {
    lifecycle: changed("contact.lifecycle_changed"),
    subscribed: raised("contact.subscribed", "contact.unsubscribed"),
    exists: existence("contact.deleted", "contact.restored"),
    erased: raised("contact.erased"),
  },
  company: { exists: existence("company.deleted", "company.restored") },
  lead: { converted: raised("lead.converted"), exists: existence("lead.deleted") },
  user: {},
  ticket: {},
  campaign: {},
};

const created: Partial<Record<RecordKind, MilestoneType>> = {
  deal: "deal.created",
  contact: "contact.created",
  company: "company.created",
  lead: "lead.created",
};
const merged: Partial<Record<RecordKind, MilestoneType>> = {
  deal: "deal.merged",
  contact: "contact.merged",
  company: "company.merged",
};

/**
 * Every milestone of one record, in the order of their time. `absorbed` are the histories of the records that were
 * merged into this one.
 */
export const milestonesOf = (history: RecordHistory, absorbed: readonly RecordHistory[]): Milestone[] => {
  const found: Found[] = [...creation(history), ...happenings(history)];
  for (const [field, change] of Object.entries(changesOf[history.kind])) {
    let before: Step | undefined;
    for (const step of history.fields.get(field) ?? []) {
      const type = change(before?.value, step.value);
      if (type)
        found.push({ type, at: step.at, from: before?.value ?? null, to: step.value, field, discriminator: "" });
      before = step;
    }
  }
  const type = merged[history.kind];
  for (const other of type ? absorbed : [])
    for (const step of other.fields.get("merged_into") ?? [])
      if (type && step.value === history.id)
        found.push({ type, at: step.at, from: other.id, to: history.id, field: null, discriminator: other.id });

  found.sort((a, b) => compare(a.at, b.at) || compare(a.type, b.type) || compare(a.discriminator, b.discriminator));
  const counts = new Map<string, number>();
  return found.map((each) => {
    const ordinal = (counts.get(each.type) ?? 0) + 1;
    counts.set(each.type, ordinal);
    return { ...each, connection: history.connection, subject: { kind: history.kind, id: history.id }, ordinal };
  });
};

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

const creation = (history: RecordHistory): Found[] => {
  const type = created[history.kind];
  if (!type) return [];
  const told = (history.fields.get("created_at") ?? []).flatMap((step) => instant(step.value));
  const seen = (history.fields.get("exists") ?? []).filter((step) => step.value === true).map((step) => step.at);
  const at = [...(told.length > 0 ? told : seen)].sort()[0];
  return at ? [{ type, at, from: null, to: null, field: null, discriminator: "" }] : [];
};

const happenings = (history: RecordHistory): Found[] =>
  [...history.fields].flatMap(([field, steps]) => {
    const type = field.startsWith("happened:") ? field.slice("happened:".length) : "";
    if (!isMilestoneType(type)) return [];
    return steps.map(({ at, value }) => ({
      type,
      at,
      from: null,
      to: null,
      field: null,
      discriminator: String(value),
    }));
  });

const instant = (value: FactValue): string[] => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? [] : [new Date(time).toISOString()];
};

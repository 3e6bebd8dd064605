/** When a record began, and whether it counts at all. */
import type { FactValue } from "../events.ts";
import type { RecordHistory } from "../records/timeline.ts";

const newest = (history: RecordHistory, field: string): FactValue => history.fields.get(field)?.at(-1)?.value ?? null;

/** Deleted (and not restored), or merged into another one: it counts nowhere, as if it had never been. */
export const isGone = (history: RecordHistory): boolean => {
  const into = newest(history, "merged_into");
  return newest(history, "exists") === false || (typeof into === "string" && into !== "" && into !== history.id);
};

/** As the CRM tells it; else when it was first seen. Null where neither is known. */
export const createdAt = (history: RecordHistory): string | null => {
  const told = (history.fields.get("created_at") ?? []).flatMap(({ value }) => {
    const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
    return Number.isNaN(time) ? [] : [new Date(time).toISOString()];
  });
  const seen = (history.fields.get("exists") ?? []).filter(({ value }) => value === true).map(({ at }) => at);
  return [...(told.length > 0 ? told : seen)].sort()[0] ?? null;
};

/** The first moment that anything is known of. */
export const firstSeen = (history: RecordHistory): string | null =>
  [...history.fields.values()].flatMap((steps) => steps[0]?.at ?? []).sort()[0] ?? null;

/** The happenings of one type, oldest first, with their details. */
export const happened = (history: RecordHistory, type: string): { at: string; details: Record<string, unknown> }[] =>
  (history.fields.get(`happened:${type}`) ?? []).map(({ at, value }) => ({ at, details: detailsOf(history, value) }));

const detailsOf = (history: RecordHistory, discriminator: FactValue): Record<string, unknown> => {
  const text = newest(history, `details:${discriminator}`);
  if (typeof text !== "string") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed && typeof parsed === "object" && !Array.isArray(parsed) ? { ...parsed } : {};
  } catch {
    return {};
  }
};

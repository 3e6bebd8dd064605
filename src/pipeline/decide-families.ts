/** Which records are looked at together, and which they point at. */
import type { Sql } from "../db/sql.ts";
import { keyText, loadHistories, type RecordKey } from "../records/fact-rows.ts";
import type { RecordHistory } from "../records/timeline.ts";

const pointsAt = (field: string): RecordKey["kind"] | undefined => {
  if (field === "owner" || field === "manager" || field.startsWith("contributor:")) return "user";
  return field === "company" || field === "contact" || field === "campaign" ? field : undefined;
};

/** The records that deals and contacts point at: their values are part of a situation. */
export const withNeighbours = async (tx: Sql, histories: Map<string, RecordHistory>) => {
  const wanted = new Map<string, RecordKey>();
  const want = (key: RecordKey) => {
    if (!histories.has(keyText(key))) wanted.set(keyText(key), key);
  };
  for (const { connection, fields } of histories.values())
    for (const [field, steps] of fields) {
      if (field.startsWith("contact:")) want({ connection, kind: "contact", id: field.slice("contact:".length) });
      const kind = pointsAt(field);
      if (kind)
        for (const { value } of steps)
          if (typeof value === "string" && value !== "") want({ connection, kind, id: value });
    }
  for (const [key, history] of await loadHistories(tx, [...wanted.values()])) histories.set(key, history);
  // owners have managers, who are users too: one more step, and no further
  const managers = new Map<string, RecordKey>();
  for (const { connection, kind, fields } of histories.values())
    for (const { value } of kind === "user" ? (fields.get("manager") ?? []) : [])
      if (typeof value === "string" && !histories.has(`${connection}/user/${value}`))
        managers.set(`${connection}/user/${value}`, { connection, kind: "user", id: value });
  for (const [key, history] of await loadHistories(tx, [...managers.values()])) histories.set(key, history);
};

/** Records that were merged into one another belong together; everything else is a family of its own. */
export const families = (
  members: readonly RecordKey[],
  histories: ReadonlyMap<string, RecordHistory>,
): RecordKey[][] => {
  const leader = new Map<string, string>();
  const find = (key: string): string => {
    const next = leader.get(key);
    return next === undefined || next === key ? key : find(next);
  };
  for (const member of members) {
    const key = keyText(member);
    for (const { value } of histories.get(key)?.fields.get("merged_into") ?? [])
      leader.set(find(key), find(keyText({ ...member, id: String(value) })));
  }
  return [...Map.groupBy(members, (member) => find(keyText(member))).values()];
};

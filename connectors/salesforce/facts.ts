/** What one snapshot of a Salesforce record says, whether it came in a message, in a callout or by a read. */
import type { Fact, FactValue, Subject } from "../../src/events.ts";
import { boolean, type Cell, date, id, instant, language, number, ownerId, text } from "./cell.ts";
import { type ObjectName, objects } from "./objects.ts";
import type { SalesforceSettings } from "./settings.ts";

/** Absent: not part of the snapshot. Null: known to be empty. */
export type Snapshot = ReadonlyMap<string, Cell>;

/** A field that does not hold what such a field holds. Nothing of its snapshot is used. */
export interface BadField {
  field: string;
  found: string;
  expected: string;
}

/** The facts of a snapshot and the moment it shows; `fallback` is that moment where it carries none of its own. */
export const understand = (
  object: ObjectName,
  recordId: string,
  snapshot: Snapshot,
  settings: SalesforceSettings,
  fallback: string,
): { facts: Fact[]; at: string } | BadField => {
  const subject: Subject = { kind: objects[object].kind, id: recordId };
  const facts: Fact[] = [];
  const say = (field: string, value: FactValue | undefined, at: string) => {
    if (value !== undefined) facts.push({ ...subject, field, value, at });
  };
  for (const [field, [read, expected]] of typed) {
    const cell = snapshot.get(field);
    if (cell !== undefined && read(cell) === undefined) return badField(field, cell, expected);
  }
  const moment = (field: string) => instant(snapshot.get(field) ?? null) ?? undefined;
  const modified = moment("LastModifiedDate");
  const stamped = moment("SystemModstamp");
  const at = modified ?? stamped ?? fallback;
  const created = moment("CreatedDate");

  for (const [column, [field, read]] of Object.entries(objects[object].columns)) {
    const cell = snapshot.get(column);
    if (cell !== undefined) say(field, read(cell), at);
  }
  for (const [column, kind] of Object.entries(settings.fields[object] ?? {})) {
    const cell = snapshot.get(column);
    if (cell === undefined) continue;
    const value = extraReaders[kind](cell);
    if (value === undefined) return badField(column, cell, `${kind}, as \`fields\` says`);
    say(column, value, at);
  }

  const deleted = boolean(snapshot.get("IsDeleted") ?? null);
  const master = id(snapshot.get("MasterRecordId") ?? null);
  if (created) {
    say("created_at", created, created);
    say("exists", true, created);
  }
  // deleting and restoring move SystemModstamp, and not always LastModifiedDate
  const touched =
    [modified, stamped]
      .filter((time) => time !== undefined)
      .sort()
      .at(-1) ?? fallback;
  if (master) say("merged_into", master, touched);
  else if (typeof deleted === "boolean") say("exists", !deleted, touched);

  if (object === "Opportunity") {
    // a later change of another field carries the same stage along: only this date says since when it holds
    const reached = moment("LastStageChangeDate") ?? at;
    const stage = snapshot.get("StageName");
    if (stage !== undefined) {
      say("stage", text(stage), reached);
      say("stage_label", text(stage), reached);
    }
    say("status", statusOf(snapshot, settings), reached);
    for (const [role, column] of Object.entries(settings.contributors)) {
      const cell = snapshot.get(column);
      if (cell === undefined) continue;
      const user = ownerId(cell);
      if (user === undefined) return badField(column, cell, "a Salesforce id of 15 or 18 characters");
      say(`contributor:${role}`, user, at);
    }
    const contact = id(snapshot.get("ContactId") ?? null);
    if (contact) say(`contact:${contact}`, true, at);
  } else if (object !== "Account") {
    // rewards are announced by text message, so the mobile number comes first
    const numbers = [snapshot.get("MobilePhone"), snapshot.get("Phone")].filter((cell) => cell !== undefined);
    if (numbers.length > 0) say("phone", numbers.map(text).find((phone) => phone !== null) ?? null, at);
    for (const [column, cell] of snapshot)
      if (/^(preferred_)?language(__c)?$/i.test(column)) say("language", language(cell), at);
  }
  if (object === "Contact" || object === "Lead") say("subscribed", subscribedOf(snapshot, settings), at);
  // a lead cannot be unconverted, so only "yes" is a fact; ConvertedDate has no time, and a lead is not converted before it exists
  if (object === "Lead" && boolean(snapshot.get("IsConverted") ?? null) === true) {
    const day = date(snapshot.get("ConvertedDate") ?? null);
    const converted = typeof day === "string" ? `${day}T00:00:00.000Z` : at;
    say("converted", true, created && created > converted ? created : converted);
  }
  return { facts, at };
};

/** Won is IsWon and IsClosed together, never the name of a stage; the connection's `stages` where neither is known. */
const statusOf = (snapshot: Snapshot, { stages }: SalesforceSettings): string | undefined => {
  const won = boolean(snapshot.get("IsWon") ?? null);
  const closed = boolean(snapshot.get("IsClosed") ?? null);
  if (closed === false) return "open";
  if (won === true) return "won";
  if (closed === true && won === false) return "lost";
  const stage = snapshot.get("StageName");
  return typeof stage === "string" && Object.hasOwn(stages, stage) ? stages[stage] : undefined;
};

const subscribedOf = (snapshot: Snapshot, { subscribedField }: SalesforceSettings): boolean | undefined => {
  if (subscribedField === undefined) return undefined;
  const contrary = subscribedField.startsWith("!");
  const value = boolean(snapshot.get(contrary ? subscribedField.slice(1) : subscribedField) ?? null);
  return typeof value === "boolean" ? value !== contrary : undefined;
};

const extraReaders = { text, number, boolean };

const typed: readonly [string, readonly [(cell: Cell) => unknown, string]][] = [
  ["Amount", [number, "a number"]],
  ["CloseDate", [date, "a date, YYYY-MM-DD"]],
  ["ConvertedDate", [date, "a date, YYYY-MM-DD"]],
  ["CreatedDate", [instant, "a date and time with its offset"]],
  ["LastModifiedDate", [instant, "a date and time with its offset"]],
  ["SystemModstamp", [instant, "a date and time with its offset"]],
  ["LastStageChangeDate", [instant, "a date and time with its offset"]],
  ["IsWon", [boolean, "true or false"]],
  ["IsClosed", [boolean, "true or false"]],
  ["IsDeleted", [boolean, "true or false"]],
  ["IsConverted", [boolean, "true or false"]],
  ["IsActive", [boolean, "true or false"]],
  ["OwnerId", [id, "a Salesforce id of 15 or 18 characters"]],
  ["AccountId", [id, "a Salesforce id of 15 or 18 characters"]],
  ["ContactId", [id, "a Salesforce id of 15 or 18 characters"]],
  ["ManagerId", [id, "a Salesforce id of 15 or 18 characters"]],
  ["MasterRecordId", [id, "a Salesforce id of 15 or 18 characters"]],
];

/** Shows what was found only where it can be no one's name or address. */
const badField = (field: string, cell: Cell, expected: string): BadField => ({
  field,
  found: typeof cell !== "string" || /^[\w.:+-]{0,40}$/.test(cell) ? `${cell}` : `text of ${cell.length} characters`,
  expected,
});

import { createHash } from "node:crypto";
import type { FactValue } from "../../src/events.ts";
import type { Unpacked } from "../connector.ts";
import { canonical } from "./canonical.ts";
import { eventTypes, isEventType, isHappening, kindOfType } from "./event-type.ts";
import { PostedEvent } from "./posted-event.ts";
import { recordFacts } from "./record-facts.ts";
import { typeFacts } from "./type-facts.ts";

/** One posted event, or what is wrong with it. `place` is where it stands in the body, `""` for all of it. */
export const unpackEvent = (item: unknown, place: string): Unpacked => {
  const content = sha256(canonical(item));
  const bad = (at: string, found: unknown, expected: string): Unpacked => ({
    bad: {
      key: `bad:${content}`,
      place: [place, at].filter(Boolean).join(".") || "body",
      found: shown(found),
      expected,
    },
  });
  const parsed = PostedEvent.safeParse(item);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === "unrecognized_keys") {
      const at = [...issue.path, issue.keys[0]].join(".");
      return bad(at, "a key that is not known here", `only ${Object.keys(PostedEvent.shape).join(", ")}`);
    }
    const path = issue?.path ?? [];
    return bad(path.join("."), valueAt(item, path), issue?.message ?? "an event");
  }
  const { type, subject, occurredAt, record, details, key = content } = parsed.data;
  if (!isEventType(type)) return bad("type", type, `one of ${eventTypes}`);
  const kind = kindOfType(type);
  if (kind !== undefined && kind !== subject.kind)
    return bad("subject.kind", subject.kind, `${kind}, as the type says`);
  if (type.endsWith(".merged") && record.merged_into === undefined) {
    return bad("record.merged_into", undefined, "the id of the record that remains");
  }
  if (details !== undefined && !isHappening(type)) {
    return bad(
      "details",
      details,
      `details only with events such as survey.answered; put fields of the ${subject.kind} in record`,
    );
  }
  const fields = recordFacts(subject.kind, record);
  if ("expected" in fields) return bad(`record.${fields.field}`, fields.found, fields.expected);

  for (const [field, value] of Object.entries(typeFacts(type, occurredAt))) {
    if (field !== "created_at" || !fields.has("created_at")) fields.set(field, value);
  }
  if (isHappening(type)) {
    fields.set(`happened:${type}`, key);
    if (details !== undefined) fields.set(`details:${key}`, canonical(details));
  }
  const facts = [...fields].map(([field, value]: [string, FactValue]) => ({
    ...subject,
    field,
    value,
    at: occurredAt,
  }));
  return { event: { key, type, subject, occurredAt, facts, needsRead: false } };
};

const valueAt = (item: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<PropertyKey, unknown>>)[name]
        : undefined,
    item,
  );

/** Shows a value only where it is a code, a number or a date, and so can be no one's name or address. */
const shown = (found: unknown): string => {
  if (found === undefined) return "nothing";
  if (found === null || typeof found === "number" || typeof found === "boolean") return String(found);
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === "object") return "an object";
  const text = String(found);
  return /^[\w.:+-]{1,40}$/.test(text) || text.startsWith("a key ") ? text : `text of ${text.length} characters`;
};

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");

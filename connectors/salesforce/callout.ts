import { createHash } from "node:crypto";
import type { BadEvent, Delivery, Unpacked } from "../connector.ts";
import { type Cell, id, instant } from "./cell.ts";
import { isObjectName, objectOfId } from "./objects.ts";
import { sameOrg } from "./same-org.ts";
import type { SalesforceSettings } from "./settings.ts";
import { unpackSnapshot } from "./unpack-snapshot.ts";
import { utf8 } from "./utf8.ts";

/** As many records as one transaction of Apex usually holds. */
const mostItems = 200;
const deepest = 20;

/** The items of a callout's body: one object, or a list of them. Says in one line what else it is. Never throws. */
export const readCallouts = (body: Buffer): { items: unknown[] } | { problem: string } => {
  try {
    const parsed: unknown = JSON.parse(utf8(body) ?? "");
    if (!isShallow(parsed, deepest)) return { problem: `nested deeper than ${deepest}` };
    const items = Array.isArray(parsed) ? parsed : [parsed];
    if (items.length === 0 || items.length > mostItems) return { problem: `a list of ${items.length}` };
    return items.every(isObject) ? { items } : { problem: "not JSON objects" };
  } catch {
    return { problem: "not JSON" };
  }
};

/** Each item of a stored callout: `{ event, orgId, recordId, occurredAt, object?, fields }`. */
export const unpackCallout = (delivery: Delivery, settings: SalesforceSettings): Unpacked[] => {
  const read = readCallouts(delivery.body);
  if ("problem" in read) {
    const key = `bad:${sha256(delivery.body)}`;
    return [
      { bad: { key, place: "body", found: read.problem, expected: `one callout, or a list of 1 to ${mostItems}` } },
    ];
  }
  return read.items.flatMap((item, index) => unpackItem(item, `[${index}]`, settings));
};

const unpackItem = (item: unknown, place: string, settings: SalesforceSettings): Unpacked[] => {
  const badKey = `bad:${sha256(JSON.stringify(item))}`;
  const bad = (at: string, found: string, expected: string): { bad: BadEvent }[] => [
    { bad: { key: badKey, place: `${place}.${at}`, found, expected } },
  ];
  const { event, orgId, recordId, occurredAt, object, fields } = isObject(item) ? item : {};
  if (typeof orgId !== "string" || !sameOrg(orgId, settings.orgId)) {
    return bad("orgId", orgId === undefined ? "nothing" : "another organization", "this connection's orgId");
  }
  const subjectId = typeof recordId === "string" ? id(recordId) : null;
  if (!subjectId) return bad("recordId", typeof recordId, "a Salesforce id of 15 or 18 characters");
  const at = typeof occurredAt === "string" ? instant(occurredAt) : null;
  if (!at) return bad("occurredAt", typeof occurredAt, "a date and time with its offset: 2026-06-30T12:00:00Z");
  if (!isObject(fields)) return bad("fields", typeof fields, "an object: field name → value");
  if (object !== undefined && typeof object !== "string")
    return bad("object", typeof object, "an object name: Opportunity");
  const name = object ?? objectOfId(subjectId);
  if (name === undefined || !isObjectName(name)) return [];

  const called = typeof event === "string" && /^[a-z][\w.]{0,99}$/i.test(event) ? event : undefined;
  const snapshot = new Map<string, Cell>(implied(called, fields, at));
  for (const [field, value] of Object.entries(fields)) if (isCell(value)) snapshot.set(field, value);
  snapshot.set("Id", subjectId);
  const content = sha256(JSON.stringify([called, Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))]));
  return [
    unpackSnapshot(
      {
        object: name,
        snapshot,
        place: `${place}.fields`,
        fallback: at,
        keyOf: (record) => `callout:${record}:${at}:${content}`,
        badKey,
        ...(called ? { type: called } : {}),
      },
      settings,
    ),
  ];
};

/** What the name of the event says where the fields leave it open, since the author of the trigger knew; `at` is its time. */
const implied = (
  event: string | undefined,
  fields: Readonly<Record<string, unknown>>,
  at: string,
): [string, Cell][] => {
  const statusKnown = "IsWon" in fields || "IsClosed" in fields;
  switch (event?.toLowerCase().split(".").at(-1)) {
    case "won":
      return statusKnown
        ? []
        : [
            ["IsWon", true],
            ["IsClosed", true],
          ];
    case "lost":
      return statusKnown
        ? []
        : [
            ["IsWon", false],
            ["IsClosed", true],
          ];
    case "reopened":
      return statusKnown
        ? []
        : [
            ["IsWon", false],
            ["IsClosed", false],
          ];
    case "deleted":
      return [
        ["IsDeleted", true],
        ["SystemModstamp", at],
      ];
    case "restored":
      return [
        ["IsDeleted", false],
        ["SystemModstamp", at],
      ];
    default:
      return [];
  }
};

/** Whoever writes a value down again, level by level, needs an end to the levels. */
const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCell = (value: unknown): value is Cell =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

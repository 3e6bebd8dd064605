import type { CrmEvent, Fact, FactValue } from "../../src/events.ts";
import type { Unpacked } from "../connector.ts";
import { readAssociation } from "./association.ts";
import { badEvent, sha256 } from "./bad.ts";
import { closedProperties, statusByFlag, statusBySettings } from "./deal-status.ts";
import { kindOf, type ObjectKind, typeIds } from "./kinds.ts";
import { fieldOf } from "./properties.ts";
import { canRead, type Settings } from "./settings.ts";
import { redacted } from "./values.ts";
import { isObject, type Json, optionalText, readId, readIds, readOccurredAt, textOf } from "./wire.ts";

/** What every event of one delivery shares. */
export interface Context {
  settings: Settings;
  receivedAt: Date;
}

const verbs = ["creation", "deletion", "restore", "propertyChange", "merge", "associationChange", "privacyDeletion"];

/** One element of the array that HubSpot posts: nothing where it is about an object that we do not keep. Never throws. */
export const unpackEvent = (raw: unknown, index: number, context: Context): Unpacked | undefined => {
  const place = `[${index}]`;
  if (!isObject(raw)) return badEvent(raw, place, raw, "an event object");
  // HubSpot's reference says `eventType`, its deliveries say `subscriptionType`.
  const typeName = raw.subscriptionType === undefined ? "eventType" : "subscriptionType";
  const type = raw[typeName];
  if (typeof type !== "string")
    return badEvent(raw, `${place}.subscriptionType`, type, "text like deal.propertyChange");
  const [family = "", verb = ""] = type.split(".");
  const generic = family === "object";
  if (!generic && kindOf(family) === undefined) return undefined;
  if (!verbs.includes(verb)) return badEvent(raw, `${place}.${typeName}`, type, `one of ${verbs.join(", ")}`);

  const occurred = readOccurredAt(raw, place, context.receivedAt);
  if ("bad" in occurred) return occurred.bad;
  const portal = readId(raw, "portalId", place);
  if ("bad" in portal) return portal.bad;
  const expected = context.settings.portalId;
  if (expected !== undefined && portal.value !== expected)
    return badEvent(raw, `${place}.portalId`, raw.portalId, `this connection's account, ${expected}`);

  const base: Base = { raw, place, verb, portal: portal.value, at: occurred.value, context };
  if (verb === "associationChange") return association(base, family);

  if (generic && typeof raw.objectTypeId !== "string")
    return badEvent(raw, `${place}.objectTypeId`, raw.objectTypeId, "text like 0-3");
  const kind = kindOf(generic ? textOf(raw.objectTypeId) : family);
  if (kind === undefined) return undefined;
  return verb === "merge" ? merge(base, kind) : ofOneRecord(base, kind);
};

interface Base {
  raw: Json;
  place: string;
  verb: string;
  portal: string;
  at: number;
  context: Context;
}

const iso = (at: number): string => new Date(at).toISOString();

/** Everything that is the same for all: the event around its facts. `key` is told apart by what follows the account. */
const event = (
  base: Base,
  parts: { key: string; type: string; kind: ObjectKind; id: string; facts: Fact[]; needsRead: boolean },
): Unpacked => {
  const actor = optionalText(base.raw.sourceId);
  const origin = isOurs(base) ? ours : optionalText(base.raw.changeSource);
  const made: CrmEvent = {
    key: `hs:${base.portal}:${parts.key}:${base.at}`,
    type: parts.type,
    subject: { kind: parts.kind, id: parts.id },
    occurredAt: iso(base.at),
    facts: parts.facts,
    needsRead: parts.needsRead,
    ...(actor === undefined ? {} : { actor }),
    ...(origin === undefined ? {} : { origin }),
  };
  return { event: made };
};

/** The origin of what we wrote ourselves. */
const ours = "accolade";

/** A field of `writeBack`, set through the app whose webhook this is: HubSpot then names the app as the source. */
const isOurs = ({ raw, context }: Base): boolean =>
  raw.changeSource === "INTEGRATION" &&
  textOf(raw.appId) !== "" &&
  textOf(raw.sourceId) === textOf(raw.appId) &&
  Object.values(context.settings.writeBack?.fields ?? {}).some((property) => property === raw.propertyName);

const said: Record<string, string> = {
  creation: "created",
  deletion: "deleted",
  restore: "restored",
  privacyDeletion: "erased",
};

const ofOneRecord = (base: Base, kind: ObjectKind): Unpacked => {
  const id = readId(base.raw, "objectId", base.place);
  if ("bad" in id) return id.bad;
  if (base.verb === "propertyChange") return propertyChange(base, kind, id.value);

  const reading = canRead(base.context.settings);
  const fact = (field: string, value: FactValue): Fact => ({ kind, id: id.value, field, value, at: iso(base.at) });
  const facts: Record<string, Fact[]> = {
    creation: [fact("exists", true), ...(reading ? [] : [fact("created_at", iso(base.at))])],
    deletion: [fact("exists", false)],
    restore: [fact("exists", true)],
    privacyDeletion: [fact("erased", true)],
  };
  return event(base, {
    key: `${typeIds[kind]}:${id.value}:${base.verb}`,
    type: `${kind}.${said[base.verb] ?? base.verb}`,
    kind,
    id: id.value,
    facts: facts[base.verb] ?? [],
    needsRead: reading && (base.verb === "creation" || base.verb === "restore"),
  });
};

const propertyChange = (base: Base, kind: ObjectKind, id: string): Unpacked => {
  const { raw, place } = base;
  const { settings } = base.context;
  const { propertyName: property, propertyValue = null } = raw;
  if (typeof property !== "string" || property === "" || property.length > 200)
    return badEvent(raw, `${place}.propertyName`, property, "the name of a property");
  if (propertyValue !== null && typeof propertyValue !== "string")
    return badEvent(raw, `${place}.propertyValue`, propertyValue, "text");
  const value = propertyValue ?? "";

  const reading = canRead(settings);
  const facts = reading || value === redacted ? [] : factsOfProperty(kind, id, property, value, base.at, settings);
  if (facts === undefined) return badEvent(raw, `${place}.propertyValue`, value, `a value that ${property} can hold`);
  const wanted =
    fieldOf(kind, property, settings) !== undefined ||
    (kind === "deal" && closedProperties.some((name) => name === property));
  return event(base, {
    key: `${typeIds[kind]}:${id}:${property}:${sha256(value)}`,
    type: `${kind}.changed`,
    kind,
    id,
    facts,
    needsRead: reading && wanted,
  });
};

/** The facts in one property value, for a connection that is not read. Undefined where the value cannot be what it claims. */
export const factsOfProperty = (
  kind: ObjectKind,
  id: string,
  property: string,
  value: string,
  at: number,
  settings: Settings,
): Fact[] | undefined => {
  if (kind === "deal" && closedProperties.some((name) => name === property)) {
    const status = statusByFlag(property, value);
    // HubSpot computes these from the stage and knows every pipeline: at the same moment they have the last word.
    return status === null ? [] : [{ kind, id, field: "status", value: status, at: iso(at + 1) }];
  }
  const target = fieldOf(kind, property, settings);
  if (target === undefined) return [];
  const read = target.read(value);
  if (read === undefined) return undefined;
  const facts: Fact[] = [{ kind, id, field: target.field, value: read, at: iso(at) }];
  if (target.field === "stage" && kind === "deal" && typeof read === "string")
    facts.push({ kind, id, field: "status", value: statusBySettings(read, settings), at: iso(at) });
  return facts;
};

/** `newObjectId` differs from the primary where HubSpot made a new record of the two: then the primary is merged away too. */
const merge = (base: Base, kind: ObjectKind): Unpacked => {
  const { raw, place } = base;
  const primary = readId(raw, "primaryObjectId", place);
  if ("bad" in primary) return primary.bad;
  const merged = readIds(raw, "mergedObjectIds", place);
  if ("bad" in merged) return merged.bad;
  const made = raw.newObjectId === undefined || raw.newObjectId === null ? primary : readId(raw, "newObjectId", place);
  if ("bad" in made) return made.bad;
  const winner = made.value;
  const gone = [...new Set([...merged.value, primary.value])].filter((id) => id !== winner).sort();
  return event(base, {
    key: `${typeIds[kind]}:merge:${primary.value}:${sha256([...merged.value].sort().join())}`,
    type: `${kind}.merged`,
    kind,
    id: winner,
    facts: gone.map((id) => ({ kind, id, field: "merged_into", value: winner, at: iso(base.at) })),
    needsRead: canRead(base.context.settings),
  });
};

/** One association arrives once per direction, classic and generic: all of them give the same fact on the deal. */
const association = (base: Base, family: string): Unpacked | undefined => {
  const read = readAssociation(base.raw, base.place, family === "object");
  if (read === undefined) return undefined;
  if ("bad" in read) return read.bad;
  const { deal, other, removed, primary } = read.value;
  const fact = (field: string, value: FactValue, at: number): Fact => ({
    kind: "deal",
    id: deal,
    field,
    value,
    at: iso(at),
  });
  const facts: Fact[] = [];
  if (other.kind === "contact") facts.push(fact(`contact:${other.id}`, !removed, base.at));
  // A deal has one company, its primary one. When it changes, removal and addition may carry the same time: removal goes first.
  else if (primary) facts.push(removed ? fact("company", null, base.at - 1) : fact("company", other.id, base.at));
  const label = `${typeIds[other.kind]}${other.kind === "company" && primary ? "p" : ""}`;
  return event(base, {
    key: `association:${deal}:${label}:${other.id}:${removed ? "removed" : "added"}`,
    type: "deal.association",
    kind: "deal",
    id: deal,
    facts,
    needsRead: canRead(base.context.settings),
  });
};

import type { Fact } from "../../src/events.ts";
import type { Delivery, Unpacked } from "../connector.ts";
import { badEvent, sha256 } from "./bad.ts";
import { closedProperties } from "./deal-status.ts";
import { propertiesOf } from "./properties.ts";
import { canRead, type Settings } from "./settings.ts";
import { factsOfProperty } from "./unpack-event.ts";
import { momentOf, redacted } from "./values.ts";
import { isObject, type Json, readId, textOf } from "./wire.ts";

/** One value of a property, from one moment on; `at` undefined where the body does not say. */
interface Entry {
  value: string;
  at: number | undefined;
}

const idNames = ["hs_object_id", "objectId", "id", "vid", "canonical-vid"];

/**
 * The single object that the workflow action “Send a webhook” posts: as the object API returns it (contacts with property
 * history), or a flat body whose keys the author chose. Never throws.
 */
export const unpackWorkflow = (raw: unknown, delivery: Delivery, settings: Settings): Unpacked[] => {
  const kind = settings.workflow?.kind;
  if (kind === undefined) return [badEvent(delivery.body, "", undefined, "`workflow:` in the connection's settings")];
  if (!isObject(raw)) return [badEvent(delivery.body, "", raw, "one object")];
  const properties: Json = isObject(raw.properties) ? { ...raw, ...raw.properties } : raw;

  const idName = idNames.find((name) => properties[name] !== undefined) ?? "hs_object_id";
  const [idEntry] = entriesOf(properties[idName]);
  const id = readId({ ...raw, [idName]: idEntry?.value }, idName, "");
  if ("bad" in id) return [id.bad];

  const [modified] = [...entriesOf(properties.hs_lastmodifieddate), ...entriesOf(properties.lastmodifieddate)];
  const changedAt = modified ? momentOf(modified.value)?.getTime() : undefined;
  const received = delivery.receivedAt.getTime();
  const at = changedAt === undefined || changedAt > received ? received : changedAt;

  const reading = canRead(settings);
  const facts: Fact[] = [];
  const names = reading ? [] : [...propertiesOf(kind, settings), ...(kind === "deal" ? closedProperties : [])];
  for (const name of names) {
    for (const entry of entriesOf(properties[name])) {
      if (entry.value === redacted) continue;
      const found = factsOfProperty(kind, id.value, name, entry.value, entry.at ?? at, settings);
      if (found === undefined) return [badEvent(raw, name, entry.value, `a value that ${name} can hold`)];
      facts.push(...found);
    }
  }
  const created = facts.find((fact) => fact.field === "created_at")?.value;
  if (typeof created === "string") facts.push({ kind, id: id.value, field: "exists", value: true, at: created });

  // Without a time of its own, the same body a month later is a new happening, not a repetition.
  const when = changedAt === undefined ? `received ${received}` : String(at);
  const event = {
    key: `hs:workflow:${kind}:${id.value}:${sha256(delivery.body)}:${when}`,
    type: `${kind}.workflow`,
    subject: { kind, id: id.value },
    occurredAt: new Date(at).toISOString(),
    facts,
    needsRead: reading,
  };
  return [{ event }];
};

/** `"x"`, `7`, `null`, `{value, timestamp}` and `{value, versions: [{value, timestamp}]}` alike; nothing for anything else. */
const entriesOf = (value: unknown): Entry[] => {
  if (value === null) return [{ value: "", at: undefined }];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return [{ value: String(value), at: undefined }];
  if (!isObject(value)) return [];
  const versions = Array.isArray(value.versions) && value.versions.length > 0 ? value.versions : [value];
  return versions.filter(isObject).flatMap((version) =>
    entriesOf(typeof version.value === "object" ? undefined : version.value).map((entry) => ({
      value: entry.value,
      at: momentOf(textOf(version.timestamp))?.getTime(),
    })),
  );
};

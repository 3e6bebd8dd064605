import { z } from "zod";
import type { Fact, FactValue } from "../../src/events.ts";
import type { ObjectKind } from "./kinds.ts";
import { fieldOf, propertiesOf } from "./properties.ts";
import type { Settings } from "./settings.ts";
import { momentOf, redacted } from "./values.ts";

export const CrmObject = z.object({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  propertiesWithHistory: z
    .record(z.string(), z.array(z.object({ value: z.string().nullish(), timestamp: z.date() })))
    .nullish(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type CrmObject = z.infer<typeof CrmObject>;

/** From this many entries on, a history may have lost its beginning: HubSpot keeps the most recent ones. */
const fullHistory = 20;

/** HubSpot stamps each property of one save on its own, some moments apart: what came this soon was there from the start. */
const oneSaveMs = 5000;

/** When the record came to be. Users may set it; where they did not, it is the time of the record itself. */
export const createdAt = (object: CrmObject): string => {
  const set = object.properties.createdate;
  return ((set && momentOf(set)) || object.createdAt).toISOString();
};

/**
 * What HubSpot knows of one record, as its own timeline: each value at the time that HubSpot gives it, so that the same
 * record gives the same facts whenever it is read. A property that was first set later was empty when the record began.
 */
export const factsOf = (kind: ObjectKind, object: CrmObject, settings: Settings): Fact[] => {
  const { id, properties } = object;
  const created = createdAt(object);
  const fact = (field: string, value: FactValue, at: string): Fact => ({ kind, id, field, value, at });
  const facts = [fact("exists", true, created), fact("created_at", created, created)];

  for (const property of propertiesOf(kind, settings)) {
    const target = fieldOf(kind, property, settings);
    if (target === undefined || target.field === "created_at") continue;
    const history = object.propertiesWithHistory?.[property] ?? [];
    const seen = new Set<string>();
    for (const entry of history) {
      const at = entry.timestamp.toISOString();
      const value = entry.value ?? "";
      // Newest first: of two values at one moment, the first listed is the later one.
      if (seen.has(at)) continue;
      seen.add(at);
      const read = value === redacted ? undefined : target.read(value);
      if (read !== undefined) facts.push(fact(target.field, read, at));
    }
    const now = properties[property] ?? "";
    if (history.length === 0 && now !== "" && now !== redacted) {
      const read = target.read(now);
      if (read !== undefined) facts.push(fact(target.field, read, changedAt(object)));
    }
    const began = [...seen].sort()[0];
    const fromTheStart = began !== undefined && Date.parse(began) - Date.parse(created) <= oneSaveMs;
    if (!fromTheStart && history.length < fullHistory) facts.push(fact(target.field, null, created));
  }
  return facts;
};

const changedAt = (object: CrmObject): string => {
  const text = object.properties.hs_lastmodifieddate ?? object.properties.lastmodifieddate;
  return ((text && momentOf(text)) || object.updatedAt).toISOString();
};

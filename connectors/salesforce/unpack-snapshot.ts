import type { BadEvent, Unpacked } from "../connector.ts";
import { id } from "./cell.ts";
import { type Snapshot, understand } from "./facts.ts";
import { type ObjectName, objects } from "./objects.ts";
import type { SalesforceSettings } from "./settings.ts";

export interface Arrived {
  object: ObjectName;
  snapshot: Snapshot;
  /** Where it stands in the delivery: `Notification[2].sObject`. */
  place: string;
  /** The time it shows where the snapshot has none. */
  fallback: string;
  /** The event's key, once the record's id is known to be one. */
  keyOf: (recordId: string) => string;
  /** The key of the parked event where it is bad. */
  badKey: string;
  /** What the sender called it, where it did. */
  type?: string;
}

/** One snapshot as one event, or as what is wrong with it. */
export const unpackSnapshot = (arrived: Arrived, settings: SalesforceSettings): Unpacked => {
  const { object, snapshot, place, badKey: key } = arrived;
  const bad = (at: string, found: string, expected: string): { bad: BadEvent } => ({
    bad: { key, place: at === "" ? place : `${place}.${at}`, found, expected },
  });
  const recordId = id(snapshot.get("Id") ?? null);
  if (!recordId)
    return bad("Id", recordId === null ? "nothing" : "another text", "a Salesforce id of 15 or 18 characters");
  const understood = understand(object, recordId, snapshot, settings, arrived.fallback);
  if ("expected" in understood) return bad(understood.field, understood.found, understood.expected);
  const { kind } = objects[object];
  const actor = id(snapshot.get("LastModifiedById") ?? null);
  return {
    event: {
      key: arrived.keyOf(recordId),
      type: arrived.type ?? `${kind}.changed`,
      subject: { kind, id: recordId },
      occurredAt: understood.at,
      facts: understood.facts,
      // a message carries what an admin ticked; a read knows the rest, and the history of its stages
      needsRead: settings.api !== undefined,
      ...(actor ? { actor } : {}),
      // the facts stay: a change of somebody else's may travel in the message that our own write caused
      ...(actor && isOurs(actor, settings) ? { origin: "accolade" } : {}),
    },
  };
};

/** Ids of 15 and 18 characters name the same user. */
const isOurs = (actor: string, { writeBack }: SalesforceSettings): boolean =>
  writeBack?.user?.slice(0, 15) === actor.slice(0, 15);

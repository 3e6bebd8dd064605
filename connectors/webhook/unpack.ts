import { createHash } from "node:crypto";
import type { Delivery, Unpacked } from "../connector.ts";
import { type Item, readBody } from "./body.ts";
import { type EventMap, mapped } from "./event-map.ts";
import type { WebhookSettings } from "./settings.ts";
import { unpackEvent } from "./unpack-event.ts";

/** Every event of a stored delivery, in our own shape or through the connection's `map`. */
export const unpack = (delivery: Delivery, settings: WebhookSettings): Unpacked[] => {
  const read = readBody(delivery.body, settings);
  if ("problem" in read) {
    const key = `bad:${createHash("sha256").update(delivery.body).digest("hex")}`;
    return [{ bad: { key, place: "body", found: read.problem, expected: "one event, or a list of at most 100" } }];
  }
  const { map } = settings;
  return read.items.flatMap(({ item, place }) =>
    map ? unpackForeign(map, { item, place }, read.body, delivery.receivedAt) : unpackEvent(item, place),
  );
};

const unpackForeign = (map: EventMap, { item, place }: Item, body: unknown, receivedAt: Date): Unpacked[] => {
  const event = mapped(map, item, body);
  if (event === null) return [];
  if (map.occurredAt !== undefined) return [unpackEvent(event, place)];
  // without a time of its own, only the sender's key tells one event from the next: null makes a missing one be reported
  return [unpackEvent({ ...event, key: event.key ?? null, occurredAt: receivedAt.toISOString() }, place)];
};

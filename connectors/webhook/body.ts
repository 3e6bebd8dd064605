import { itemsOf } from "./event-map.ts";
import type { WebhookSettings } from "./settings.ts";

/** Most events in one request. */
export const mostEvents = 100;
const deepest = 20;

export interface Item {
  item: unknown;
  /** `events[3]`; `""` where the body is one event. */
  place: string;
}

/** The items of a body and the body itself, or in one line what it is instead. Never throws. */
export const readBody = (
  bytes: Buffer,
  settings: WebhookSettings,
): { items: readonly Item[]; body: unknown } | { problem: string } => {
  const body = parse(bytes);
  if (body === undefined) return { problem: "not JSON" };
  if (typeof body !== "object" || body === null) return { problem: "not a JSON object or list" };
  if (!shallow(body, deepest)) return { problem: `nested deeper than ${deepest}` };
  const items = settings.map ? itemsOf(settings.map, body) : postedItems(body);
  if (!items) return { problem: `no list at ${settings.map?.each ?? "events"}` };
  return items.length > mostEvents ? { problem: `more than ${mostEvents} events` } : { items, body };
};

const postedItems = (body: object): Item[] | undefined => {
  if (!("events" in body)) return [{ item: flattened(body), place: "" }];
  if (!Array.isArray(body.events)) return undefined;
  return body.events.map((item: unknown, index) => ({ item: flattened(item), place: `events[${index}]` }));
};

/** Standard Webhooks advises `{ type, timestamp, data }`: the same event, with our other keys inside `data`. */
const flattened = (item: unknown): unknown => {
  if (typeof item !== "object" || item === null || !("data" in item) || !("type" in item)) return item;
  const { type, timestamp, data, ...rest } = item as Readonly<Record<string, unknown>>;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return item;
  return { ...(timestamp === undefined ? {} : { occurredAt: timestamp }), ...data, type, ...rest };
};

const parse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
};

const shallow = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => shallow(inner, levels - 1)));

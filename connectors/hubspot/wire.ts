import type { Unpacked } from "../connector.ts";
import { badEvent } from "./bad.ts";

export type Json = Record<string, unknown>;
/** A value read from an event, or what is wrong with it. */
export type Read<T> = { value: T } | { bad: Unpacked };

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where something stands in a delivery: `[3].objectId`, or `objectId` in a body that is one object. */
const placeOf = (place: string, name: string): string => (place === "" ? name : `${place}.${name}`);

const idText = (value: unknown): string | undefined => {
  if (typeof value === "number") return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
  return typeof value === "string" && /^[1-9]\d{0,15}$/.test(value) ? value : undefined;
};

/** HubSpot ids arrive as numbers above 2^31; we keep them as text. A number past 2^53 has lost its last digits already. */
export const readId = (raw: Json, name: string, place: string): Read<string> => {
  const id = idText(raw[name]);
  if (id !== undefined) return { value: id };
  return { bad: badEvent(raw, placeOf(place, name), raw[name], "a record id: a whole number, 1 or more") };
};

export const readIds = (raw: Json, name: string, place: string): Read<string[]> => {
  const list = raw[name];
  const ids = Array.isArray(list) ? list.map(idText).filter((id) => id !== undefined) : [];
  if (Array.isArray(list) && list.length > 0 && ids.length === list.length) return { value: ids };
  return { bad: badEvent(raw, placeOf(place, name), list, "a list of record ids") };
};

const dayMs = 86_400_000;

/** Milliseconds since 1970. A time more than a day ahead is a mistake, and would outlive every later change. */
export const readOccurredAt = (raw: Json, place: string, receivedAt: Date): Read<number> => {
  const at = raw.occurredAt;
  const valid = typeof at === "number" && Number.isInteger(at) && at > 0 && at <= receivedAt.getTime() + dayMs;
  if (valid) return { value: at };
  return { bad: badEvent(raw, `${place}.occurredAt`, at, "milliseconds since 1970, not in the future") };
};

/** A name or number as text; "" for anything else: of an object that a stranger sent, String may throw. */
export const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

export const optionalText = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;

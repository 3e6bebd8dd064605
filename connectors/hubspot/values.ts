import type { FactValue } from "../../src/events.ts";

/** Reads the text of one HubSpot property. `undefined`: the text is not what this property holds. */
export type ReadValue = (text: string) => FactValue | undefined;

/** The moment in a HubSpot text: milliseconds since 1970 (webhooks) or ISO 8601 (API), in UTC where it names no zone. */
export const momentOf = (text: string): Date | undefined => {
  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (!iso && !/^-?\d{1,15}$/.test(text)) return undefined;
  const zoned = iso?.[1] && !iso[4] ? `${text}Z` : text;
  const moment = new Date(iso ? zoned : Number(text));
  const year = moment.getUTCFullYear();
  return year >= 1900 && year <= 9999 ? moment : undefined;
};

export const asText: ReadValue = (text) => (text === "" ? null : text);

export const asNumber: ReadValue = (text) => {
  if (text.trim() === "") return null;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text.trim())) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
};

export const asCurrency: ReadValue = (text) => (text === "" ? null : text.toUpperCase());

/** A day, `YYYY-MM-DD`, in UTC. */
export const asDay: ReadValue = (text) => (text === "" ? null : momentOf(text)?.toISOString().slice(0, 10));

export const asInstant: ReadValue = (text) => (text === "" ? null : momentOf(text)?.toISOString());

/** A cleared subscription is a subscription no more. */
export const asSubscribed: ReadValue = (text) => /^\s*(true|yes|1)\s*$/i.test(text);

/** What HubSpot sends instead of a sensitive value: https://developers.hubspot.com/docs/guides/api/webhooks */
export const redacted = "REDACTED";

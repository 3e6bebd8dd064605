/**
 * PostgreSQL keeps neither a NUL nor half of a surrogate pair, in text or in JSON. Strangers send both, and one of them in one
 * name must not keep a whole delivery from being stored: they become U+FFFD, the sign for what cannot be read.
 */

/** The text as it can be stored. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\u0000", "\ufffd");

/** As `JSON.stringify`, with every text value storable. Keys are taken to be ours. */
export const storableJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "string" ? storable(one) : one));
};

/** The same value with every text in it storable, however deep. Objects that are not plain stay as they are. */
export const storableParts = <T>(value: T): T => {
  if (typeof value === "string") return storable(value) as T;
  if (Array.isArray(value)) return value.map(storableParts) as T;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, storableParts(one)])) as T;
};

/** The value at a path of a situation: `["deal", "amount"]`. Null where nothing is known there. */
export const valueAt = (situation: object, steps: readonly (string | number)[]): unknown => {
  let value: unknown = situation;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return null;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value ?? null;
};

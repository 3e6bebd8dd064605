import type { Spot } from "../yaml/yaml-source.ts";

/** Whether a key has a value. A key without one was reported by `readFields`. */
export const isGiven = ({ value }: Spot): boolean => value !== undefined && value !== null;

/** The places of a key that takes one value or a list of them; none where it was not given. */
export const itemsOf = (spot: Spot): Spot[] => {
  if (!isGiven(spot)) return [];
  return Array.isArray(spot.value) ? spot.value.map((_, index) => spot.child(index)) : [spot];
};

/** What was read of every item; undefined where any of them is wrong. */
export const allOf = <T>(items: readonly (T | undefined)[]): T[] | undefined => {
  const good = items.filter((item) => item !== undefined);
  return good.length === items.length ? good : undefined;
};

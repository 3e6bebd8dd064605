/** Changes JSON as JSON: a value becomes another, a key goes, comes twice or means something, a level is put in or taken out. */
import { oddTexts, oddValues } from "./odd.ts";
import type { Chance } from "./random.ts";

type Place = { of: unknown[] | Record<string, unknown>; key: number | string };

export const mutateJson = (input: Buffer, chance: Chance): Buffer => {
  let root: unknown;
  try {
    root = JSON.parse(input.toString("utf8"));
  } catch {
    return input;
  }
  const box = [root];
  const places: Place[] = [];
  const visit = (value: unknown[] | Record<string, unknown>, depth: number): void => {
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      places.push({ of: value, key });
      const inner = (value as Record<string | number, unknown>)[key];
      if (typeof inner === "object" && inner !== null && depth < 30)
        visit(inner as unknown[] | Record<string, unknown>, depth + 1);
    }
  };
  visit(box, 0);
  const { of, key } = chance.one(places);
  const held = of as Record<string | number, unknown>;
  const value = held[key];
  switch (chance.below(9)) {
    case 0:
      held[key] = chance.one(oddValues);
      break;
    case 1:
      if (Array.isArray(of)) of.splice(Number(key), 1);
      else delete held[key];
      break;
    case 2:
      if (Array.isArray(of)) of.push(...Array.from({ length: chance.one([1, 2, 120]) }, () => value));
      else held[chance.one(oddTexts)] = value;
      break;
    case 3:
      held[key] = [value];
      break;
    case 4:
      held[key] = { [chance.one(oddTexts)]: value };
      break;
    case 5:
      held[key] = typeof value === "string" ? Number(value) : textOf(value);
      break;
    case 6:
      if (typeof value === "string") held[key] = value.slice(0, chance.below(value.length + 1)) + chance.one(oddTexts);
      else if (typeof value === "number") held[key] = value * chance.one([-1, 1e3, 1e15, 1e-9, 0.1]);
      break;
    case 7:
      held[key] = chance.one(places.map((place) => (place.of as Record<string | number, unknown>)[place.key]));
      break;
    default:
      return Buffer.from(withText(box[0], chance));
  }
  return Buffer.from(textOf(box[0]));
};

const textOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    // a value was put into itself
    return "[]";
  }
};

/** What JSON.stringify would never write. */
const withText = (value: unknown, chance: Chance): string => {
  const text = textOf(value);
  const places = [...text.matchAll(/:(?="|\d|t|f|n)|\{/g)].map(({ index }) => index + 1);
  const at = places.length === 0 ? 0 : chance.one(places);
  const depth = chance.one([5, 30, 3_000]);
  const odd = chance.one([
    '"__proto__":{"polluted":true},',
    '"constructor":1,',
    '"\\u0000":1,',
    "1e400",
    "-",
    '"\\ud800"',
    `${"[".repeat(depth)}${"]".repeat(depth)},`,
    `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
    "/*x*/",
    "\ufeff",
  ]);
  return text.slice(0, at) + odd + text.slice(at);
};

/** What values a path may still have, after conditions on it. Exact for the comparisons of `condition-atoms.ts`. */
import type { Atom, Literal } from "../condition-atoms.ts";

interface Bound {
  value: number | string;
  /** The value itself does not belong to it. */
  open: boolean;
}

export interface Domain {
  low: Bound | null;
  high: Bound | null;
  /** One of these; null: anything. */
  only: readonly Literal[] | null;
  not: readonly Literal[];
}

export const anything: Domain = { low: null, high: null, only: null, not: [] };

/** The values of a domain for which a condition holds. */
export const meet = (domain: Domain, { comparison, values }: Pick<Atom, "comparison" | "values">): Domain => {
  const [value] = values;
  switch (comparison) {
    case "==":
    case "in":
      return {
        ...domain,
        only: domain.only ? domain.only.filter((each) => values.includes(each)) : [...new Set(values)],
      };
    case "!=":
      return { ...domain, not: [...domain.not, ...values] };
    case "<":
    case "<=":
      return ordered(value)
        ? { ...domain, high: tighter(domain.high, { value, open: comparison === "<" }, -1) }
        : domain;
    case ">":
    case ">=":
      return ordered(value) ? { ...domain, low: tighter(domain.low, { value, open: comparison === ">" }, 1) } : domain;
  }
};

const ordered = (value: Literal | undefined): value is number | string =>
  typeof value === "number" || typeof value === "string";

/** Code points, as CEL compares texts; undefined where a number meets a text. */
const compare = (a: Literal, b: Literal): number | undefined => {
  if (typeof a !== typeof b) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
};

/** `direction` 1: the higher of two lower bounds; -1: the lower of two upper bounds. */
const tighter = (old: Bound | null, next: Bound, direction: 1 | -1): Bound => {
  if (!old) return next;
  const order = compare(next.value, old.value);
  if (order === undefined) return old;
  if (order === 0) return { value: old.value, open: old.open || next.open };
  return order === direction ? next : old;
};

const inRange = (value: Literal, { low, high }: Domain): boolean => {
  const above = low === null ? 1 : compare(value, low.value);
  const below = high === null ? -1 : compare(value, high.value);
  // a text is not above a number: such a comparison has no answer, so it does not hold
  if (above === undefined || below === undefined) return false;
  return (above > 0 || (above === 0 && !low?.open)) && (below < 0 || (below === 0 && !high?.open));
};

const remaining = (domain: Domain): Literal[] | null =>
  domain.only?.filter((value) => inRange(value, domain) && !domain.not.includes(value)) ?? null;

/** No value is left. */
export const isEmpty = (domain: Domain): boolean => {
  const left = remaining(domain);
  if (left) return left.length === 0;
  const { low, high, not } = domain;
  if (!low || !high) return false;
  const order = compare(low.value, high.value);
  if (order === undefined || order > 0) return true;
  return order === 0 && (low.open || high.open || not.includes(low.value));
};

/** Every value of `inner` is one of `outer`. */
export const isWithin = (inner: Domain, outer: Domain): boolean => {
  const left = remaining(inner);
  const allowed = (value: Literal) =>
    inRange(value, outer) && !outer.not.includes(value) && (outer.only?.includes(value) ?? true);
  if (left) return left.every(allowed);
  if (outer.only) return false;
  return (
    outer.not.every((value) => inner.not.includes(value) || !inRange(value, inner)) &&
    asTight(inner.low, outer.low, 1) &&
    asTight(inner.high, outer.high, -1)
  );
};

const asTight = (inner: Bound | null, outer: Bound | null, direction: 1 | -1): boolean => {
  if (!outer) return true;
  if (!inner) return false;
  const order = compare(inner.value, outer.value);
  return order === direction || (order === 0 && (inner.open || !outer.open));
};

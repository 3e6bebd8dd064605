/**
 * The discriminator index: what a milestone costs follows the rules that match, not the rules that are loaded.
 *
 * Of each rule it knows the conditions that compare a path with fixed values (`indexed-conditions.ts`). By milestone type, rules
 * with conditions on the same paths form a group, which is searched in two steps:
 *   1. equality: one Map for each path with `==` or `in`, each inside the one before (`deal.stage`, then `owner.team`);
 *      a milestone follows its own values to one leaf. A rule with `in` stands in the leaf of each of its values.
 *   2. thresholds: a large leaf has an interval index for each path with `<`, `<=`, `>` or `>=`; the one that finds the
 *      fewest rules is searched, and what it finds is compared with the other bounds, which takes a few nanoseconds.
 * Lines that the index decides as CEL would need no CEL; the others are handed on. A rule that is not found cannot match.
 *
 * Rejected: bitsets of rules, one for each value and bound, intersected. They cost rules × values in memory, and an
 * event's cost still grows with the rules, if slowly.
 */
import type { Situation } from "../situation.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import type { Expression } from "./expression.ts";
import type { Path } from "./expression-paths.ts";
import { type Fixed, indexedConditions } from "./indexed-conditions.ts";
import { everyNumber, type Interval, isInside, overlap } from "./interval.ts";
import { createIntervalIndex, type IntervalIndex } from "./interval-index.ts";
import { valueAt } from "./value-at.ts";

/** A rule that could match: it does where its window holds the milestone and the remaining lines hold. */
export interface Candidate {
  /** In the book. */
  position: number;
  /** The lines that the index could not decide. */
  lines: readonly Expression[];
}

export interface Discriminator {
  listens(type: string): boolean;
  /** In the order of the book. */
  candidates(situation: Situation): readonly Candidate[];
}

/** A rule by what the index knows of it. Paths are numbers: their places among the paths of the type. */
interface Entry extends Candidate {
  values: ReadonlyMap<number, ReadonlySet<Fixed>>;
  intervals: ReadonlyMap<number, Interval>;
  /** The paths of `values` by which it is found. */
  keys: readonly number[];
  /** The same as `values` and `intervals`, but for `keys`. */
  checks: readonly { path: number; holds(value: unknown): boolean }[];
}

type Branch = { path: number; branches: ReadonlyMap<unknown, Branch> } | Leaf;

interface Leaf {
  path?: undefined;
  entries: readonly Entry[];
  axes: readonly { path: number; index: IntervalIndex<Entry> }[];
}

interface TypeIndex {
  paths: readonly Path[];
  groups: readonly Branch[];
}

/** A rule stands in at most so many leaves; what would be more is compared after it was found. */
const mostLeaves = 64;
/** Up to so many rules are compared one by one sooner than searched. */
const smallLeaf = 8;

export const createDiscriminator = (rules: readonly CompiledRule[]): Discriminator => {
  const types = new Map<string, TypeIndex>();
  for (const [type, listed] of Map.groupBy(rules.entries(), ([, { rule }]) => rule.on))
    types.set(type, indexOf(listed));
  return {
    listens: (type) => types.has(type),
    candidates(situation) {
      const index = types.get(situation.milestone.type);
      if (!index) return [];
      const seen = index.paths.map(({ steps }) => valueAt(situation, steps));
      const found: Entry[] = [];
      for (const group of index.groups) search(group, seen, found);
      return found.sort((a, b) => a.position - b.position);
    },
  };
};

const search = (group: Branch, seen: readonly unknown[], found: Entry[]): void => {
  let branch: Branch | undefined = group;
  while (branch?.path !== undefined) branch = branch.branches.get(seen[branch.path]);
  if (!branch) return;
  const couldMatch = ({ checks }: Entry) => checks.every(({ path, holds }) => holds(seen[path]));
  for (const entries of narrowest(branch, seen)) {
    for (const entry of entries) if (couldMatch(entry)) found.push(entry);
  }
};

/** The entries of a leaf that could match, by the path that leaves the fewest. */
const narrowest = ({ entries, axes }: Leaf, seen: readonly unknown[]): readonly (readonly Entry[])[] => {
  let best: readonly (readonly Entry[])[] = [entries];
  let least = entries.length;
  for (const { path, index } of axes) {
    const lists = index.around(seen[path]);
    const count = lists.reduce((sum, { length }) => sum + length, 0);
    if (count < least) [best, least] = [lists, count];
  }
  return best;
};

const indexOf = (listed: readonly (readonly [number, CompiledRule])[]): TypeIndex => {
  const paths = new Map<string, { path: Path; number: number }>();
  const numberOf = (path: Path): number => {
    const id = JSON.stringify(path.steps);
    const known = paths.get(id) ?? { path, number: paths.size };
    paths.set(id, known);
    return known.number;
  };
  const entries = listed.map(([position, rule]) => entryOf(position, rule, numberOf));
  const groups = Map.groupBy(
    entries,
    ({ keys, intervals }) => `${keys}|${[...intervals.keys()].sort((a, b) => a - b)}`,
  );
  return {
    paths: [...paths.values()].map(({ path }) => path),
    groups: [...groups.values()].map((group) => branchOf(group, 0)),
  };
};

const entryOf = (position: number, { lines }: CompiledRule, numberOf: (path: Path) => number): Entry => {
  const values = new Map<number, ReadonlySet<Fixed>>();
  const intervals = new Map<number, Interval>();
  const open: Expression[] = [];
  for (const line of lines) {
    const { conditions, decided } = indexedConditions(line);
    if (!decided) open.push(line);
    for (const condition of conditions) {
      const path = numberOf(condition.path);
      if (condition.values) values.set(path, common(values.get(path), condition.values));
      else intervals.set(path, overlap(intervals.get(path) ?? everyNumber, condition.interval));
    }
  }
  const keys: number[] = [];
  let leaves = 1;
  for (const [path, { size }] of [...values].sort(([, a], [, b]) => a.size - b.size)) {
    leaves *= size;
    if (leaves <= mostLeaves) keys.push(path);
  }
  const checks = [
    ...[...values].flatMap(([path, set]) =>
      keys.includes(path) ? [] : [{ path, holds: (value: unknown) => set.has(value as Fixed) }],
    ),
    ...[...intervals].map(([path, interval]) => ({ path, holds: (value: unknown) => isInside(interval, value) })),
  ];
  return { position, lines: open, values, intervals, keys: keys.sort((a, b) => a - b), checks };
};

/** The entries of one group, from its key at `depth` on. All of them have the same keys, and intervals on the same paths. */
const branchOf = (entries: readonly Entry[], depth: number): Branch => {
  const path = entries[0]?.keys[depth];
  if (path === undefined) return leafOf(entries);
  const byValue = new Map<unknown, Entry[]>();
  for (const entry of entries) {
    for (const value of entry.values.get(path) ?? []) {
      const same = byValue.get(value);
      if (same) same.push(entry);
      else byValue.set(value, [entry]);
    }
  }
  return { path, branches: new Map([...byValue].map(([value, same]) => [value, branchOf(same, depth + 1)])) };
};

const leafOf = (entries: readonly Entry[]): Leaf => {
  const paths = entries.length > smallLeaf ? [...(entries[0]?.intervals.keys() ?? [])] : [];
  const along = (path: number) =>
    entries.map((entry): [Entry, Interval] => [entry, entry.intervals.get(path) ?? everyNumber]);
  return { entries, axes: paths.map((path) => ({ path, index: createIntervalIndex(along(path)) })) };
};

const common = (before: ReadonlySet<Fixed> | undefined, values: ReadonlySet<Fixed>): ReadonlySet<Fixed> =>
  before ? new Set([...before].filter((value) => values.has(value))) : values;

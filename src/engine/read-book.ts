import { createHash } from "node:crypto";
import { inWords } from "../yaml/problem.ts";
import { type Findings, readYaml, type SourceFile, type Spot } from "../yaml/yaml-source.ts";
import type { Known } from "./known.ts";
import { readBudget } from "./read-budget.ts";
import { readCalendar } from "./read-calendar.ts";
import { readFields } from "./read-fields.ts";
import { readOffer } from "./read-offer.ts";
import { readReward } from "./read-reward.ts";
import { readRule } from "./read-rule.ts";
import { readTier } from "./read-tier.ts";
import type { RuleBook } from "./rule-book.ts";
import { topShape } from "./shapes.ts";
import type { Named, Shelf } from "./shelf.ts";

/** What was read of some files, with the places of what can be warned of. */
export interface ReadBook {
  findings: Findings;
  /** Null where there are problems. */
  book: RuleBook | null;
  /** In the order of the book. */
  ruleSpots: readonly Spot[];
  budgetSpots: readonly Spot[];
}

type Key = keyof typeof topShape;

/** Reads rule files into one book. Reports every problem that it can find. Never throws for what an admin wrote. */
export const readBook = (files: readonly SourceFile[], known: Known): ReadBook => {
  const findings: Findings = { problems: [], warnings: [] };
  const sorted = [...files].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const roots = sorted.map((file) => readYaml(file, findings));
  const whole = !roots.includes(null);
  const entries = (key: Key) => roots.flatMap((root) => (root ? entriesOf(root, key) : []));
  for (const root of roots)
    if (root && root.value !== null) readFields(root, topShape, "a map with `rewards:` and `rules:`");

  const rewardSpots = entries("rewards");
  const budgetSpots = entries("budgets");
  const calendarSpots = entries("calendars");
  const tierSpots = entries("tiers");
  const ruleSpots = entries("rules");
  const offerSpots = entries("offers");
  const rewards = rewardSpots.map((spot) => readReward(spot, known));
  const budgets = budgetSpots.map((spot) => readBudget(spot, known));
  const calendars = calendarSpots.map((spot) => readCalendar(spot, known));
  const tiers = tierSpots.map(readTier);
  const shelf: Shelf = {
    rewards: named(rewardSpots, rewards, whole),
    budgets: named(budgetSpots, budgets, whole),
    calendars: named(calendarSpots, calendars, whole),
    tiers: named(tierSpots, tiers, whole),
    known,
  };
  const rules = ruleSpots.map((spot) => readRule(spot, shelf));
  const offers = offerSpots.map((spot) => readOffer(spot, shelf));
  refuseDuplicates(offerSpots, "offer");
  refuseDuplicates(rewardSpots, "reward");
  refuseDuplicates(budgetSpots, "budget");
  refuseDuplicates(calendarSpots, "calendar");
  refuseDuplicates(tierSpots, "tier");
  refuseDuplicates(ruleSpots, "rule");

  const places = { findings, ruleSpots, budgetSpots };
  if (findings.problems.length > 0) return { ...places, book: null };
  const book: RuleBook = {
    hash: hashOf(sorted),
    rules: sound(rules),
    rewards: sound(rewards),
    budgets: sound(budgets),
    offers: sound(offers),
    tiers: sound(tiers),
    calendars: sound(calendars),
  };
  return { ...places, book };
};

/** The entries of a top-level list; none where it is not a list, which `readFields` reports. */
const entriesOf = (root: Spot, key: Key): Spot[] => {
  const list = root.child(key);
  return Array.isArray(list.value) ? list.value.map((_, index) => list.child(index)) : [];
};

const idOf = (spot: Spot): string | undefined => {
  const { value } = spot.child("id");
  return typeof value === "string" ? value : undefined;
};

const named = <T>(spots: readonly Spot[], entries: readonly (T | null)[], whole: boolean): Named<T> => {
  const ids = spots.map(idOf);
  return {
    byId: new Map(ids.flatMap((id, index) => (id === undefined ? [] : [[id, entries[index] ?? null] as const]))),
    complete: whole && !ids.includes(undefined),
  };
};

const sound = <T>(entries: readonly (T | null)[]): T[] => {
  const good = entries.filter((entry) => entry !== null);
  if (good.length !== entries.length) throw new Error("an entry was left out without a problem being reported");
  return good;
};

const refuseDuplicates = (spots: readonly Spot[], what: string): void => {
  const first = new Map<string, Spot>();
  for (const spot of spots) {
    const id = spot.child("id");
    if (typeof id.value !== "string") continue;
    const other = first.get(id.value);
    if (other)
      id.problem(
        `${inWords(id.value)} again`,
        `an id of its own: ${other.file}:${other.line} has a ${what} with this one`,
      );
    else first.set(id.value, id);
  }
};

/** Over the texts in the order of their names, each with its length, so that no two sets of files run together. */
const hashOf = (sorted: readonly SourceFile[]): string => {
  const hash = createHash("sha256");
  for (const { text } of sorted) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest("hex");
};

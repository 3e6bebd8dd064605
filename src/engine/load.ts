import { createHash } from "node:crypto";
import type { ZodType } from "zod";
import { inOrder, inWords, type Problem } from "../yaml/problem.ts";
import { type Findings, readYaml, type SourceFile, type Spot } from "../yaml/yaml-source.ts";
import { readFields } from "./read-fields.ts";
import type { RewardShelf } from "./read-parts.ts";
import { readReward } from "./read-reward.ts";
import { readRule } from "./read-rule.ts";
import type { RuleBook } from "./rule-book.ts";
import { topShape } from "./shapes.ts";

/** What rules may refer to outside of their own files. */
export interface Known {
  /** Provider ids in accolade.yaml, each with the schema of a reward's own keys and the currencies it supplies. */
  providers: ReadonlyMap<string, { options: ZodType<unknown>; supplies: "points" | "money" | "both" }>;
  workspaceCurrency: string;
  /** IANA name: dates without a time in `from` and `until` start at midnight there. */
  timeZone: string;
}

export type LoadedRules = { ok: true; book: RuleBook; warnings: Problem[] } | { ok: false; problems: Problem[] };

/** Reads and checks rule files. Reports every problem it can find, not only the first. Never throws for what an admin wrote. */
export const loadRules = (files: readonly SourceFile[], known: Known): LoadedRules => {
  const findings: Findings = { problems: [], warnings: [] };
  const sorted = [...files].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const roots = sorted.map((file) => readYaml(file, findings));
  const rewardSpots = roots.flatMap((root) => (root ? entriesOf(root, "rewards") : []));
  const ruleSpots = roots.flatMap((root) => (root ? entriesOf(root, "rules") : []));
  for (const root of roots)
    if (root && root.value !== null) readFields(root, topShape, "a map with `rewards:` and `rules:`");

  const rewards = rewardSpots.map((spot) => readReward(spot, known));
  refuseDuplicates(rewardSpots, "reward");
  const shelf: RewardShelf = {
    byId: new Map(rewards.flatMap(({ id, reward }) => (id === undefined ? [] : [[id, reward]]))),
    complete: !roots.includes(null) && rewards.every(({ id }) => id !== undefined),
    known,
  };
  const rules = ruleSpots.map((spot) => readRule(spot, shelf));
  refuseDuplicates(ruleSpots, "rule");

  if (findings.problems.length > 0) return { ok: false, problems: inOrder(findings.problems) };
  const book: RuleBook = {
    hash: hashOf(sorted),
    rules: rules.filter((rule) => rule !== null),
    rewards: rewards.map(({ reward }) => reward).filter((reward) => reward !== null),
    budgets: [],
    tiers: [],
    calendars: [],
  };
  if (book.rules.length !== rules.length || book.rewards.length !== rewards.length) {
    throw new Error("a rule or reward was left out without a problem being reported");
  }
  return { ok: true, book, warnings: inOrder(findings.warnings) };
};

/** The entries of a top-level list; none where it is not a list, which `readFields` reports. */
const entriesOf = (root: Spot, key: "rewards" | "rules"): Spot[] => {
  const list = root.child(key);
  return Array.isArray(list.value) ? list.value.map((_, index) => list.child(index)) : [];
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

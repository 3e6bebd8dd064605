/**
 * The discriminator index: for each milestone type, one condition of each rule that compares a path with fixed values
 * (`owner.team == "EMEA"`, `deal.stage in ["a", "b"]`) decides which bucket the rule waits in. A milestone looks up its
 * own values, so its cost follows the rules that could match. The index only leaves out rules that cannot match: a rule
 * that is found is still judged by all of its lines.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { Situation } from "../situation.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import { type Path, pathOf } from "./expression-paths.ts";
import { valueAt } from "./value-at.ts";

interface Condition {
  path: Path;
  /** The values that satisfy it, as keys. */
  keys: readonly string[];
}

interface TypeIndex {
  /** By path, then by the value's key: positions in the book, ascending. */
  paths: { path: Path; buckets: Map<string, number[]> }[];
  /** Rules without such a condition. */
  rest: number[];
}

export interface Discriminator {
  listens(type: string): boolean;
  /** Positions in the book of the rules that could match, ascending. */
  candidates(situation: Situation): readonly number[];
}

const none: readonly number[] = [];

export const createDiscriminator = (rules: readonly CompiledRule[]): Discriminator => {
  const positions = Map.groupBy(rules.keys(), (position) => rules[position]?.rule.on ?? "");
  const types = new Map<string, TypeIndex>();
  for (const [type, listed] of positions) {
    const conditions = listed.map((position) => (rules[position]?.lines ?? []).flatMap(({ ast }) => conditionsOf(ast)));
    types.set(type, indexOf(listed, conditions));
  }
  return {
    listens: (type) => types.has(type),
    candidates(situation) {
      const index = types.get(situation.milestone.type);
      if (!index) return none;
      const found = index.paths.flatMap(
        ({ path, buckets }) => buckets.get(keyOf(valueAt(situation, path.steps))) ?? none,
      );
      return found.length === 0 ? index.rest : [...found, ...index.rest].sort((a, b) => a - b);
    },
  };
};

/** Puts each rule under the one of its conditions that the fewest rules share. */
const indexOf = (listed: readonly number[], conditions: readonly Condition[][]): TypeIndex => {
  const shared = new Map<string, number>();
  const name = (path: Path, key: string) => JSON.stringify([path.steps, key]);
  for (const { path, keys } of conditions.flat()) {
    for (const key of keys) shared.set(name(path, key), (shared.get(name(path, key)) ?? 0) + 1);
  }
  const load = ({ path, keys }: Condition) => keys.reduce((sum, key) => sum + (shared.get(name(path, key)) ?? 0), 0);

  const paths = new Map<string, { path: Path; buckets: Map<string, number[]> }>();
  const rest: number[] = [];
  for (const [row, position] of listed.entries()) {
    const [first, ...others] = conditions[row] ?? [];
    if (!first) {
      rest.push(position);
      continue;
    }
    const best = others.reduce((least, next) => (load(next) < load(least) ? next : least), first);
    const id = JSON.stringify(best.path.steps);
    const entry = paths.get(id) ?? { path: best.path, buckets: new Map<string, number[]>() };
    paths.set(id, entry);
    for (const key of best.keys) entry.buckets.set(key, [...(entry.buckets.get(key) ?? []), position]);
  }
  return { paths: [...paths.values()], rest };
};

/** The conditions that must hold for a line to hold, as far as they compare a path with fixed values. */
const conditionsOf = (node: ASTNode): Condition[] => {
  if (node.op === "&&") return node.args.flatMap(conditionsOf);
  if (node.op === "==") {
    const [left, right] = node.args;
    return conditionOf(left, [right]) ?? conditionOf(right, [left]) ?? [];
  }
  if (node.op === "in" && node.args[1].op === "list") return conditionOf(node.args[0], node.args[1].args) ?? [];
  return [];
};

const conditionOf = (subject: ASTNode, values: readonly ASTNode[]): Condition[] | null => {
  const path = pathOf(subject);
  const keys = values.map(literalKey);
  return path && keys.every((key) => key !== null) ? [{ path, keys: [...new Set(keys)] }] : null;
};

const literalKey = (node: ASTNode): string | null => {
  if (node.op === "-_" && node.args.op === "value" && ["bigint", "number"].includes(typeof node.args.args)) {
    return keyOf(-Number(node.args.args));
  }
  if (node.op !== "value") return null;
  return ["string", "boolean", "bigint", "number"].includes(typeof node.args) ? keyOf(node.args) : null;
};

/** Values that CEL takes for equal have the same key. What is not text, number or flag has a key that no literal has. */
const keyOf = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return `"${value}`;
    case "boolean":
      return String(value);
    case "number":
    case "bigint":
      return String(Number(value));
    default:
      return "";
  }
};

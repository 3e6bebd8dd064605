/**
 * What the discriminator index can tell of a condition without CEL: comparisons of a path with fixed values, such as
 * `owner.team in ["EMEA"]`, `deal.amount >= 1000` or `1000 <= deal.amount`. It tells neither more nor less than CEL does: a value
 * that is missing or of another kind satisfies none of them.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { Expression } from "./expression.ts";
import { type Path, pathOf } from "./expression-paths.ts";
import { type Interval, intervalOf } from "./interval.ts";
import { type Declared, isRecord, variables } from "./variables.ts";

/** Text, number or flag, so that equal in CEL means equal as key of a Map. */
export type Fixed = string | number | boolean;

export type IndexedCondition =
  | { path: Path; values: ReadonlySet<Fixed>; interval?: undefined }
  | { path: Path; interval: Interval; values?: undefined };

/** The conditions that must hold for a line to hold, and whether they alone decide it. */
export const indexedConditions = ({ ast }: Expression): { conditions: IndexedCondition[]; decided: boolean } => {
  const parts = conjuncts(ast);
  const conditions = parts.map(conditionOf).filter((condition) => condition !== null);
  return { conditions, decided: conditions.length === parts.length && conditions.every(isTyped) };
};

/** In CEL `a && b` is true where both are true, and in no other case: also not where one cannot be evaluated. */
const conjuncts = (node: ASTNode): ASTNode[] => (node.op === "&&" ? node.args.flatMap(conjuncts) : [node]);

const mirrored = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

const conditionOf = (node: ASTNode): IndexedCondition | null => {
  switch (node.op) {
    case "==": {
      const [left, right] = node.args;
      return equality(left, [right]) ?? equality(right, [left]);
    }
    case "in": {
      const [subject, list] = node.args;
      return list.op === "list" ? equality(subject, list.args) : null;
    }
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [left, right] = node.args;
      return threshold(left, node.op, right) ?? threshold(right, mirrored[node.op], left);
    }
    default:
      return null;
  }
};

const equality = (subject: ASTNode, listed: readonly ASTNode[]): IndexedCondition | null => {
  const path = pathOf(subject);
  const values = listed.map(fixedOf);
  return path && values.every((value) => value !== null) ? { path, values: new Set(values) } : null;
};

const threshold = (subject: ASTNode, sign: keyof typeof mirrored, bound: ASTNode): IndexedCondition | null => {
  const path = pathOf(subject);
  const value = fixedOf(bound);
  return path && typeof value === "number" ? { path, interval: intervalOf[sign](value) } : null;
};

/** The value of a literal; null where it is none. Whole numbers that a double cannot hold exactly are left to CEL. */
const fixedOf = (node: ASTNode): Fixed | null => {
  if (node.op === "-_") {
    const value = fixedOf(node.args);
    return typeof value === "number" ? -value : null;
  }
  if (node.op !== "value") return null;
  const value: unknown = node.args;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : null;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
};

/**
 * Whether the path is a field with a declared type. What the CRM or a sender put under names of their own may be anything, in
 * any nesting: there the index only leaves out what cannot hold, and CEL judges the rest.
 */
const isTyped = ({ path }: IndexedCondition): boolean => {
  let declared: Declared | undefined = { about: "", fields: variables };
  for (const step of path.steps) {
    if (!declared || !isRecord(declared)) return false;
    declared = Object.hasOwn(declared.fields, step) ? declared.fields[step] : undefined;
  }
  return declared !== undefined && !isRecord(declared) && ["string", "double", "bool"].includes(declared.type);
};

/** Reads off an expression what it compares with fixed values, as far as all of it must hold. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { type Path, pathOf } from "./expression-paths.ts";

export type Literal = string | number | boolean;
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";

/** `deal.amount >= 50000`, `owner.team in ["EMEA", "DACH"]`. `values` has one entry unless it is `in`. */
export interface Atom {
  path: Path;
  comparison: Comparison;
  values: readonly Literal[];
}

/** `whole`: the expression says nothing but these atoms, joined by `&&`. */
export const atomsOf = (node: ASTNode): { atoms: Atom[]; whole: boolean } => {
  if (node.op === "&&") {
    const both = node.args.map(atomsOf);
    return { atoms: both.flatMap(({ atoms }) => atoms), whole: both.every(({ whole }) => whole) };
  }
  const atom = atomOf(node);
  return atom ? { atoms: [atom], whole: true } : { atoms: [], whole: false };
};

const turned: Record<Exclude<Comparison, "in">, Exclude<Comparison, "in">> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

const atomOf = (node: ASTNode): Atom | null => {
  switch (node.op) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [left, right] = node.args;
      return compare(left, node.op, [right]) ?? compare(right, turned[node.op], [left]);
    }
    case "in":
      return node.args[1].op === "list" ? compare(node.args[0], "in", node.args[1].args) : null;
    case "!_": {
      const path = pathOf(node.args);
      return path && isFlag(path) ? { path, comparison: "==", values: [false] } : null;
    }
    default: {
      const path = pathOf(node);
      return path && isFlag(path) ? { path, comparison: "==", values: [true] } : null;
    }
  }
};

/** A path that stands alone as a condition says that it is true. */
const isFlag = ({ steps }: Path) => steps.length > 1;

const compare = (subject: ASTNode, comparison: Comparison, nodes: readonly ASTNode[]): Atom | null => {
  const path = pathOf(subject);
  if (!path) return null;
  const values = nodes.map(literalOf).filter((value) => value !== undefined);
  return values.length === nodes.length ? { path, comparison, values } : null;
};

const literalOf = (node: ASTNode): Literal | undefined => {
  if (node.op === "-_") {
    const inner = literalOf(node.args);
    return typeof inner === "number" ? -inner : undefined;
  }
  if (node.op !== "value") return undefined;
  const { args: value } = node;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
};

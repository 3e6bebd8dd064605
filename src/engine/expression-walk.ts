/**
 * Walks a parsed expression: collects the paths that it reads, and finds what CEL's own type check says badly or does not
 * see, such as an unknown field inside `has()`.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { builtInNames, refusedFunctions } from "./environment.ts";
import type { Fault } from "./expression-faults.ts";
import { chainFault, chainOf, type Path, pathOf, sourceOf } from "./expression-paths.ts";

interface Scope {
  /** Names that a macro defines, such as `x` in `list.exists(x, x > 3)`. */
  bound: ReadonlySet<string>;
  inLoop: boolean;
}

const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);

export const walkExpression = (expression: ASTNode): { paths: Path[]; faults: Fault[] } => {
  const paths = new Map<string, Path>();
  const faults: Fault[] = [];

  const visit = (node: ASTNode, scope: Scope): void => {
    const fault = faultIn(node, scope);
    if (fault) faults.push(fault);
    if (node.op === "id" || node.op === "." || node.op === "[]") {
      const chain = chainOf(node);
      if (chain && !scope.bound.has(chain.root) && !builtInNames.has(chain.root)) {
        const wrongName = chainFault(chain);
        if (wrongName) faults.push(wrongName);
        const text = sourceOf(chain.node);
        paths.set(text, { text, steps: chain.steps });
      }
    }
    for (const { node: inner, scope: innerScope } of partsOf(node, scope)) visit(inner, innerScope);
  };

  visit(expression, { bound: new Set(), inLoop: false });
  return { paths: [...paths.values()], faults };
};

/** What to look at inside a node, and which names are defined there. */
const partsOf = (node: ASTNode, scope: Scope): { node: ASTNode; scope: Scope }[] => {
  const inScope = (nodes: readonly ASTNode[]) => nodes.map((inner) => ({ node: inner, scope }));
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case "[]":
      return inScope(partsOfChain(node));
    case "call":
      return inScope(node.args[1]);
    case "rcall": {
      const [name, receiver, [variable, ...rest]] = node.args;
      if (variable === undefined) return inScope([receiver]);
      if (variable.op !== "id" || !(loops.has(name) || isBind(node))) return inScope([receiver, variable, ...rest]);
      const inner = { bound: new Set([...scope.bound, variable.args]), inLoop: scope.inLoop || loops.has(name) };
      const first = isBind(node) ? rest.slice(0, 1) : [receiver];
      const last = isBind(node) ? rest.slice(1) : rest;
      return [...inScope(first), ...last.map((part) => ({ node: part, scope: inner }))];
    }
    case "!_":
    case "-_":
      return inScope([node.args]);
    case "map":
      return inScope(node.args.flat());
    case ".?":
      return inScope([node.args[0]]);
    default:
      return inScope(node.args);
  }
};

/** The computed indexes of a chain, and what it begins with where that is not a name. */
const partsOfChain = (node: ASTNode): ASTNode[] => {
  if (node.op === ".") return partsOfChain(node.args[0]);
  if (node.op === "[]") return [...partsOfChain(node.args[0]), node.args[1]];
  return node.op === "id" ? [] : [node];
};

/** `cel.bind(name, value, expression)` */
const isBind = (node: ASTNode): boolean =>
  node.op === "rcall" && node.args[0] === "bind" && sourceOf(node.args[1]) === "cel";

const isNull = (node: ASTNode) => node.op === "value" && node.args === null;
const isWholeNumber = (node: ASTNode) => node.op === "value" && typeof node.args === "bigint";

const faultIn = (node: ASTNode, { inLoop }: Scope): Fault | null => {
  const at = node.start;
  if (node.op === "rcall" && Object.hasOwn(refusedFunctions, node.args[0])) {
    return { at, found: `\`${node.args[0]}(…)\``, expected: refusedFunctions[node.args[0]] ?? "another function" };
  }
  if (node.op === "rcall" && loops.has(node.args[0]) && inLoop) {
    return { at, found: `\`${node.args[0]}\` inside another one`, expected: "one level of it" };
  }
  if (node.op === "==" || node.op === "!=") {
    const [left, right] = node.args;
    const asked = isNull(right) ? left : isNull(left) ? right : null;
    if (!asked) return null;
    const field = pathOf(asked)?.steps.length === 1 ? `${sourceOf(asked)}.id` : sourceOf(asked);
    const not = node.op === "==" ? "!" : "";
    return { at, found: `\`${sourceOf(node)}\``, expected: `\`${not}has(${field})\`, which asks whether it is known` };
  }
  if (node.op === "/" && node.args.every(isWholeNumber)) {
    const found = `\`${sourceOf(node)}\`, which drops what is behind the decimal point`;
    return { at, found, expected: `\`${sourceOf(node.args[0])}.0 / ${sourceOf(node.args[1])}\`` };
  }
  return null;
};

/**
 * Walks a parsed expression: collects the paths that it reads, and finds what CEL's own type check says badly or does not
 * see, such as an unknown field inside `has()`.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { builtInNames, refusedFunctions } from "./environment.ts";
import type { Fault } from "./expression-faults.ts";
import { chainFault, chainOf, methodCallOf, type Path, pathOf, sourceOf } from "./expression-paths.ts";

interface Scope {
  /** Inside `has(…)`. */
  asked: boolean;
  /** Names that a macro defines, such as `x` in `list.exists(x, x > 3)`. */
  bound: ReadonlySet<string>;
  inLoop: boolean;
}

const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);

export const walkExpression = (expression: ASTNode): { paths: Path[]; faults: Fault[] } => {
  const paths = new Map<string, Path>();
  const faults: Fault[] = [];
  const see = (path: Path) => {
    const before = paths.get(path.text);
    if (!before) paths.set(path.text, path);
    else if (before.onlyAsked && !path.onlyAsked) paths.set(path.text, path);
  };

  const visit = (node: ASTNode, scope: Scope): void => {
    const fault = faultIn(node, scope);
    if (fault) faults.push(fault);
    if (node.op === "id" || node.op === "." || node.op === "[]") {
      const chain = chainOf(node);
      if (chain && !scope.bound.has(chain.root) && !builtInNames.has(chain.root)) {
        const wrongName = chainFault(chain);
        if (wrongName) faults.push(wrongName);
        see({ text: sourceOf(chain.node), steps: chain.steps, at: chain.node.start, onlyAsked: scope.asked });
      }
    }
    const call = methodCallOf(node);
    const step = call?.argument && literalText(call.argument);
    if (call && step != null) {
      const steps = [...call.chain.steps, call.name, step];
      see({ text: sourceOf(node), steps, at: node.start, onlyAsked: false, absent: call.method.absent });
    }
    for (const { node: inner, scope: innerScope } of partsOf(node, scope)) visit(inner, innerScope);
  };

  visit(expression, { asked: false, bound: new Set(), inLoop: false });
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
      return node.args[1].map((inner) => ({
        node: inner,
        scope: { ...scope, asked: scope.asked || node.args[0] === "has" },
      }));
    case "rcall": {
      const [name, receiver, [variable, ...rest]] = node.args;
      // what a method reads of its record is seen as a path of its own
      if (methodCallOf(node)) return inScope(node.args[2]);
      if (variable === undefined) return inScope([receiver]);
      if (variable.op !== "id" || !(loops.has(name) || isBind(node))) return inScope([receiver, variable, ...rest]);
      const inner = {
        ...scope,
        bound: new Set([...scope.bound, variable.args]),
        inLoop: scope.inLoop || loops.has(name),
      };
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

const literalText = (node: ASTNode): string | null =>
  node.op === "value" && typeof node.args === "string" ? node.args : null;

const isNull = (node: ASTNode) => node.op === "value" && node.args === null;
const isWholeNumber = (node: ASTNode) => node.op === "value" && typeof node.args === "bigint";

const faultIn = (node: ASTNode, { inLoop }: Scope): Fault | null => {
  const at = node.start;
  if (node.op === "rcall" && Object.hasOwn(refusedFunctions, node.args[0])) {
    return { at, found: `\`${node.args[0]}(…)\``, expected: refusedFunctions[node.args[0]] ?? "another function" };
  }
  const call = methodCallOf(node);
  if (call && (call.argument === undefined || literalText(call.argument) === null)) {
    const text = `${sourceOf(call.chain.node)}.${call.name}`;
    return {
      at,
      found: `\`${sourceOf(node)}\``,
      expected: `\`${text}(${call.method.example})\`, with the name in quotes`,
    };
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

/** Paths of our variables in a parsed expression: `deal.amount`, `deal.fields["Tier"]`, `details.items[0].price`. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { closeMatch } from "./close-match.ts";
import type { Fault } from "./expression-faults.ts";
import {
  type Declared,
  type DeclaredMethod,
  type DeclaredRecord,
  isRecord,
  methodsOf,
  variables,
} from "./variables.ts";

/** What an expression reads: `deal.fields["Tier"]` is the text, and the steps `deal`, `fields`, `Tier`. */
export interface Path {
  text: string;
  steps: readonly (string | number)[];
  /** Where it begins in the expression. */
  at: number;
  /** Nothing but `has(…)` asks for it. */
  onlyAsked?: boolean;
  /** What a trace shows where the record is known and the value is not: of days in a stage that were none. */
  absent?: number;
}

export interface Chain {
  /** The name at the beginning. */
  root: string;
  steps: readonly (string | number)[];
  /** The node that the steps lead to: less than what was asked for where an index is computed. */
  node: ASTNode;
}

/** The text of a node as it was written. */
export const sourceOf = (node: ASTNode): string => node.input.slice(node.start, node.end);

/** The longest part of `a.b["c"][x]` that is a name and fixed steps; null where it does not begin with a name. */
export const chainOf = (node: ASTNode): Chain | null => {
  if (node.op === "id") return { root: node.args, steps: [node.args], node };
  if (node.op !== "." && node.op !== "[]") return null;
  const inner = chainOf(node.args[0]);
  if (!inner || inner.node !== node.args[0]) return inner;
  const step = node.op === "." ? node.args[1] : literalStep(node.args[1]);
  return step === null ? inner : { ...inner, steps: [...inner.steps, step], node };
};

const literalStep = (index: ASTNode): string | number | null => {
  if (index.op !== "value") return null;
  if (typeof index.args === "bigint") return Number(index.args);
  return typeof index.args === "string" ? index.args : null;
};

/** The path of a node that is nothing but a path of our variables, such as `deal.stage`; otherwise null. */
export const pathOf = (node: ASTNode): Path | null => {
  const chain = chainOf(node);
  const whole = chain && chain.node === node && Object.hasOwn(variables, chain.root);
  return whole ? { text: sourceOf(node), steps: chain.steps, at: node.start } : null;
};

/** `deal.stage_days("proposal")`: the method, its record and its argument; null where it is no call of a declared method. */
export const methodCallOf = (
  node: ASTNode,
): { chain: Chain; name: string; method: DeclaredMethod; argument: ASTNode | undefined } | null => {
  if (node.op !== "rcall") return null;
  const [name, receiver, [argument]] = node.args;
  const chain = chainOf(receiver);
  const declared = chain && chain.node === receiver ? declaredAt(chain.steps) : undefined;
  const method = declared && isRecord(declared) ? methodsOf(declared)[name] : undefined;
  return chain && method ? { chain, name, method, argument } : null;
};

const declaredAt = (steps: readonly (string | number)[]): Declared | undefined => {
  let declared: Declared | undefined = everything;
  for (const step of steps) {
    if (!declared || !isRecord(declared) || !Object.hasOwn(declared.fields, step)) return undefined;
    declared = declared.fields[step];
  }
  return declared;
};

const everything: DeclaredRecord = { about: "", fields: variables };

/** What is wrong with the names of a chain, by the declared variables; null where nothing is. */
export const chainFault = ({ steps, node }: Chain): Fault | null => {
  let declared: Declared | undefined = everything;
  for (const [depth, step] of steps.entries()) {
    if (!declared || !isRecord(declared)) return null;
    if (typeof step === "string" && Object.hasOwn(declared.fields, step)) declared = declared.fields[step];
    else
      return {
        at: offsetOfStep(node, steps.length - 1 - depth),
        ...unknownName(steps.slice(0, depth), step, declared),
      };
  }
  return null;
};

/** Where the step begins that stands `back` steps before the end of a chain. */
const offsetOfStep = (node: ASTNode, back: number): number =>
  back > 0 && (node.op === "." || node.op === "[]") ? offsetOfStep(node.args[0], back - 1) : node.pos;

const unknownName = (before: readonly (string | number)[], step: string | number, declared: DeclaredRecord) => {
  const { fields } = declared;
  const names = Object.keys(fields);
  const name = String(step);
  const parent = before.join(".");
  const near = closeMatch(name, names);
  const method = methodsOf(declared)[name];
  if (method) return { found: `\`${parent}.${name}\``, expected: `\`${parent}.${name}(${method.example})\`` };
  if (parent) {
    const hint = near ? `; did you mean \`${parent}.${near}\`?` : `: ${names.join(", ")}`;
    return { found: `\`${parent}.${name}\``, expected: `a field of \`${parent}\`${hint}` };
  }
  const meant = near ?? recordWith(name);
  const hint = meant ? `; did you mean \`${meant}\`?` : `: ${names.join(", ")}`;
  return { found: `\`${name}\``, expected: `a variable${hint}` };
};

/** `amount` alone was meant as `deal.amount`. */
const recordWith = (name: string): string | undefined => {
  const all: [string, Declared][] = Object.entries(variables);
  const holder = all.find(([, declared]) => isRecord(declared) && Object.hasOwn(declared.fields, name));
  return holder && `${holder[0]}.${name}`;
};

import type { ASTNode } from "@marcbachmann/cel-js";
import { environment } from "./environment.ts";
import { type Fault, failureOf, faultOf, typeInWords } from "./expression-faults.ts";
import type { Path } from "./expression-paths.ts";
import { walkExpression } from "./expression-walk.ts";
import type { Facts } from "./facts.ts";
import { remembered } from "./remembered.ts";

/** An expression that was parsed and type-checked. */
export interface Expression {
  text: string;
  ast: ASTNode;
  /** Every path of our variables that it reads. */
  paths: readonly Path[];
  /** Its value, or a function that says why there is none. Never throws. */
  evaluate(facts: Facts): { value: unknown } | { failed: () => string };
}

const longest = 4000;

const wanted = {
  condition: {
    types: new Set(["bool", "dyn"]),
    words: "a condition that is true or false, such as `deal.amount >= 1000`",
  },
  amount: { types: new Set(["int", "double", "dyn"]), words: "a number, such as `deal.amount * 0.01`" },
};

type Kind = keyof typeof wanted;

/** Parses and type-checks the text of a condition or of an amount. Reports all that it can find wrong. */
export const compileExpression = (text: string, kind: Kind): Compiled => compilers[kind](text);

type Compiled = Expression | { faults: readonly Fault[] };

const compile = (text: string, kind: Kind): Compiled => {
  if (text.length > longest) {
    return { faults: [{ at: 0, found: `${text.length} characters`, expected: `at most ${longest}` }] };
  }
  try {
    const parsed = environment.parse(text);
    const { paths, faults } = walkExpression(parsed.ast);
    if (faults.length > 0) return { faults };
    const checked = parsed.check();
    if (!checked.valid) return { faults: [faultOf(checked.error, text)] };
    const type = checked.type ?? "dyn";
    if (!wanted[kind].types.has(type)) {
      const found = `\`${text.trim().slice(0, 60)}\`, which is ${typeInWords(type)}`;
      return { faults: [{ at: 0, found, expected: wanted[kind].words }] };
    }
    const evaluate = (facts: Facts) => {
      try {
        return { value: parsed(facts) as unknown };
      } catch (error) {
        return { failed: () => failureOf(error, text) };
      }
    };
    return { text, ast: parsed.ast, paths, evaluate };
  } catch (error) {
    return { faults: [faultOf(error, text)] };
  }
};

const compilers: Record<Kind, (text: string) => Compiled> = {
  condition: remembered((text) => compile(text, "condition")),
  amount: remembered((text) => compile(text, "amount")),
};

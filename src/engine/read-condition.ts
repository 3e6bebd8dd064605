import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { compileExpression, type Expression } from "./expression.ts";
import { allOf, itemsOf } from "./read-items.ts";

/** Reads the lines of a `where`, compiled; undefined where any of them is wrong. `example` is a line that is right there. */
export const readConditions = (spot: Spot, example: string): Expression[] | undefined =>
  allOf(itemsOf(spot).map((line) => readCondition(line, example)));

const readCondition = (line: Spot, example: string): Expression | undefined => {
  const text = line.value;
  if (typeof text !== "string") {
    const hint =
      typeof text === "object" && text !== null
        ? "; put quotes around it where it has `: ` or begins with `[` or `{`"
        : "";
    line.problem(inWords(text), `a condition as text, such as \`${example}\`${hint}`);
    return undefined;
  }
  const compiled = compileExpression(text, "condition");
  if (!("faults" in compiled)) return compiled;
  for (const fault of compiled.faults) line.textProblem(fault.at, fault.found, fault.expected);
  return undefined;
};

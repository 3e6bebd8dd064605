/** The CEL environment of every expression: our variables with their types, and numbers that mix as people expect. */
import { Environment, EvaluationError } from "@marcbachmann/cel-js";
import { knownOf, recordClassOf } from "./facts.ts";
import { type Declared, isRecord, methodsOf, variables } from "./variables.ts";

const createEnvironment = (): Environment => {
  // An admin's line is short. The limits keep one line from costing more than the rest of the decision.
  const limits = { maxAstNodes: 2000, maxDepth: 40, maxListElements: 1000, maxMapEntries: 50, maxCallArguments: 8 };
  const environment = new Environment({ limits });

  const typeOf = (name: string, declared: Declared): string => {
    if (!isRecord(declared)) return declared.type;
    const types = Object.entries(declared.fields).map(([key, field]) => [key, typeOf(`${name}_${key}`, field)]);
    environment.registerType(`record_${name}`, { ctor: recordClassOf(declared), fields: Object.fromEntries(types) });
    for (const [method, { about, absent }] of Object.entries(methodsOf(declared))) {
      environment.registerFunction({
        name: method,
        receiverType: `record_${name}`,
        returnType: "double",
        description: about,
        params: [{ name: "name", type: "string" }],
        handler: (record: object, key: string) => {
          const numbers = knownOf(record)[method];
          if (typeof numbers !== "object" || numbers === null)
            throw new EvaluationError({ code: "not_known", message: `${name}.${method}("${key}") is not known` });
          return Object.hasOwn(numbers, key) ? Number((numbers as Record<string, unknown>)[key]) : absent;
        },
      });
    }
    return `record_${name}`;
  };
  for (const [name, declared] of Object.entries(variables)) environment.registerVariable(name, typeOf(name, declared));

  // CEL keeps whole numbers and decimals apart; `deal.amount / 1000` must work all the same.
  const arithmetic: Record<string, (a: number, b: number) => number> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
  };
  for (const [sign, compute] of Object.entries(arithmetic)) {
    const mixed = (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b));
    environment.registerOperator(`double ${sign} int: double`, mixed);
    environment.registerOperator(`int ${sign} double: double`, mixed);
  }
  environment.registerOperator("double == int: bool", (a: number, b: bigint) => a === Number(b));
  return environment;
};

export const environment = createEnvironment();

/** Functions that an expression may not use, and what to use instead. */
export const refusedFunctions: Record<string, string> = {
  matches: "`contains`, `startsWith` or `endsWith`: a pattern can take for ever on some texts",
  getDayOfYear: "`getMonth` and `getDate`: the day of the year depends on the server's own time zone",
};

/** Function names of the language, for suggestions. */
export const functionNames: ReadonlySet<string> = new Set(
  environment
    .getDefinitions()
    .functions.map((declared) => declared.name)
    .filter((name) => !Object.hasOwn(refusedFunctions, name)),
);

/** Names that CEL itself defines: type names and constants. */
export const builtInNames: ReadonlySet<string> = new Set(
  environment
    .getDefinitions()
    .variables.map((variable) => variable.name)
    .filter((name) => !Object.hasOwn(variables, name)),
);

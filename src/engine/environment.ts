/** The CEL environment of every expression: our variables with their types, and numbers that mix as people expect. */
import { Environment } from "@marcbachmann/cel-js";
import type { Situation } from "../situation.ts";
import { type Declared, type DeclaredRecord, isRecord, variables } from "./variables.ts";

interface CelRecord {
  /** An instance is a record in CEL, with only the values that are known. */
  Constructor: new () => object;
  fields: [string, Declared][];
  /** Stands for a record of which nothing is known. */
  unknown: object;
}

const records = new Map<DeclaredRecord, CelRecord>();

const createEnvironment = (): Environment => {
  // An admin's line is short. The limits keep one line from costing more than the rest of the decision.
  const limits = { maxAstNodes: 2000, maxDepth: 40, maxListElements: 1000, maxMapEntries: 50, maxCallArguments: 8 };
  const environment = new Environment({ limits });

  const typeOf = (name: string, declared: Declared): string => {
    if (!isRecord(declared)) return declared.type;
    const fields = Object.entries(declared.fields);
    const types = fields.map(([key, field]) => [key, typeOf(`${name}_${key}`, field)]);
    const Constructor = class {};
    records.set(declared, { Constructor, fields, unknown: Object.freeze(new Constructor()) });
    environment.registerType(`record_${name}`, { ctor: Constructor, fields: Object.fromEntries(types) });
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

const declaredVariables: [keyof Situation, Declared][] = Object.entries(variables).map(([name, declared]) => [
  name as keyof Situation,
  declared,
]);

/** A situation as expressions see it, by variable. Made once for all the lines that judge it. */
export type Facts = Readonly<Record<string, unknown>>;

/** Each variable is made when an expression first reads it: most rules read two of them. It cannot be spread. */
export const factsOf = (situation: Situation): Facts => new SituationFacts(situation);

class SituationFacts {
  [name: string]: unknown;
  readonly #situation: Situation;
  readonly #made: Record<string, unknown> = {};

  constructor(situation: Situation) {
    this.#situation = situation;
  }

  // On the prototype, once: to define a dozen getters for each situation would cost more than to judge it.
  static {
    for (const [name, declared] of declaredVariables) {
      Object.defineProperty(SituationFacts.prototype, name, {
        get(this: SituationFacts) {
          this.#made[name] ??= factOf(declared, this.#situation[name]);
          return this.#made[name];
        },
      });
    }
  }
}

const factOf = (declared: Declared, value: unknown): unknown => {
  if (!isRecord(declared)) return withoutNulls(value ?? {});
  const record = records.get(declared);
  if (!record) throw new Error("a record of variables.ts has no CEL type");
  if (typeof value !== "object" || value === null) return record.unknown;
  const fact: Record<string, unknown> = Object.assign(new record.Constructor());
  for (const [name, field] of record.fields) {
    const inner = (value as Facts)[name];
    if (inner === null || inner === undefined) continue;
    fact[name] = isRecord(field) || typeof inner === "object" ? factOf(field, inner) : inner;
  }
  return fact;
};

/** A null of the CRM is a value that is not known, so it is left out; in a list it keeps its place. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
};

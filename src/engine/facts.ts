/**
 * A situation as CEL sees it: only what is known. Each record and map is made when an expression first reads it, and values are
 * read in place: most rules look at two or three of the hundred that a situation has.
 */
import type { Situation } from "../situation.ts";
import { type Declared, type DeclaredRecord, isRecord, variables } from "./variables.ts";

/** By variable. Made once for all the lines that judge a situation. Its values cannot be listed or spread. */
export type Facts = Readonly<Record<string, unknown>>;

/** An instance is one record in CEL, with the values of `known` that are not null. */
type RecordClass = new (known: object) => object;

const KNOWN = Symbol("known");

/** What a record was made of, nulls included: for the methods of records, which read more than their fields. */
export const knownOf = (record: object): Facts => (record as { [KNOWN]?: Facts })[KNOWN] ?? {};

const classes = new Map<DeclaredRecord, RecordClass>();

/** The class of a declared record, for CEL to know it by. Always the same one. */
export const recordClassOf = (record: DeclaredRecord): RecordClass => {
  const made = classes.get(record) ?? classWith(record, () => undefined);
  classes.set(record, made);
  return made;
};

export const factsOf = (situation: Situation): Facts => new SituationFacts(situation) as Facts;

/** `absent` gives what stands for a value that is not known. */
const classWith = ({ fields }: DeclaredRecord, absent: (declared: Declared) => unknown): RecordClass => {
  class Fact {
    readonly #known: Facts;
    readonly #made: Record<string, unknown> = {};

    constructor(known: object) {
      this.#known = known as Facts;
    }

    get [KNOWN](): Facts {
      return this.#known;
    }

    // on the prototype: getters of its own would cost an instance more than most rules do
    static {
      for (const [name, declared] of Object.entries(fields)) {
        Object.defineProperty(Fact.prototype, name, {
          get(this: Fact) {
            const value = this.#known[name];
            if (value !== null && typeof value !== "object" && value !== undefined && !isRecord(declared)) return value;
            this.#made[name] ??= value === null || value === undefined ? absent(declared) : factOf(declared, value);
            return this.#made[name];
          },
        });
      }
    }
  }
  return Fact;
};

const factOf = (declared: Declared, value: unknown): unknown => {
  if (!isRecord(declared)) return withoutNulls(value);
  return new (recordClassOf(declared))(typeof value === "object" && value !== null ? value : {});
};

/** A variable is always there, so that `has(deal.amount)` can be asked where there is no deal. */
const SituationFacts = classWith({ about: "", fields: variables }, (declared) => factOf(declared, {}));

/** A null of the CRM is a value that is not known, so it is left out; in a list it keeps its place. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.every(([, inner]) => typeof inner !== "object")) return value;
  return Object.fromEntries(
    entries.filter(([, inner]) => inner !== null).map(([key, inner]) => [key, withoutNulls(inner)]),
  );
};

import { Engine, type RuleProperties } from "json-rules-engine";
import type { Contender } from "./contender.ts";
import type { PlainRule } from "./scenarios.ts";
import { versionOf } from "./version-of.ts";

/** One `Engine` with all rules, and the facts given to each run. Conditions that seldom hold come first, by their priority. */
export const jsonRulesEngine: Contender = {
  name: "json-rules-engine",
  version: versionOf("json-rules-engine"),
  together: 2,
  async prepare(rules) {
    const engine = new Engine(rules.map(toRule));
    return {
      accept: (events) => ({
        async decide(start, end) {
          const decided: string[][] = [];
          for (const event of events.slice(start, end)) {
            const { events: matched } = await engine.run({ ...event });
            decided.push(matched.map(({ type }) => type));
          }
          return decided;
        },
      }),
    };
  },
};

const toRule = ({ id, stage, teams, from, below, days }: PlainRule): RuleProperties => ({
  event: { type: id },
  conditions: {
    all: [
      { fact: "stage", operator: "equal", value: stage, priority: 1 },
      { fact: "team", operator: "in", value: teams, priority: 4 },
      { fact: "amount", operator: "greaterThanInclusive", value: from, priority: 3 },
      below === null
        ? { fact: "days", operator: "lessThanInclusive", value: days, priority: 2 }
        : { fact: "amount", operator: "lessThan", value: below, priority: 2 },
    ],
  },
});

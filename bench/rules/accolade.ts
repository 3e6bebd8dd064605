import { z } from "zod";
import { createMatcher, type Known, loadRules } from "../../src/engine/index.ts";
import type { Situation } from "../../src/situation.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import type { SourceFile } from "../../src/yaml/yaml-source.ts";
import type { Contender } from "./contender.ts";
import type { PlainEvent, PlainRule } from "./scenarios.ts";
import { situationOf } from "./situation-of.ts";

export interface Loaded {
  /** Milliseconds that reading and checking the YAML took, and then compiling it. */
  readMs: number;
  compileMs: number;
}

/**
 * The whole engine as a workspace has it: rules in YAML, every condition in CEL; for each match the value of its
 * reward, and its reasons: each line with the values seen.
 */
export const accolade = (loaded: (times: Loaded) => void): Contender => ({
  name: "accolade",
  version: "this working copy",
  together: 100,
  async prepare(rules) {
    const files = filesOf(rules);
    const started = performance.now();
    const read = loadRules(files, known);
    if (!read.ok) throw new Error(read.problems.slice(0, 5).map(problemLine).join("\n"));
    const between = performance.now();
    const matcher = createMatcher(read.book, known.workspaceCurrency);
    loaded({ readMs: between - started, compileMs: performance.now() - between });

    const decide = (situation: Situation): string[] =>
      matcher.match(situation).map((match) => {
        const reasons = matcher.reasons(situation, match);
        const known = reasons.length === 4 && reasons.every(({ saw }) => Object.keys(saw).length > 0);
        if (!known || !match.parts.every(({ value }) => value !== null)) {
          throw new Error(`${match.rule.id} matched without a reason or without a value`);
        }
        return match.rule.id;
      });
    return {
      accept(events: readonly PlainEvent[]) {
        const situations = events.map(situationOf);
        return { decide: async (start, end) => situations.slice(start, end).map(decide) };
      },
    };
  },
});

const known: Known = {
  providers: new Map([["cards", { options: z.strictObject({}), supplies: "money" }]]),
  workspaceCurrency: "EUR",
  timeZone: "Europe/Rome",
  metrics: new Map(),
  approvers: new Set(),
  convertible: new Set(["EUR"]),
};

const rulesPerFile = 1_000;

const filesOf = (rules: readonly PlainRule[]): SourceFile[] => {
  const reward = "rewards:\n  - { id: card, title: Gift card, provider: cards, value: 50 EUR }\n";
  const files: SourceFile[] = [{ file: "rules/rewards.yaml", text: reward }];
  for (let start = 0; start < rules.length; start += rulesPerFile) {
    const text = `rules:\n${rules
      .slice(start, start + rulesPerFile)
      .map(yamlOf)
      .join("")}`;
    files.push({ file: `rules/${start}.yaml`, text });
  }
  return files;
};

const yamlOf = ({ id, stage, teams, from, below, days }: PlainRule): string => `
  - id: ${id}
    title: Deal won
    kpi: close_rate
    on: deal.won
    where:
      - deal.stage == "${stage}"
      - owner.team in ${JSON.stringify(teams)}
      - deal.amount >= ${from}
      - ${below === null ? `deal.cycle_days <= ${days}` : `deal.amount < ${below}`}
    reward:
      to: owner
      give: card
      value: { expression: "10 + deal.amount * 0.001", currency: EUR, cap: 500 EUR }
    from: 2026-01-01
    until: 2027-01-01
`;

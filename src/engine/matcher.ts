import type { Money } from "../money.ts";
import type { Situation } from "../situation.ts";
import { createCalendars } from "./calendars.ts";
import { type CompiledRule, compileRule } from "./compiled-rule.ts";
import { createDiscriminator } from "./discriminator.ts";
import { factsOf } from "./facts.ts";
import { holds, sawIn, traceLine } from "./line-trace.ts";
import { matchedParts } from "./matched-parts.ts";
import { isOfMetric } from "./of-metric.ts";
import type { RewardPart, Rule, RuleBook } from "./rule-book.ts";
import { createTiers } from "./tiers.ts";

/** One `where` line, with the values seen. */
export interface LineTrace {
  text: string;
  held: boolean;
  /** Each variable of the line and its value: `deal.amount` → `62000`. */
  saw: Record<string, unknown>;
  /** Why it could not be evaluated (a missing value); the line then does not hold. */
  error?: string;
}

export interface RuleTrace {
  rule: string;
  /**
   * `not_listening`: another milestone type, or another metric; `outside_window`: before `from` or from `until` on;
   * `outside_calendar`: not in the days and hours of its `during`.
   */
  verdict: "matched" | "not_matched" | "not_listening" | "outside_window" | "outside_calendar";
  lines: LineTrace[];
}

export interface MatchedPart {
  part: RewardPart;
  index: number;
  /** Null where the expression gave no usable amount; `why` says so, and nothing is granted for this part. */
  value: Money | null;
  why?: string;
}

export interface Match {
  rule: Rule;
  parts: MatchedPart[];
}

export interface Matcher {
  readonly book: RuleBook;
  /** Whether any rule listens to this milestone type. */
  listens(type: string): boolean;
  /** The rules whose conditions all hold, in the order of the book. Cost follows the rules that could match. */
  match(situation: Situation): Match[];
  /** What a rule would give if all of its conditions held; undefined where it listens to another milestone. */
  wouldGive(situation: Situation, ruleId: string): Match | undefined;
  /** Why each rule, or the one named, did or did not match. Evaluates every line. */
  explain(situation: Situation, ruleId?: string): RuleTrace[];
  /** The reasons of a match: the lines of its rule, all of which hold, with the values seen. Evaluates nothing again. */
  reasons(situation: Situation, match: Match): LineTrace[];
  /** Id of the first of `tiers:` whose lines hold for the situation's customer; null where none does. */
  tierOf(situation: Situation): string | null;
}

/** Compiles a rule book once. */
export const createMatcher = (book: RuleBook, workspaceCurrency: string): Matcher => {
  const rules = book.rules.map(compileRule);
  const byId = Map.groupBy(rules, ({ rule }) => rule.id);
  const discriminator = createDiscriminator(rules);
  const { tierOf, fillIn } = createTiers(book.tiers, rules);
  const isOpen = createCalendars(book.calendars);
  // a window that is over is not something that happens at midnight, when no calendar is open
  const isOpenFor = ({ during }: Rule, { milestone, metric }: Situation) =>
    metric?.ended === true || isOpen(during, milestone.occurredAt);

  return {
    book,
    listens: discriminator.listens,
    tierOf,
    match(given) {
      const situation = fillIn(given);
      const candidates = discriminator.candidates(situation);
      if (candidates.length === 0) return [];
      const facts = factsOf(situation);
      const at = Date.parse(situation.milestone.occurredAt);
      const matches: Match[] = [];
      for (const { position, lines } of candidates) {
        const compiled = rules[position];
        if (!compiled || !inWindow(compiled, at) || !isOfMetric(compiled.rule, situation)) continue;
        if (!lines.every((line) => holds(line, facts))) continue;
        if (!isOpenFor(compiled.rule, situation)) continue;
        matches.push({ rule: compiled.rule, parts: matchedParts(compiled, facts) });
      }
      return matches;
    },
    wouldGive(given, ruleId) {
      const situation = fillIn(given);
      const compiled = byId.get(ruleId)?.[0];
      if (compiled?.rule.on !== situation.milestone.type || !isOfMetric(compiled.rule, situation)) return undefined;
      return { rule: compiled.rule, parts: matchedParts(compiled, factsOf(situation)) };
    },
    reasons(given, { rule }) {
      const situation = fillIn(given);
      const compiled = byId.get(rule.id)?.find((each) => each.rule === rule);
      return (compiled?.lines ?? []).map((line) => ({ text: line.text, held: true, saw: sawIn(line, situation) }));
    },
    explain(given, ruleId) {
      const situation = fillIn(given);
      const facts = factsOf(situation);
      const at = Date.parse(situation.milestone.occurredAt);
      const asked = ruleId === undefined ? rules : (byId.get(ruleId) ?? []);
      return asked.map((compiled) => {
        const { rule } = compiled;
        if (rule.on !== situation.milestone.type || !isOfMetric(rule, situation))
          return { rule: rule.id, verdict: "not_listening", lines: [] };
        const lines = compiled.lines.map((line) => traceLine(line, facts, situation, workspaceCurrency));
        if (!inWindow(compiled, at)) return { rule: rule.id, verdict: "outside_window", lines };
        if (!isOpenFor(rule, situation)) return { rule: rule.id, verdict: "outside_calendar", lines };
        const matched = lines.every((line) => line.held);
        return { rule: rule.id, verdict: matched ? "matched" : "not_matched", lines };
      });
    },
  };
};

const inWindow = ({ fromMs, untilMs }: CompiledRule, at: number): boolean => at >= fromMs && at < untilMs;

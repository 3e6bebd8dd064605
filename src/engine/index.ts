/**
 * The engine room: reads what an admin wrote in `rules/`, and says which rules a situation matches and why. Pure: no
 * database, no clock, no files (the caller reads them).
 */
export type { Known, LoadedRules } from "./load.ts";
export { loadRules } from "./load.ts";
export type { LineTrace, Match, MatchedPart, Matcher, RuleTrace } from "./matcher.ts";
export { createMatcher } from "./matcher.ts";
export type { Once, RecipientRole, Reward, RewardPart, Rule, RuleBook } from "./rule-book.ts";

/**
 * The engine room: reads what an admin wrote in `rules/`, and says which rules a situation matches and why. Pure: no
 * database, no clock, no files (the caller reads them).
 */
export { checkRules } from "./check.ts";
export type { Known, KnownMetric } from "./known.ts";
export type { LoadedRules } from "./load.ts";
export { loadRules } from "./load.ts";
export type { LineTrace, Match, Matcher, RuleTrace } from "./matcher.ts";
export { createMatcher } from "./matcher.ts";
export type { Offer, Reward, Route, Rule, RuleBook } from "./rule-book.ts";

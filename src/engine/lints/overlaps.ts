import type { RewardPart, Rule } from "../rule-book.ts";
import { anything, type Domain, isEmpty, isWithin } from "./domain.ts";
import type { Lint, RuleToLint } from "./lint.ts";
import { type Domains, given, narrow, pathKey } from "./rule-domains.ts";

interface Seen {
  rule: Rule;
  spot: RuleToLint["spot"];
  position: number;
  domains: Domains;
  texts: ReadonlySet<string>;
  /** What must be so for it to hold: of some paths a value, and the lines of which no more is known. */
  required: readonly { key: string; domain: Domain }[];
  opaque: readonly string[];
}

interface Giving {
  seen: Seen;
  part: RewardPart;
}

/** Pairs of rules that give somebody the same reward for the same milestone: whenever one holds, the other does, and both pay. */
export const overlaps: Lint = ({ rules }) => {
  const groups = Map.groupBy(rules.flatMap(givingOf), ({ seen: { rule }, part }) =>
    JSON.stringify([rule.on, rule.metric, part.to, part.give.id]),
  );
  for (const group of groups.values()) {
    const candidates = candidatesIn(group);
    for (const each of group) warnOf(each, candidates(each.seen));
  }
};

const givingOf = ({ rule, spot, lines }: RuleToLint, position: number): Giving[] => {
  if (rule.mode === "shadow") return [];
  const domains = narrow(given(rule), lines);
  // it never holds: told elsewhere
  if ([...domains.values()].some(isEmpty)) return [];
  const whole = lines.filter((line) => line.whole);
  const keys = new Set(whole.flatMap(({ atoms }) => atoms.map(pathKey)));
  const seen: Seen = {
    rule,
    spot,
    position,
    domains,
    texts: new Set(lines.map(({ text }) => text)),
    required: [...keys].map((key) => ({ key, domain: domains.get(key) ?? anything })),
    opaque: lines.filter((line) => !line.whole).map(({ text }) => text),
  };
  return rule.parts.map((part) => ({ seen, part }));
};

/**
 * The rules of a group that could hold whenever another does: those that want one of fixed values are looked up by it,
 * so that thousands of rules, each for its own team, are not compared each with each.
 */
const candidatesIn = (group: readonly Giving[]): ((own: Seen) => Seen[]) => {
  const byValue = new Map<string, Seen[]>();
  const rest: Seen[] = [];
  for (const { seen } of group) {
    const fixed = seen.required.find(({ domain }) => domain.only !== null);
    if (!fixed) rest.push(seen);
    for (const value of fixed?.domain.only ?? []) {
      const name = JSON.stringify([fixed?.key, value]);
      const bucket = byValue.get(name);
      if (bucket) bucket.push(seen);
      else byValue.set(name, [seen]);
    }
  }
  return (own) => [
    // whoever allows all values of its path allows the first
    ...[...own.domains].flatMap(([key, { only }]) => byValue.get(JSON.stringify([key, only?.[0]])) ?? []),
    ...rest,
  ];
};

/** One warning for a rule and recipient is enough to look at it. */
const warnOf = ({ seen: own, part: { to, give } }: Giving, candidates: readonly Seen[]): void => {
  const other = candidates.find(
    (each) =>
      each !== own &&
      bothCount(own.rule, each.rule) &&
      isImplied(each, own) &&
      // the two say the same: told once, at the later one
      (own.position > each.position || !isImplied(own, each)),
  );
  if (!other) return;
  own.spot
    .child("reward")
    .warning(
      `\`${give.id}\` to ${to}, which the rule \`${other.rule.id}\` gives whenever this one does`,
      "conditions of which only one can hold, if both are not meant to pay",
    );
};

const bothCount = (a: Rule, b: Rule): boolean =>
  (a.from === null || b.until === null || a.from < b.until) &&
  (b.from === null || a.until === null || b.from < a.until) &&
  (b.during === null || b.during === a.during);

/** Whether all lines of `other` hold whenever those of `own` do, as far as it can be proved. */
const isImplied = (other: Seen, own: Seen): boolean =>
  other.opaque.every((text) => own.texts.has(text)) &&
  other.required.every(({ key, domain }) => {
    const narrower = own.domains.get(key);
    return narrower !== undefined && isWithin(narrower, domain);
  });

import type { RewardPart, Rule } from "../rule-book.ts";
import { anything, isWithin } from "./domain.ts";
import type { Lint, RuleToLint } from "./lint.ts";
import { type Domains, given, narrow, pathKey } from "./rule-domains.ts";

interface Seen extends RuleToLint {
  position: number;
  domains: Domains;
  texts: ReadonlySet<string>;
}

/** Pairs of rules that give somebody the same reward for the same milestone: whenever one holds, the other does, and both pay. */
export const overlaps: Lint = ({ rules }) => {
  const groups = new Map<string, { seen: Seen; part: RewardPart }[]>();
  for (const [position, each] of rules.entries()) {
    const { rule } = each;
    if (rule.mode === "shadow") continue;
    const domains = narrow(given(rule), each.lines);
    const seen = { ...each, position, domains, texts: new Set(each.lines.map(({ text }) => text)) };
    for (const part of rule.parts) {
      const key = JSON.stringify([rule.on, rule.metric, part.to, part.give.id]);
      groups.set(key, [...(groups.get(key) ?? []), { seen, part }]);
    }
  }
  for (const group of groups.values())
    for (const { seen, part } of group)
      warnOf(
        seen,
        part,
        group.map((one) => one.seen),
      );
};

/** One warning for a rule and recipient is enough to look at it. */
const warnOf = (own: Seen, { to, give }: RewardPart, group: readonly Seen[]): void => {
  const other = group.find(
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
  other.lines.every(
    (line) =>
      own.texts.has(line.text) ||
      (line.whole &&
        line.atoms.every((atom) => {
          const key = pathKey(atom);
          const domain = own.domains.get(key);
          return domain !== undefined && isWithin(domain, other.domains.get(key) ?? anything);
        })),
  );

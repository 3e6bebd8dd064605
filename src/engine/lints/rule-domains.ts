import type { MilestoneType } from "../../events.ts";
import { windowText } from "../../windows.ts";
import type { Atom, Literal } from "../condition-atoms.ts";
import type { Rule } from "../rule-book.ts";
import { anything, type Domain, meet } from "./domain.ts";
import type { LineToLint } from "./lint.ts";

/** By path. Paths that are written differently (`a.b`, `a["b"]`) and are the same have one entry. */
export type Domains = Map<string, Domain>;

export const pathKey = ({ path }: Atom): string => JSON.stringify(path.steps);

/** Narrows the domains by every atom of the lines. */
export const narrow = (domains: Domains, lines: readonly Pick<LineToLint, "atoms">[]): Domains => {
  const narrowed = new Map(domains);
  for (const atom of lines.flatMap(({ atoms }) => atoms)) {
    const key = pathKey(atom);
    narrowed.set(key, meet(narrowed.get(key) ?? anything, atom));
  }
  return narrowed;
};

const statuses: Partial<Record<MilestoneType, string>> = {
  "deal.won": "won",
  "deal.lost": "lost",
  "deal.reopened": "open",
};

/** What is true of every situation that the rule is judged for, before its own lines. */
export const given = ({ on, metric }: Pick<Rule, "on" | "metric">): Domains => {
  const facts: [string[], Literal][] = [[["milestone", "type"], on]];
  const status = statuses[on];
  if (status) facts.push([["deal", "status"], status]);
  if (on === "contact.subscribed") facts.push([["contact", "subscribed"], true]);
  if (on === "contact.unsubscribed") facts.push([["contact", "subscribed"], false]);
  if (metric) {
    facts.push([["metric", "name"], metric.name], [["metric", "of"], metric.of]);
    facts.push([["metric", "over"], windowText(metric.over)]);
  }
  return new Map(facts.map(([steps, value]) => [JSON.stringify(steps), { ...anything, only: [value] }]));
};

import type { MilestoneType } from "../events.ts";
import type { Limit, Once, RecipientRole, RuleMetric } from "./rule-book.ts";
import { type SubjectKind, subjectKindOf } from "./subject-kinds.ts";

/** What a rule's situations are about, as far as its file tells. */
export interface About {
  on: MilestoneType;
  /** Null where the milestone does not tell. */
  kind: SubjectKind | null;
  /** Of a rule on a metric; null for every other rule, and where the metric has faults of its own. */
  metricOf: RuleMetric["of"] | null;
}

export const aboutOf = (on: MilestoneType, metricOf: RuleMetric["of"] | null): About => ({
  on,
  kind: subjectKindOf(on),
  metricOf,
});

export const isOnMetric = ({ on }: About): boolean => on === "metric.changed";

/** What can be known of a metric, by what it is of. */
const aroundMetric: Record<RuleMetric["of"], ReadonlySet<string>> = {
  owner: new Set(["milestone", "metric", "owner", "manager", "team"]),
  team: new Set(["milestone", "metric", "team"]),
  company: new Set(["milestone", "metric", "company", "customer"]),
  campaign: new Set(["milestone", "metric"]),
  workspace: new Set(["milestone", "metric"]),
};

/** Why nothing of a variable can ever be known in these situations; undefined where something can. */
export const neverKnown = (about: About, variable: string): string | undefined => {
  if (isOnMetric(about)) {
    if (about.metricOf === null || aroundMetric[about.metricOf].has(variable)) return undefined;
    return `a metric of ${articled(about.metricOf)} has no \`${variable}\``;
  }
  if (variable === "metric") return "only rules on `metric.changed` see a metric";
  if (about.kind === null) return undefined;
  const only = { deal: "deal", contributors: "deal", lead: "lead" }[variable];
  return only === undefined || only === about.kind ? undefined : `${articled(about.kind)} has no \`${variable}\``;
};

/** Why these situations can never have this recipient; undefined where they can. */
export const impossibleRecipient = (about: About, role: RecipientRole): string | undefined => {
  if (isOnMetric(about)) {
    if (about.metricOf === null) return undefined;
    const roles: readonly RecipientRole[] = rolesOfMetric[about.metricOf];
    if (roles.includes(role)) return undefined;
    return roles.length > 0
      ? `a metric of ${articled(about.metricOf)} has no other`
      : `a metric of ${articled(about.metricOf)} belongs to nobody; use \`of: owner\` or \`of: team\``;
  }
  const { on, kind } = about;
  if (role.startsWith("contributor(")) {
    return kind === null || kind === "deal" ? undefined : `${articled(kind)} has no contributors`;
  }
  if (role !== "contact") return undefined;
  if (on === "contact.erased") return "the contact of `contact.erased` asked to be forgotten";
  return kind === "company" || kind === "lead" ? `a ${kind} has no contact` : undefined;
};

const rolesOfMetric: Record<RuleMetric["of"], readonly RecipientRole[]> = {
  owner: ["owner", "manager(owner)", "team"],
  team: ["team"],
  company: [],
  campaign: [],
  workspace: [],
};

/** Whose rewards can be counted together. */
export type Holder = Limit["per"] | Extract<Once, { period: unknown }>["per"];

/** Why these situations have nobody, or nothing, of this kind to count by; undefined where they have. */
export const impossibleHolder = (about: About, holder: Holder): string | undefined => {
  if (holder === "rule" || holder === "recipient") return undefined;
  if (isOnMetric(about)) {
    return about.metricOf === null || aroundMetric[about.metricOf].has(holder)
      ? undefined
      : `a metric of ${articled(about.metricOf)} has no ${holder}`;
  }
  return holder === "company" && about.kind === "lead" ? "a lead has no company" : undefined;
};

/** `a deal`, `an owner` */
export const articled = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

import { isMilestoneType, type MilestoneType } from "../events.ts";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { aboutOf } from "./about.ts";
import { didYouMean } from "./close-match.ts";
import { readApproval } from "./read-approval.ts";
import { checkCurrencies } from "./read-currencies.ts";
import { readFields } from "./read-fields.ts";
import { readHold } from "./read-hold.ts";
import { readLimits } from "./read-limits.ts";
import { readMetric } from "./read-metric.ts";
import { checkNamed } from "./read-named.ts";
import { readNotify } from "./read-notify.ts";
import { readOnce } from "./read-once.ts";
import { readParts } from "./read-parts.ts";
import { titleOf } from "./read-reward.ts";
import { readWhere } from "./read-where.ts";
import { readWindow } from "./read-window.ts";
import type { Budget, RewardPart, Rule } from "./rule-book.ts";
import { ruleShape } from "./shapes.ts";
import type { Shelf } from "./shelf.ts";
import { milestoneNames } from "./subject-kinds.ts";

/** Reads one rule, and reports everything that is wrong with it. */
export const readRule = (spot: Spot, shelf: Shelf): Rule | null => {
  const { known } = shelf;
  const fields = readFields(spot, ruleShape, "a rule: a map that begins with `id:`");
  if (!fields) return null;
  const { id, title, kpi = null, mode = "active", during = null, budget = null, clawback = false } = fields;
  const on = fields.on === undefined ? undefined : readMilestone(spot.child("on"), fields.on);
  const metric = readMetricOf(spot, on, fields.metric !== undefined, shelf);
  const about = on && aboutOf(on, metric?.of ?? null);
  const where = readWhere(spot.child("where"), about, shelf);
  const parts = fields.reward === undefined ? undefined : readParts(spot.child("reward"), about, shelf);
  const notify = readNotify(spot.child("notify"), fields.notify);
  const once = readOnce(spot.child("once"), about, metric ?? null);
  const hold = readHold(spot.child("hold"), about);
  const limits = readLimits(spot.child("limits"), about, parts, known);
  const approval = readApproval(spot.child("approval"), parts, known);
  const window = readWindow(spot, fields.from, fields.until, known.timeZone);
  if (during !== null) checkNamed(spot.child("during"), during, shelf.calendars, "calendar");
  if (budget !== null) {
    checkNamed(spot.child("budget"), budget, shelf.budgets, "budget");
    checkBudget(spot.child("budget"), shelf.budgets.byId.get(budget), parts, window, shelf);
  }

  const complete = id && title && on && metric !== undefined && where && parts && notify && once && limits && window;
  if (!complete || hold === undefined || approval === undefined) return null;
  return {
    id,
    title: titleOf(title),
    kpi,
    on,
    metric,
    where: where.map((line) => line.text),
    during,
    parts,
    notify,
    once,
    hold,
    limits,
    approval,
    budget,
    clawback,
    ...window,
    mode,
    file: spot.file,
    line: spot.line,
  };
};

const readMilestone = (spot: Spot, text: string): MilestoneType | undefined => {
  if (isMilestoneType(text) || text === "metric.changed") return text;
  if (text.startsWith("custom.")) {
    spot.problem(
      inWords(text),
      "`custom.<name>` with small letters, digits and `_`, such as `custom.webinar_attended`",
    );
  } else {
    spot.problem(
      inWords(text),
      `a milestone, such as \`deal.won\` or \`custom.<name>\`${didYouMean(text, milestoneNames)}`,
    );
  }
  return undefined;
};

/** The metric of a rule on `metric.changed`; null for every other rule, undefined where it is wrong. */
const readMetricOf = (rule: Spot, on: MilestoneType | undefined, given: boolean, { known }: Shelf) => {
  if (on === "metric.changed") {
    if (rule.child("metric").value !== undefined) return given ? readMetric(rule.child("metric"), known) : undefined;
    rule
      .child("on")
      .problem("no `metric` with `on: metric.changed`", "`metric: { name: close_rate, of: owner, over: quarter }`");
    return undefined;
  }
  if (on === undefined || !given) return null;
  rule.child("metric").keyProblem(`\`metric\` with \`on: ${on}\``, "`on: metric.changed`, or no `metric`");
  return undefined;
};

/** Reports a budget that can never pay for the rule: in another currency, or at another time. */
const checkBudget = (
  spot: Spot,
  budget: Budget | null | undefined,
  parts: readonly RewardPart[] | undefined,
  window: Pick<Rule, "from" | "until"> | undefined,
  { known }: Shelf,
): void => {
  if (!budget) return;
  checkCurrencies(spot, budget.amount.currency, parts, known);
  if (!window) return;
  const endsBefore = (a: Pick<Rule, "until">, b: Pick<Rule, "from">) =>
    a.until !== null && b.from !== null && a.until <= b.from;
  if (!endsBefore(window, budget) && !endsBefore(budget, window)) return;
  const span = `${budget.from ?? "…"} to ${budget.until ?? "…"}`;
  spot.problem(`\`${budget.id}\`, which pays from ${span}`, "a budget that pays while the rule is in force");
};

import type { ChannelName } from "../channels/channel.ts";
import { isMilestoneType, type MilestoneType } from "../events.ts";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import { compileExpression } from "./expression.ts";
import { readFields } from "./read-fields.ts";
import { type RewardShelf, readParts } from "./read-parts.ts";
import { titleOf } from "./read-reward.ts";
import { readWindow } from "./read-window.ts";
import type { Once, Rule } from "./rule-book.ts";
import { channelNames, ruleShape } from "./shapes.ts";
import { milestoneNames, subjectKindOf, subjectKinds } from "./subject-kinds.ts";

/** Reads one rule, and reports everything that is wrong with it. */
export const readRule = (spot: Spot, shelf: RewardShelf): Rule | null => {
  const fields = readFields(spot, ruleShape, "a rule: a map that begins with `id:`");
  if (!fields) return null;
  const { id, title, kpi = null, mode = "active" } = fields;
  const on = fields.on === undefined ? undefined : readMilestone(spot.child("on"), fields.on);
  const where = readWhere(spot.child("where"), fields.where);
  const parts = fields.reward === undefined ? undefined : readParts(spot.child("reward"), on, shelf);
  const notify = readNotify(spot.child("notify"), fields.notify);
  const once = readOnce(spot.child("once"), fields.once, on);
  const window = readWindow(spot, fields.from, fields.until, shelf.known.timeZone);

  if (mode === "active" && spot.child("until").value === undefined) {
    spot.warning("no `until`", "an end date, so that somebody looks at the rule again");
  }
  if (spot.child("kpi").value === undefined) spot.warning("no `kpi`", "the goal that the rule serves");

  const complete = id && title && on && where && parts && notify && once && window;
  if (!complete) return null;
  return {
    id,
    title: titleOf(title),
    kpi,
    on,
    where,
    parts,
    notify,
    once,
    ...window,
    metric: null,
    during: null,
    hold: null,
    limits: [],
    approval: null,
    budget: null,
    clawback: false,
    mode,
    file: spot.file,
    line: spot.line,
  };
};

const readMilestone = (spot: Spot, text: string): MilestoneType | undefined => {
  if (isMilestoneType(text)) return text;
  if (text === "metric.changed") {
    spot.problem("`metric.changed`", "a milestone of a record: rules on metrics are not in this version yet");
  } else if (text.startsWith("custom.")) {
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

const readWhere = (spot: Spot, given: string | unknown[] | undefined): string[] | undefined => {
  if (given === undefined) return [];
  const spots = Array.isArray(given) ? given.map((_, index) => spot.child(index)) : [spot];
  const lines = spots.map((line) => {
    const text = line.value;
    if (typeof text !== "string") {
      const hint =
        typeof text === "object" && text !== null
          ? "; put quotes around it where it has `: ` or begins with `[` or `{`"
          : "";
      line.problem(inWords(text), `a condition as text, such as \`deal.amount >= 1000\`${hint}`);
      return undefined;
    }
    const compiled = compileExpression(text, "condition");
    if (!("faults" in compiled)) return text;
    for (const fault of compiled.faults) line.textProblem(fault.at, fault.found, fault.expected);
    return undefined;
  });
  const good = lines.filter((line) => line !== undefined);
  return good.length === lines.length ? good : undefined;
};

const readNotify = (spot: Spot, given: string | unknown[] | undefined): ChannelName[] | undefined => {
  if (given === undefined) return ["email"];
  const spots = Array.isArray(given) ? given.map((_, index) => spot.child(index)) : [spot];
  const names: ChannelName[] = [];
  for (const item of spots) {
    const name = channelNames.find((channel) => channel === item.value);
    if (!name) {
      const near = typeof item.value === "string" ? didYouMean(item.value, channelNames) : "";
      item.problem(inWords(item.value), `a channel: ${channelNames.join(", ")}${near}`);
    } else if (names.includes(name)) item.problem(`\`${name}\` again`, "each channel once");
    else names.push(name);
  }
  return names.length === spots.length ? names : undefined;
};

const readOnce = (spot: Spot, given: string | undefined, on: MilestoneType | undefined): Once | undefined => {
  const about = on && subjectKindOf(on);
  if (given === undefined) return about ? { per: "subject", kind: about } : { per: "milestone" };
  if (given === "per milestone") return { per: "milestone" };
  if (given === "per recipient") return { per: "recipient", period: null };
  const kind = subjectKinds.find((candidate) => given === `per ${candidate}`);
  if (!kind) {
    const all = ["per milestone", "per recipient", ...subjectKinds.map((candidate) => `per ${candidate}`)];
    const choices = about ? [`per ${about}`, "per milestone", "per recipient"] : all;
    spot.problem(inWords(given), choices.map((choice) => `\`${choice}\``).join(", ") + didYouMean(given, all));
    return undefined;
  }
  if (about && kind !== about) {
    spot.problem(`\`${given}\` with \`on: ${on}\``, `\`per ${about}\`, \`per milestone\` or \`per recipient\``);
    return undefined;
  }
  return { per: "subject", kind };
};

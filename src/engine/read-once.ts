import type { Window } from "../windows.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { type About, impossibleHolder, isOnMetric } from "./about.ts";
import { isGiven } from "./read-items.ts";
import type { Once, RuleMetric } from "./rule-book.ts";
import { type OnceWords, onceForm } from "./short-forms/once-form.ts";
import { readForm } from "./short-forms/read-form.ts";
import { quoted } from "./short-forms/short-form.ts";

/** Reads `once`, or gives what fits the milestone; undefined where it is wrong. */
export const readOnce = (spot: Spot, about: About | undefined, metric: RuleMetric | null): Once | undefined => {
  if (!isGiven(spot)) return about && defaultOnce(about, metric);
  const words = readForm(spot, onceForm);
  if (!words || !about) return undefined;
  const once = onceOf(words, about);
  if (typeof once !== "string") return once;
  spot.problem(`\`${onceForm.print(words)}\` with \`on: ${about.on}\``, once);
  return undefined;
};

/** A metric is above its bar for many days; without a word of the admin it is rewarded once in each of its periods. */
const defaultOnce = (about: About, metric: RuleMetric | null): Once => {
  if (isOnMetric(about)) return { per: "recipient", period: metric ? periodOf(metric.over) : null };
  return about.kind ? { per: "subject", kind: about.kind } : { per: "milestone" };
};

const periodOf = (over: Window) => (typeof over === "string" && over !== "all" ? over : null);

/** What the words mean for the milestone; a text where they mean nothing there: what to write instead. */
const onceOf = ({ per, period }: OnceWords, about: About): Once | string => {
  if (per === "company" && about.kind === "company" && period === null) return { per: "subject", kind: "company" };
  if (per === "recipient" || per === "owner" || per === "team" || per === "company") {
    const impossible = impossibleHolder(about, per);
    return impossible ? `${alternatives(about)}: ${impossible}` : { per, period };
  }
  if (isOnMetric(about)) return `${alternatives(about)}: a metric changes again and again`;
  if (per === "milestone") return { per: "milestone" };
  return about.kind !== null && per !== about.kind ? alternatives(about) : { per: "subject", kind: per };
};

const alternatives = (about: About): string => {
  const holders = (["recipient", "owner", "team", "company"] as const).filter((each) => !impossibleHolder(about, each));
  if (isOnMetric(about)) return quoted(holders.map((holder) => `per ${holder} per quarter`));
  return quoted([...(about.kind ? [`per ${about.kind}`] : []), "per milestone", "per recipient"]);
};

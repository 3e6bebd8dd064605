import type { Spot } from "../yaml/yaml-source.ts";
import { type About, articled, isOnMetric } from "./about.ts";
import { isGiven } from "./read-items.ts";
import type { Hold } from "./rule-book.ts";
import { holdForm } from "./short-forms/hold-form.ts";
import { readForm } from "./short-forms/read-form.ts";

/** Reads `hold`: null where not given, undefined where it is wrong, or waits for what can never be. */
export const readHold = (spot: Spot, about: About | undefined): Hold | null | undefined => {
  if (!isGiven(spot)) return null;
  const hold = readForm(spot, holdForm);
  if (!hold) return undefined;
  const text = holdForm.print(hold);
  const why = about && impossibleHold(hold, about);
  if (!why) return { text, ...hold };
  spot.problem(`\`${text}\` with \`on: ${about.on}\``, why);
  return undefined;
};

const impossibleHold = ({ for: how, while: held }: Omit<Hold, "text">, about: About): string | undefined => {
  if (how === "window") {
    return isOnMetric(about)
      ? undefined
      : "a length of time, such as `14 days`: only rules on `metric.changed` have a window";
  }
  if (held === null) return undefined;
  if (isOnMetric(about)) return "a hold without `while`: a metric is neither won, open nor subscribed";
  const wanted = held === "subscribed" ? "contact" : "deal";
  if (about.kind !== null && about.kind !== wanted)
    return `a hold that ${articled(about.kind)} can keep: only ${articled(wanted)} is ${held}`;
  if (about.on === "deal.won" && held === "open") return "`while won`: a deal that was won is not open";
  if (about.on === "deal.lost") return `a hold without \`while ${held}\`: a deal that was lost is not ${held}`;
  return undefined;
};

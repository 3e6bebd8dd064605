import { periods } from "../../windows.ts";
import { itemsOf } from "../read-items.ts";
import type { Limit, Once } from "../rule-book.ts";
import { onceForm } from "../short-forms/once-form.ts";
import type { Lint } from "./lint.ts";

/** Limits that say again what `once` says already. */
export const needlessLimits: Lint = ({ rules }) => {
  for (const { rule, spot } of rules) {
    const places = itemsOf(spot.child("limits"));
    for (const [index, limit] of rule.limits.entries()) {
      if (!repeats(limit, rule.once)) continue;
      (places[index] ?? spot).warning(
        `\`${limit.text}\`, which \`once: ${onceText(rule.once)}\` keeps already`,
        "no such limit, or a tighter one",
      );
    }
  }
};

const onceText = (once: Once) =>
  "period" in once ? onceForm.print(once) : once.per === "subject" ? `per ${once.kind}` : "per milestone";

/** `once: per owner per quarter` rewards each recipient of an owner's milestones once in a quarter: one recipient at most once. */
const repeats = ({ count, per, period }: Limit, once: Once): boolean => {
  if (count === null || !("period" in once) || once.per !== "recipient" || per !== "recipient") return false;
  if (once.period === null) return true;
  // a quarter holds its months whole; a week may reach over the end of one
  const nested = periods.filter((each) => each !== "week");
  const inside =
    period !== null &&
    (period === once.period ||
      (nested.indexOf(period as "day") !== -1 &&
        nested.indexOf(period as "day") <= nested.indexOf(once.period as "day")));
  return inside;
};

import type { Rule } from "../rule-book.ts";
import { quoted } from "../short-forms/short-form.ts";
import type { Lint } from "./lint.ts";

/** What makes a goal SMART: something measured, an end, a cap on what is given, and the goal itself. In shadow the goal alone. */
export const smartGoals: Lint = ({ rules }) => {
  for (const { rule, spot } of rules) {
    const missing = Object.entries(parts).filter(
      ([, { has, inShadow }]) => !has(rule) && (inShadow || rule.mode === "active"),
    );
    if (missing.length === 0) continue;
    const names = missing.map(([name]) => name);
    const last = names.pop();
    spot.warning(
      `no ${names.length > 0 ? `${names.join(", no ")} and no ` : ""}${last}`,
      `a goal that is SMART: add ${missing.map(([, { add }]) => quoted(add)).join("; ")}`,
    );
  }
};

const parts: Record<string, { has(rule: Rule): boolean; add: string[]; inShadow: boolean }> = {
  "measurable condition": { has: ({ where }) => where.length > 0, add: ["where:"], inShadow: false },
  "end date": { has: ({ until }) => until !== null, add: ["until:"], inShadow: false },
  cap: {
    has: ({ limits, budget, once }) => limits.length > 0 || budget !== null || "period" in once,
    add: ["limits:", "budget:", "once: per recipient"],
    inShadow: false,
  },
  "goal (KPI)": { has: ({ kpi }) => kpi !== null, add: ["kpi:"], inShadow: true },
};

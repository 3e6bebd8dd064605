/** What `accolade rules check` looks at beyond what is wrong. Each lint is a file beside this one; this is the list of them. */
import { contradictions } from "./contradictions.ts";
import type { Lint } from "./lint.ts";
import { needlessLimits } from "./needless-limits.ts";
import { overlaps } from "./overlaps.ts";
import { pastWindows } from "./past-windows.ts";
import { shortBudgets } from "./short-budgets.ts";
import { smartGoals } from "./smart-goals.ts";

export const lints: readonly Lint[] = [contradictions, overlaps, shortBudgets, needlessLimits, pastWindows, smartGoals];

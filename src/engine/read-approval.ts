import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import type { Known } from "./known.ts";
import { checkCurrencies } from "./read-currencies.ts";
import { isGiven } from "./read-items.ts";
import type { Approval, RewardPart } from "./rule-book.ts";
import { approvalForm } from "./short-forms/approval-form.ts";
import { readForm } from "./short-forms/read-form.ts";

/** Reads `approval`: null where not given, undefined where it is wrong. */
export const readApproval = (
  spot: Spot,
  parts: readonly Pick<RewardPart, "value">[] | undefined,
  known: Known,
): Approval | null | undefined => {
  if (!isGiven(spot)) return null;
  const approval = readForm(spot, approvalForm);
  if (!approval) return undefined;
  if (approval.above) checkCurrencies(spot, approval.above.currency, parts, known);
  if (approval.by !== "manager" && !known.approvers.has(approval.by)) {
    const groups = ["manager", ...known.approvers];
    const at = typeof spot.value === "string" ? spot.value.lastIndexOf(approval.by) : 0;
    spot.textProblem(
      Math.max(0, at),
      inWords(approval.by),
      `a group of approvers in accolade.yaml, or \`manager\`: ${groups.join(", ")}${didYouMean(approval.by, groups)}`,
    );
    return undefined;
  }
  return { text: approvalForm.print(approval), ...approval };
};

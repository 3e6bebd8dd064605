/** Where a grant begins, or comes back to: a hold goes before an approval, and both before an order. */
import type { GrantState } from "../ledger/grant-states.ts";
import { type MoveReason, reason } from "../ledger/move-reasons.ts";
import type { Corridor } from "./corridor.ts";
import { sameSort, worthIn } from "./decide-cost.ts";
import type { DueGrant } from "./decide-due.ts";
import type { Taken } from "./decide-room.ts";

export interface Beginning {
  state: GrantState;
  taken: Taken;
  /** Who must approve, now or after the hold; null where nobody. */
  approvalBy: string | null;
  approvalDays: number | null;
  approvalUntil: Date | null;
  why: MoveReason;
}

const DAY_MS = 86_400_000;

export const beginningOf = (corridor: Corridor, grant: DueGrant, taken: Taken, decidedAt: Date): Beginning => {
  const { rule, releaseAt } = grant;
  const approval = needsApproval(corridor, grant) ? rule.approval : null;
  const common = {
    taken,
    approvalBy: approval?.by ?? null,
    approvalDays: approval?.withinDays ?? null,
    approvalUntil: null,
  };
  const why = reason("rule", { rule: rule.id });
  if (rule.mode === "shadow") return { ...common, state: "shadow", why };
  if (taken.unfunded)
    return { ...common, state: "held", why: reason("rule_no_money", { rule: rule.id, budget: rule.budget ?? "" }) };
  if (releaseAt !== null && releaseAt > decidedAt.toISOString())
    return { ...common, state: "held", why: reason("rule_held", { rule: rule.id, hold: rule.hold?.text ?? "" }) };
  if (!approval) return { ...common, state: "approved", why };
  const approvalUntil = new Date(decidedAt.getTime() + approval.withinDays * DAY_MS);
  return {
    ...common,
    state: "awaiting_approval",
    approvalUntil,
    why: reason("rule_approval", { rule: rule.id, approval: approval.text }),
  };
};

/** A value that cannot be compared with the bar, for want of an exchange rate, needs approval. */
const needsApproval = ({ workspace }: Corridor, { rule, value, seen }: DueGrant): boolean => {
  const { approval } = rule;
  if (!approval) return false;
  if (!approval.above) return true;
  if (!sameSort(value.currency, approval.above.currency)) return false;
  const worth = worthIn(workspace, value, approval.above.currency, seen.milestone.occurredAt);
  return worth === null || worth.minor > approval.above.minor;
};

/**
 * What undoes a reward that was due: the deal is lost, opened again, deleted, worth less than the rule asks for, or its
 * payment is refunded. Pure. A reward is *ended* by a change that only a new milestone can make good (the deal must be
 * won again), and *suspended* by one that can be taken back as it is (a deleted deal is restored).
 */
import type { Match, Matcher } from "../engine/index.ts";
import type { UndoneReason } from "../ledger/undone.ts";
import type { Milestone } from "../records/milestones.ts";
import type { DealView, Situation } from "../situation.ts";

type Rule = Match["rule"];

/** What one milestone does to a reward that stands. */
export type Effect =
  | { kind: "ends"; why: UndoneReason }
  | { kind: "suspends" | "resumes"; cause: "deleted" | "amount" | "refund"; why: UndoneReason };

/** A reward as far as this needs to know it. */
export interface Standing {
  rule: Rule;
  milestone: Milestone;
  situation: Situation;
  matcher: Matcher;
  /** Held until then; null where it is not held. */
  releaseAt: string | null;
  /** Paid back so far, in the deal's currency; kept by `effectOf`. */
  refunded: number;
}

/** `judged` happened to the same record after the milestone of `standing`. Few of its kinds need its situation. */
export const effectOf = (
  standing: Standing,
  judged: { milestone: Milestone; readonly situation: Situation },
): Effect | null => {
  const later = judged.milestone;
  const { rule, milestone, releaseAt } = standing;
  const held = releaseAt !== null && later.at <= releaseAt;
  if (held && breaks(rule.hold?.while ?? null, later.type)) return { kind: "ends", why: reasonOf(later.type) };
  if (!milestone.type.startsWith("deal.")) return null;
  if (milestone.type !== "deal.deleted") {
    if (later.type === "deal.deleted") return { kind: "suspends", cause: "deleted", why: "deal.deleted" };
    if (later.type === "deal.restored") return { kind: "resumes", cause: "deleted", why: "deal.deleted" };
  }
  if (milestone.type !== "deal.won") return null;
  switch (later.type) {
    case "deal.lost":
    case "deal.reopened":
      return { kind: "ends", why: later.type };
    case "deal.amount_changed":
      return barEffect(standing, judged.situation.deal);
    case "payment.refunded":
      return refundEffect(standing, judged.situation);
    case "payment.received":
      standing.refunded = 0;
      return { kind: "resumes", cause: "refund", why: "payment.refunded" };
    default:
      return null;
  }
};

const breaks = (condition: NonNullable<Rule["hold"]>["while"], type: string): boolean => {
  if (condition === "won") return type === "deal.lost" || type === "deal.reopened";
  if (condition === "open") return type === "deal.won" || type === "deal.lost";
  return condition === "subscribed" && type === "contact.unsubscribed";
};

const reasonOf = (type: string): UndoneReason =>
  type === "deal.won" || type === "deal.lost" || type === "deal.reopened" || type === "contact.unsubscribed"
    ? type
    : "correction";

/** The rule's conditions on the amount, with the amount that the deal has now. */
const barEffect = (standing: Standing, now: DealView | null): Effect | null => {
  const before = standing.situation.deal;
  if (!now || !before) return null;
  const { amount, amount_original, currency } = now;
  const below = failsWith(standing, { ...before, amount, amount_original, currency });
  return { kind: below ? "suspends" : "resumes", cause: "amount", why: "deal.amount_changed" };
};

/** A refund of a part leaves the deal with what is left; one without an amount is of everything. */
const refundEffect = (standing: Standing, seen: Situation): Effect => {
  const deal = seen.deal ?? standing.situation.deal;
  const part = seen.details.amount;
  const whole = deal?.amount_original ?? null;
  const undone: Effect = { kind: "suspends", cause: "refund", why: "payment.refunded" };
  if (!deal || whole === null || whole <= 0 || typeof part !== "number" || part <= 0) return undone;
  standing.refunded += part;
  const left = 1 - standing.refunded / whole;
  if (left <= 0) return undone;
  const amount = deal.amount === null ? null : deal.amount * left;
  return failsWith(standing, { ...deal, amount, amount_original: whole * left })
    ? undone
    : { kind: "resumes", cause: "refund", why: "payment.refunded" };
};

const amountPaths = ["deal.amount", "deal.amount_original"];

/** Whether a condition on the amount does not hold for the deal as it is given. */
const failsWith = ({ matcher, rule, situation }: Standing, deal: DealView): boolean =>
  (matcher.explain({ ...situation, deal }, rule.id)[0]?.lines ?? []).some(
    (line) => !line.held && Object.keys(line.saw).some((path) => amountPaths.includes(path)),
  );

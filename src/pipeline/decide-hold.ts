/** Rules that hold a reward back: until when, and what they see by then. Pure. */
import { DateTime } from "luxon";
import type { Match } from "../engine/index.ts";
import type { Situation } from "../situation.ts";
import { startOfDay } from "../windows.ts";

/** The instant at which a held reward is released, ISO 8601 in UTC; null where the rule does not hold it. */
export const releaseOf = ({ hold }: Match["rule"], situation: Situation, timeZone: string): string | null => {
  if (!hold) return null;
  if (hold.for === "window") return situation.metric ? startOfDay(situation.metric.until, timeZone) : null;
  // calendar days and months: 14 days over a change of the clocks end at the same hour of the day
  return DateTime.fromISO(situation.milestone.occurredAt, { zone: timeZone })
    .plus({ [hold.for.unit]: hold.for.count })
    .toJSDate()
    .toISOString();
};

/**
 * What a holding rule judges in the end: the milestone as it was, with the owner and the amount that the deal has when
 * the reward is released.
 */
export const heldSituation = (then: Situation, release: Situation): Situation => {
  const { deal } = then;
  const { amount, amount_original, currency } = release.deal ?? { amount: null, amount_original: null, currency: null };
  return {
    ...then,
    deal: deal && release.deal ? { ...deal, amount, amount_original, currency } : deal,
    owner: release.owner,
    manager: release.manager,
    team: release.team,
    contributors: release.contributors,
  };
};

/**
 * The metrics room: what records add to the KPIs, the sums of that, and the KPIs that follow from the sums. A new metric is
 * one file and its line in this list.
 */
import { activityRate } from "./activity-rate.ts";
import { campaignValue } from "./campaign-value.ts";
import { churnRate } from "./churn-rate.ts";
import { closeRate } from "./close-rate.ts";
import type { Of } from "./contribution.ts";
import { crossSellRate } from "./cross-sell-rate.ts";
import { customerAcquisitionCost } from "./customer-acquisition-cost.ts";
import { customerLifetimeValue } from "./customer-lifetime-value.ts";
import { cycleDays } from "./cycle-days.ts";
import { effortScore } from "./effort-score.ts";
import { firstContactResolution } from "./first-contact-resolution.ts";
import { leadVelocity } from "./lead-velocity.ts";
import type { Metric } from "./metric.ts";
import { netNewRevenue } from "./net-new-revenue.ts";
import { netPromoterScore } from "./net-promoter-score.ts";
import { recordCompleteness } from "./record-completeness.ts";
import { referrals } from "./referrals.ts";
import { retentionCost } from "./retention-cost.ts";
import { retentionRate } from "./retention-rate.ts";
import { satisfactionScore } from "./satisfaction-score.ts";
import { speedToLead } from "./speed-to-lead.ts";
import { stageDays } from "./stage-days.ts";
import { subscriberRate } from "./subscriber-rate.ts";
import { upsellRate } from "./upsell-rate.ts";

export const metrics: readonly Metric[] = [
  closeRate,
  upsellRate,
  crossSellRate,
  stageDays,
  cycleDays,
  leadVelocity,
  netNewRevenue,
  customerLifetimeValue,
  customerAcquisitionCost,
  campaignValue,
  subscriberRate,
  churnRate,
  retentionRate,
  retentionCost,
  netPromoterScore,
  effortScore,
  satisfactionScore,
  firstContactResolution,
  speedToLead,
  recordCompleteness,
  activityRate,
  referrals,
];

export const metricByName = (name: string): Metric | undefined => metrics.find((metric) => metric.name === name);

/** Raised when what any series holds means something else than before: everything is then computed anew at the next start. */
export const DEFINITIONS = 1;

export interface KnownMetric {
  about: string;
  unit: string;
  of: readonly Of[];
  /** By name: its values, the first of which is the default. `*` stands for any other text. */
  options: Readonly<Record<string, readonly string[]>>;
}

/** What rules may name, by name. */
export const knownMetrics: ReadonlyMap<string, KnownMetric> = new Map(
  metrics.map(({ name, about, unit, of, options }) => [name, { about, unit, of, options }]),
);

/** Every option of the metric, with its default where none is given. */
export const allOptions = (metric: Metric, given: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metric.options).map(([name, values]) => [name, given[name] ?? values[0] ?? ""]));

export { activityOwners } from "./activity.ts";
export { answer, type Question } from "./answer.ts";
export { requiredFields } from "./completeness.ts";
export type { MetricContext } from "./context.ts";
export {
  addTo,
  type Cells,
  type Contributions,
  cellOf,
  NOTHING,
  type Of,
  subjectKinds,
} from "./contribution.ts";
export { basisOf, contributionsOf } from "./contributions-of.ts";
export { type Cost, costContributions } from "./cost.ts";
export { type Customer, customerContributions, customerSince, type Purchase } from "./customer.ts";
export { winOf } from "./deal.ts";
export { convertedOn } from "./lead.ts";
export { isGone } from "./life.ts";
export type { Metric } from "./metric.ts";
export { type Referred, referredBy } from "./referral.ts";
export { type ContributionKey, changeCells, loadContributions, sameContributions, saveContributions } from "./store.ts";
export { type Timeline, timelineOf } from "./timeline.ts";

/** What a cost adds: its amount, spread evenly over its days so that the parts add up to it. */
import { DateTime } from "luxon";
import { exponentOf } from "../money.ts";
import { exchanged } from "../rates.ts";
import type { MetricContext } from "./context.ts";
import { type Contributions, collector, type Subject, WORKSPACE } from "./contribution.ts";

export interface Cost {
  id: string;
  kind: "acquisition" | "retention" | "campaign";
  /** Major units, as decimal text. */
  amount: string;
  currency: string;
  /** Local calendar days, both included. */
  from: string;
  until: string;
  campaign: string | null;
  team: string | null;
  /** `connection/user id`. */
  owner: string | null;
  note: string | null;
}

/** It counts for the subjects that it names, and for the workspace. Exchanged at the rate of its first day. */
export const costContributions = (cost: Cost, { exchange }: Pick<MetricContext, "exchange">): Contributions => {
  const into = collector();
  const minor = exchanged(exchange, Number(cost.amount), cost.currency, cost.from);
  if (minor === null || exponentOf(cost.currency) === undefined) return into.done();
  const slash = cost.owner?.indexOf("/") ?? -1;
  const owner: Subject[] = cost.owner ? [["owner", cost.owner.slice(0, slash), cost.owner.slice(slash + 1)]] : [];
  const team: Subject[] = cost.team ? [["team", "", cost.team]] : [];
  const campaign: Subject[] = cost.campaign ? [["campaign", "", cost.campaign]] : [];
  for (const { day, part } of spread(minor, cost.from, cost.until)) {
    into.add(`cost_${cost.kind}`, day, part, [...owner, ...team, ...campaign, WORKSPACE]);
    if (campaign.length > 0) into.add("cost_of_campaigns", day, part, [...campaign, WORKSPACE]);
  }
  return into.done();
};

/** Whole minor units by day; the first days have one more where it does not divide. */
export const spread = (minor: number, from: string, until: string): { day: string; part: number }[] => {
  const first = DateTime.fromISO(from, { zone: "utc" });
  const days = Math.round(DateTime.fromISO(until, { zone: "utc" }).diff(first, "days").days) + 1;
  const [each, rest] = [Math.floor(minor / days), minor % days];
  return Array.from({ length: days }, (_, index) => ({
    day: first.plus({ days: index }).toISODate() ?? from,
    part: each + (index < rest ? 1 : 0),
  }));
};

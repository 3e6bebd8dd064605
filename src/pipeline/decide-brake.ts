/** The velocity brake: spending far above what is usual stops all sending until a person has looked. */
import type { Brake } from "../config-money.ts";
import type { Sql } from "../db/sql.ts";
import { formatMoney, type Money, majorOf, moneyFromMajor, POINTS } from "../money.ts";
import type { Corridor, Workspace } from "./corridor.ts";
import { worthIn } from "./decide-cost.ts";
import { pauseSending } from "./pause.ts";

const HOUR_MS = 3_600_000;
const USUAL_HOURS = 28 * 24;

/**
 * Pauses all sending, in the deciding transaction, where what was granted lately is far above what is usual. What was
 * granted before a person last let sending go on is not counted again. Does nothing without `brake:` in accolade.yaml.
 */
export const applyBrake = async ({ brake, workspace }: Corridor, tx: Sql, decidedAt: Date): Promise<void> => {
  if (!brake) return;
  const since = new Date(decidedAt.getTime() - brake.overMs);
  const recent = await tx.rows<Money>(
    `select cost_currency as currency, sum(cost_minor)::bigint as minor from grants
     where granted_at > greatest($1, (select max(resumed_at) from pauses where scope = 'all')) and granted_at <= $2 and ${COUNTED}
       and not exists (select from pauses where scope = 'all' and resumed_at is null)
     group by cost_currency`,
    [since, decidedAt],
  );
  const granted = inSum(recent, workspace, decidedAt);
  // the common case by far: not even what is usual need be known
  if (!isAboveLeast(brake, granted)) return;
  const why = brakeReason(brake, granted, inSum(await usualBefore(tx, since), workspace, since));
  if (why) await pauseSending(tx, { scope: "all", since: decidedAt, by: "brake", why });
};

/** Money in minor units of the workspace currency, and points apart. */
export interface Spent {
  money: Money;
  points: number;
}

/**
 * Why to brake, for people; undefined where there is no reason to. `granted`: within the stretch that the brake looks at.
 * `usual`: in the 28 days before it.
 */
export const brakeReason = (brake: Brake, granted: Spent, usual: Spent): string | undefined => {
  const hours = brake.overMs / HOUR_MS;
  const bar = (least: number, total: number) =>
    Math.max(least, Math.round((brake.factor * total * hours) / USUAL_HOURS));
  const stretch = hours === 1 ? "an hour" : hours > 1 ? `${hours} hours` : `${Math.round(hours * 60)} minutes`;
  const { currency } = brake.least;
  const say = (minor: number, top: number, unit: string) =>
    `${formatMoney({ minor, currency: unit })} were granted within ${stretch}, and the brake stops above ${formatMoney({ minor: top, currency: unit })}`;
  const top = bar(brake.least.minor, usual.money.minor);
  if (granted.money.minor > top) return say(granted.money.minor, top, currency);
  if (brake.points === null) return undefined;
  const topPoints = bar(brake.points, usual.points);
  return granted.points > topPoints ? say(granted.points, topPoints, POINTS) : undefined;
};

const isAboveLeast = (brake: Brake, { money, points }: Spent) =>
  money.minor > brake.least.minor || (brake.points !== null && points > brake.points);

/** Amounts in a currency without a rate count one for one: rather too early than never. */
const inSum = (amounts: readonly Money[], workspace: Workspace, at: Date): Spent => {
  const { currency } = workspace;
  let minor = 0;
  let points = 0;
  for (const amount of amounts) {
    if (amount.currency === POINTS) points += amount.minor;
    else {
      const worth = worthIn(workspace, amount, currency, at.toISOString()) ?? moneyFromMajor(majorOf(amount), currency);
      minor += worth?.minor ?? 0;
    }
  }
  return { money: { minor, currency }, points };
};

const COUNTED = "state not in ('shadow', 'cancelled', 'declined')";

/** What was granted in the 28 days before the hour in which `since` lies; counted once for each hour, then kept. */
const usualBefore = (tx: Sql, since: Date): Promise<Money[]> =>
  tx.rows<Money>(
    `with kept as (
       select currency, minor from usual_spend where hour = $1
     ), counted as (
       insert into usual_spend (hour, currency, minor)
       select $1, cost_currency, sum(cost_minor)::bigint from grants
       where granted_at > $1::timestamptz - interval '28 days' and granted_at <= $1 and ${COUNTED} and not exists (select from kept)
       group by cost_currency on conflict do nothing returning currency, minor
     ), forgotten as (
       delete from usual_spend where hour < $1::timestamptz - interval '2 days'
     )
     select currency, minor from kept union all select currency, minor from counted`,
    [new Date(Math.floor(since.getTime() / HOUR_MS) * HOUR_MS)],
  );

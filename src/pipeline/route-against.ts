/** What speaks against sending an order to a provider of its reward: for good, or at this moment. */
import type { Sql } from "../db/sql.ts";
import type { Route } from "../engine/index.ts";
import { formatMoney, type Money } from "../money.ts";
import { type Worded, worded, wording } from "../wordings.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { heldThrough } from "./debts.ts";
import type { GrantView } from "./grant-view.ts";
import { pausesInForce } from "./pause.ts";
import { standingOf } from "./provider-standing.ts";
import { countryOf } from "./recipient-country.ts";

/** What keeps an order from a provider. `hard`: it cannot go there at all; otherwise only while there is another one. */
export interface Against {
  hard: boolean;
  /** Goes on after the provider's name: `is paused`. */
  why: string;
}

const A_MINUTE = 60_000;
const BALANCE_COUNTS_MS = 30 * A_MINUTE;
const FRESH_BALANCE_MS = 2 * A_MINUTE;
const SILENCE_COUNTS_MS = 10 * A_MINUTE;

/** What the rule book says against it, whatever the moment. */
export const fixedAgainst = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  { provider, countries, currencies, atLeast, atMost }: Route,
): Promise<Against | undefined> => {
  const hard = (why: string): Against => ({ hard: true, why });
  const open = corridor.providers.get(provider);
  if (!open) return hard("is not in accolade.yaml");
  const { value, cost, recipient } = grant;
  if (currencies && !currencies.includes(value.currency)) return hard(`is not used for ${value.currency}`);
  for (const bound of [atLeast, atMost])
    if (bound && bound.currency !== value.currency) return hard(`is used for ${bound.currency} only`);
  if (atLeast && value.minor < atLeast.minor) return hard(`is used from ${formatMoney(atLeast)} on`);
  if (atMost && value.minor > atMost.minor) return hard(`is used up to ${formatMoney(atMost)}`);
  if (countries) {
    const known = countryOf(recipient);
    const only = `is only for ${countries.join(", ")}`;
    if (!known) return hard(`${only}, and nobody knows the recipient's country (add their phone number or time zone)`);
    if (!countries.includes(known.country))
      return hard(`${only}, and the recipient's ${known.by} is of ${known.country}`);
  }
  if (open.kind.wholeOnly) {
    const payable = cost.minor - (await heldThrough(tx, grant.id));
    if (payable > 0 && payable < cost.minor) return hard("gives nothing in part");
  }
  return undefined;
};

/** What speaks against it now and may not in a minute. */
export const presentAgainst = async (
  corridor: Corridor,
  tx: Sql,
  { value }: GrantView,
  { id, provider }: OpenProvider,
  { options }: Route,
): Promise<Against | undefined> => {
  if ((await pausesInForce(tx)).some(({ scope }) => scope === `provider:${id}`))
    return { hard: true, why: "is paused" };
  const catalog = corridor.catalogs.of(id);
  const misfit = catalog && provider.misfit?.(options, value, catalog);
  if (misfit) return { hard: false, why: `does not offer it (${misfit})` };
  const standing = await standingOf(tx, id);
  const has = balanceIn(standing, value.currency, corridor.now(), BALANCE_COUNTS_MS);
  if (has !== undefined && has < value.minor)
    return { hard: false, why: `has only ${formatMoney({ minor: has, currency: value.currency })}` };
  if (standing?.trouble === "funds" && has === undefined) return { hard: false, why: "has no money" };
  // what is kept in our own database is never silent
  if (provider.settleAfterMs > 0 && (await isSilent(tx, id, corridor.now())))
    return { hard: false, why: "did not answer lately" };
  return undefined;
};

const balanceIn = (
  standing: Awaited<ReturnType<typeof standingOf>>,
  currency: string,
  now: Date,
  withinMs: number,
): number | undefined =>
  standing?.balance_at && now.getTime() - standing.balance_at.getTime() <= withinMs
    ? standing.balance?.find((each) => each.currency === currency)?.minor
    : undefined;

/** It said just now that it has less than this order needs, so there is no use in asking: why, in words. */
export const tooPoor = async (
  corridor: Corridor,
  tx: Sql,
  { id }: OpenProvider,
  value: Money,
): Promise<Worded | undefined> => {
  const standing = await standingOf(tx, id);
  const has = balanceIn(standing, value.currency, corridor.now(), FRESH_BALANCE_MS);
  if (standing?.trouble !== "funds" || has === undefined || has >= value.minor) return undefined;
  return worded(wording("poor", { provider: id, left: { minor: has, currency: value.currency }, value }));
};

/** Nobody knows what became of its last three orders. */
const isSilent = async (tx: Sql, id: string, now: Date): Promise<boolean> => {
  const row = await tx.row<{ silent: number }>(
    `select count(*) filter (where outcome = 'unknown' and finished_at > $2)::int as silent from (
       select outcome, finished_at from attempts where target = $1 and what = 'order' and outcome is not null
       order by id desc limit 3) as last`,
    [id, new Date(now.getTime() - SILENCE_COUNTS_MS)],
  );
  return row?.silent === 3;
};

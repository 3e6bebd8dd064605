/**
 * Which provider of a reward an order goes to. Asked only while nothing stands at any of them: the grant is approved, or its
 * order was just refused or is known not to exist.
 */
import type { Sql } from "../db/sql.ts";
import type { Route } from "../engine/index.ts";
import { formatMoney, type Money } from "../money.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { heldThrough } from "./debts.ts";
import { type GrantView, titlesOf } from "./grant-view.ts";
import { pausesInForce } from "./pause.ts";
import { standingOf } from "./provider-standing.ts";
import { countryOf } from "./recipient-country.ts";

export interface Chosen {
  /** Its place among the reward's `via`. */
  route: number;
  open: OpenProvider;
  options: unknown;
  /** Why not an earlier one, for a person; null where there is none. */
  why: string | null;
}

export type Choice =
  | { what: "route"; chosen: Chosen }
  | { what: "wait"; why: string; ms: number }
  /** Each of them refused it for good. */
  | { what: "never"; why: string };

/** What keeps an order from a provider. `hard`: it cannot go there at all; otherwise only while there is another one. */
interface Against {
  hard: boolean;
  /** Goes on after the provider's name: `is paused`. */
  why: string;
}

const A_MINUTE = 60_000;
const AN_HOUR = 60 * A_MINUTE;
const BALANCE_COUNTS_MS = 30 * A_MINUTE;
const FRESH_BALANCE_MS = 2 * A_MINUTE;
const SILENCE_COUNTS_MS = 10 * A_MINUTE;

/** The grant is locked by the caller. */
export const chooseRoute = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<Choice> => {
  const { via, options } = await titlesOf(corridor, tx, grant);
  // one provider, or a rule version that nobody can read any more
  const [only = { provider: grant.provider, options }, ...others] = via;
  if (others.length === 0) {
    const open = corridor.providers.get(grant.provider);
    if (!open)
      return {
        what: "wait",
        why: `accolade.yaml has no provider "${grant.provider}" any more: put it back`,
        ms: A_MINUTE,
      };
    const poor = await tooPoor(corridor, tx, open, grant.value);
    if (poor) return { what: "wait", why: poor, ms: 10 * A_MINUTE };
    return { what: "route", chosen: { route: 0, open, options: only.options, why: null } };
  }
  return among(corridor, tx, grant, via);
};

/** Whether another provider could take what the present one did not, and was not asked in vain in the same walk. */
export const hasAnotherRoute = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<boolean> => {
  const { via } = await titlesOf(corridor, tx, grant);
  if (via.length < 2) return false;
  const tried = await refusalsOf(tx, grant.id);
  const pauses = await pausesInForce(tx);
  const current = await tx.row<{ route: number }>("select route from orders where grant_id = $1", [grant.id]);
  for (const [index, route] of via.entries()) {
    if (index === current?.route || tried.some((each) => each.route === index && counts(each, grant))) continue;
    if (pauses.some(({ scope }) => scope === `provider:${route.provider}`)) continue;
    if (!(await fixedAgainst(corridor, tx, grant, route))) return true;
  }
  return false;
};

const among = async (corridor: Corridor, tx: Sql, grant: GrantView, via: readonly Route[]): Promise<Choice> => {
  const refusals = await refusalsOf(tx, grant.id);
  const fixed = await Promise.all(via.map((route) => fixedAgainst(corridor, tx, grant, route)));
  const possible = [...via.keys()].filter((index) => fixed[index] === undefined);
  const name = (index: number) => via[index]?.provider ?? "";
  const inWords = (against: ReadonlyMap<number, string>) =>
    [...against].map(([index, why]) => `${name(index)} ${why}`).join("; ");
  if (possible.length === 0) {
    const why = inWords(new Map(fixed.flatMap((each, index) => (each ? [[index, each.why] as const] : []))));
    return { what: "wait", why: `no provider of this reward fits: ${why}`, ms: AN_HOUR };
  }
  const refusedBy = (index: number, ...how: Refusal["refused"][]) =>
    refusals.find((each) => each.route === index && how.includes(each.refused));
  let willing = possible.filter((index) => !refusedBy(index, "permanent"));
  if (willing.length === 0) {
    const why = inWords(
      new Map(possible.map((index) => [index, `refused it: ${refusedBy(index, "permanent")?.refused_detail}`])),
    );
    // from where it failed, only a person brings it back: then all of them are asked once more
    if (grant.state !== "approved") return { what: "never", why };
    willing = possible;
  }
  const tried = (index: number) => refusals.find((each) => each.route === index && counts(each, grant));
  let left = willing.filter((index) => !tried(index));
  if (left.length === 0) {
    // each was asked in vain: a new walk begins
    await tx.run(
      "update grants set walk_from = (select coalesce(max(round), 0) + 1 from orders_past where grant_id = $1) where id = $1",
      [grant.id],
    );
    left = willing;
  }
  const against = new Map<number, string>();
  const unpaused: number[] = [];
  for (const index of via.keys()) {
    const before = fixed[index] ?? (left.includes(index) ? undefined : triedInWords(tried(index)));
    const open = corridor.providers.get(name(index));
    const route = via[index];
    if (before || !open || !route) {
      if (before) against.set(index, before.why);
      continue;
    }
    const now = await presentAgainst(corridor, tx, grant, open, route);
    if (!now) return chosenOf(index, open, route, inWords(against));
    against.set(index, now.why);
    if (!now.hard) unpaused.push(index);
  }
  // none is in good order: the first of them that is not paused is asked all the same
  const index = unpaused[0] ?? left[0] ?? 0;
  const [open, route] = [corridor.providers.get(name(index)), via[index]];
  if (!open || !route) return { what: "wait", why: inWords(against), ms: AN_HOUR };
  const poor = unpaused.length < 2 ? await tooPoor(corridor, tx, open, grant.value) : undefined;
  if (poor) return { what: "wait", why: poor, ms: 10 * A_MINUTE };
  against.delete(index);
  return chosenOf(index, open, route, inWords(against));
};

const chosenOf = (route: number, open: OpenProvider, { options }: Route, against: string): Choice => ({
  what: "route",
  chosen: { route, open, options, why: against === "" ? null : against },
});

interface Refusal {
  route: number;
  round: number;
  refused: "permanent" | "configuration" | "funds" | "absent" | "expired" | "paused";
  refused_detail: string | null;
}

const refusalsOf = (tx: Sql, grantId: string): Promise<Refusal[]> =>
  tx.rows<Refusal>(
    `select route, round, refused, refused_detail from orders_past
     where grant_id = $1 and refused is not null order by round desc`,
    [grantId],
  );

/** An order whose key had grown too old, or that met a pause, says nothing against its provider. */
const counts = ({ round, refused }: Refusal, { walk_from }: GrantView) =>
  refused === "permanent" || (round >= walk_from && refused !== "expired" && refused !== "paused");

const triedInWords = (refusal: Refusal | undefined): Against | undefined =>
  refusal && {
    hard: true,
    why: refusal.refused === "absent" ? "did not take it" : `refused it (${refusal.refused})`,
  };

/** What the rule book says against it, whatever the moment. */
const fixedAgainst = async (
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
const presentAgainst = async (
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
): Promise<string | undefined> => {
  const standing = await standingOf(tx, id);
  const has = balanceIn(standing, value.currency, corridor.now(), FRESH_BALANCE_MS);
  if (standing?.trouble !== "funds" || has === undefined || has >= value.minor) return undefined;
  const left = formatMoney({ minor: has, currency: value.currency });
  return `${id} has ${left} left, and this needs ${formatMoney(value)}: add money there, and it goes on by itself`;
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

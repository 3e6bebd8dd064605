/**
 * Which provider of a reward an order goes to. Asked only while nothing stands at any of them: the grant is approved, or its
 * order was just refused or is known not to exist.
 */
import type { Sql } from "../db/sql.ts";
import type { Route } from "../engine/index.ts";
import { type Worded, worded, wording } from "../wordings.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { type GrantView, titlesOf } from "./grant-view.ts";
import { pausesInForce } from "./pause.ts";
import { type Against, fixedAgainst, presentAgainst, tooPoor } from "./route-against.ts";

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
  | { what: "wait"; why: Worded; ms: number }
  /** Each of them refused it for good. */
  | { what: "never"; why: Worded };

const A_MINUTE = 60_000;
const AN_HOUR = 60 * A_MINUTE;

/** The grant is locked by the caller. */
export const chooseRoute = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<Choice> => {
  const { via, options } = await titlesOf(corridor, tx, grant);
  // one provider, or a rule version that nobody can read any more
  const [only = { provider: grant.provider, options }, ...others] = via;
  if (others.length === 0) {
    const open = corridor.providers.get(grant.provider);
    if (!open) return { what: "wait", why: noProvider(grant.provider), ms: A_MINUTE };
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
  const fixed: (Against | undefined)[] = [];
  // one after the other: they share the one connection of the transaction
  for (const route of via) fixed.push(await fixedAgainst(corridor, tx, grant, route));
  const possible = [...via.keys()].filter((index) => fixed[index] === undefined);
  const name = (index: number) => via[index]?.provider ?? "";
  const inWords = (against: ReadonlyMap<number, string>) =>
    [...against].map(([index, why]) => `${name(index)} ${why}`).join("; ");
  if (possible.length === 0) {
    const routes = inWords(new Map(fixed.flatMap((each, index) => (each ? [[index, each.why] as const] : []))));
    return { what: "wait", why: worded(wording("no_route", { routes })), ms: AN_HOUR };
  }
  const refusedForGood = (index: number) =>
    refusals.find((each) => each.route === index && each.refused === "permanent" && counts(each, grant));
  let willing = possible.filter((index) => !refusedForGood(index));
  if (willing.length === 0) {
    const why = inWords(
      new Map(possible.map((index) => [index, `refused it: ${refusedForGood(index)?.refused_detail}`])),
    );
    // not on its way: whom it fits has changed since they refused, and all of them are asked once more
    if (grant.state !== "approved") return { what: "never", why: { words: why, wording: null } };
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
  if (!open || !route) return { what: "wait", why: { words: inWords(against), wording: null }, ms: AN_HOUR };
  const poor = unpaused.length < 2 ? await tooPoor(corridor, tx, open, grant.value) : undefined;
  if (poor) return { what: "wait", why: poor, ms: 10 * A_MINUTE };
  against.delete(index);
  return chosenOf(index, open, route, inWords(against));
};

/** Nobody took it out of accolade.yaml for this one grant. */
export const noProvider = (provider: string): Worded => worded(wording("no_provider", { provider }));

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

/**
 * An order whose key had grown too old, or that met a pause, says nothing against its provider; nor does anything from before
 * a person tried it again.
 */
const counts = ({ round, refused }: Refusal, { walk_from, retried_from }: GrantView) =>
  round >= retried_from &&
  (refused === "permanent" || (round >= walk_from && refused !== "expired" && refused !== "paused"));

const triedInWords = (refusal: Refusal | undefined): Against | undefined =>
  refusal && {
    hard: true,
    why: refusal.refused === "absent" ? "did not take it" : `refused it (${refusal.refused})`,
  };

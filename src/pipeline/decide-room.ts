/**
 * Room in limits and budgets, checked and taken in the deciding transaction. Deciders take turns, so what is read here at
 * the beginning of a batch is what there is; the constraints of the database hold it all the same.
 */
import type { Sql } from "../db/sql.ts";
import type { Rule } from "../engine/index.ts";
import { type BudgetRow, budgetsById } from "../ledger/budgets.ts";
import type { Money } from "../money.ts";
import type { Corridor } from "./corridor.ts";
import { sameSort, worthIn } from "./decide-cost.ts";
import type { DueGrant } from "./decide-due.ts";
import { periodKey, whose } from "./decide-once.ts";
import type { Persons } from "./decide-persons.ts";
import type { Stop } from "./decide-stops.ts";

/** What a grant took. */
export interface Taken {
  /** What the ledger moves: the value, in the budget's currency where there is one. */
  cost: Money;
  /** The budget that it takes from; null where its rule has none, or one of another sort. */
  budget: string | null;
  /** Its budget was empty: nothing is reserved yet. */
  unfunded: boolean;
}

export interface Room {
  /**
   * Takes what a grant needs, all of it or nothing. `now`: it cannot wait for a budget, because it is past that. `stands`: it
   * was given before, so what the person got under other keys of theirs, perhaps before they were known to be one, does not
   * take it away; `grows`: but it is worth more now, and needs room for that.
   */
  take(grant: DueGrant, how: { now: boolean; stands: boolean; grows: boolean }): Taken | Stop;
  /** Writes what was taken of limits. Reservations are postings, which the caller writes. */
  write(tx: Sql): Promise<void>;
}

interface Use {
  grantId: string;
  key: string;
  count: number;
  minor: number;
}

type Limit = Rule["limits"][number];

/** Reads the room for these grants. Freeing of others in the same batch must be done before. */
export const openRoom = async (
  corridor: Corridor,
  tx: Sql,
  grants: readonly DueGrant[],
  persons: Persons,
): Promise<Room> => {
  const { workspace } = corridor;
  const found = new Map<DueGrant, Map<Limit, [string, ...string[]]>>();
  // asked more than once, and the period that a moment lies in takes its time
  const keysOf = (grant: DueGrant, limit: Limit) => {
    const own = found.get(grant) ?? new Map<Limit, [string, ...string[]]>();
    found.set(grant, own);
    const keys = own.get(limit) ?? limitKeys(grant, limit, workspace.timeZone, persons);
    own.set(limit, keys);
    return keys;
  };
  const keys = grants.flatMap((grant) => grant.rule.limits.flatMap((limit) => keysOf(grant, limit)));
  const totals = await totalsOf(tx, keys);
  const budgets = await budgetsById(
    tx,
    grants.flatMap(({ rule }) => rule.budget ?? []),
  );
  const uses: Use[] = [];

  return {
    take(grant, { now, stands, grows }) {
      const { rule, value, id } = grant;
      if (rule.mode === "shadow") return { cost: value, budget: null, unfunded: false };
      const wanted: Use[] = [];
      for (const limit of rule.limits) {
        const [key, ...others] = keysOf(grant, limit);
        const used = sumOf(totals, stands && (limit.amount === null || !grows) ? [key] : [key, ...others]);
        const asked = amountIn(corridor, grant, limit);
        const stop = overLimit(limit, key, used, asked);
        if (stop) return stop;
        wanted.push({ grantId: id, key, count: 1, minor: asked ?? 0 });
      }
      const taken = takeOfBudget(corridor, grant, budgets.get(rule.budget ?? "") ?? null, now);
      if ("reason" in taken) return taken;
      for (const use of wanted) {
        const used = totals.get(use.key) ?? { count: 0, minor: 0 };
        totals.set(use.key, { count: used.count + use.count, minor: used.minor + use.minor });
      }
      uses.push(...wanted);
      return taken;
    },
    write: (into) => writeUses(into, uses),
  };
};

/**
 * Names the places of a grant in a limit: its own, and those of the other keys of the person whom the limit counts by. A
 * milestone that arrives late counts in the period in which it happened.
 */
const limitKeys = (
  { ruleId, seen, recipientKey }: DueGrant,
  limit: Limit,
  timeZone: string,
  persons: Persons,
): [string, ...string[]] => {
  const holder = whose(limit.per, seen, recipientKey) ?? "nobody";
  const of = (name: string) =>
    `${ruleId}/${limit.text}/${name}${periodKey(seen.milestone.occurredAt, limit.period, timeZone)}`;
  const isPerson = limit.per === "recipient" || limit.per === "owner";
  return [of(holder), ...(isPerson ? persons.keysOf(holder).filter((key) => key !== holder) : []).map(of)];
};

type Totals = ReadonlyMap<string, { count: number; minor: number }>;

const sumOf = (totals: Totals, keys: readonly string[]) => {
  const sum = { count: 0, minor: 0 };
  for (const key of keys) {
    sum.count += totals.get(key)?.count ?? 0;
    sum.minor += totals.get(key)?.minor ?? 0;
  }
  return sum;
};

/** What a grant takes of a limit of money, in the limit's minor units; null where it cannot be said. */
const amountIn = ({ workspace }: Corridor, { value, seen }: DueGrant, { amount }: Limit): number | null =>
  amount === null || !sameSort(value.currency, amount.currency)
    ? 0
    : (worthIn(workspace, value, amount.currency, seen.milestone.occurredAt)?.minor ?? null);

const overLimit = (
  limit: Limit,
  key: string,
  used: { count: number; minor: number },
  asked: number | null,
): Stop | null => {
  const stop = (usedUp: number, most: number, more: number, currency: string | null): Stop => ({
    reason: "limit",
    waitsFor: key,
    detail: { limit: limit.text, used: usedUp, most, asked: more, currency },
  });
  if (limit.count !== null && used.count + 1 > limit.count) return stop(used.count, limit.count, 1, null);
  const { amount } = limit;
  if (amount === null) return null;
  // a value without an exchange rate cannot be counted: it must not slip through
  if (asked === null || used.minor + asked > amount.minor)
    return stop(used.minor, amount.minor, asked ?? 0, amount.currency);
  return null;
};

const takeOfBudget = (
  { workspace }: Corridor,
  grant: DueGrant,
  budget: BudgetRow | null,
  now: boolean,
): Taken | Stop => {
  const { rule, value, seen } = grant;
  if (rule.budget === null || (budget && !sameSort(value.currency, budget.currency)))
    return { cost: value, budget: null, unfunded: false };
  const at = new Date(seen.milestone.occurredAt);
  const cost = budget && worthIn(workspace, value, budget.currency, seen.milestone.occurredAt);
  const stop = (why: "empty" | "outside" | "no rate"): Stop => ({
    reason: "budget",
    waitsFor: `budget:${rule.budget}`,
    detail: {
      budget: rule.budget ?? "",
      why,
      available: budget?.available ?? 0,
      asked: cost?.minor ?? value.minor,
      currency: budget?.currency ?? value.currency,
    },
  });
  if (!budget) return stop("empty");
  if ((budget.starts_at && at < budget.starts_at) || (budget.ends_at && at >= budget.ends_at)) return stop("outside");
  if (!cost) return stop("no rate");
  if (cost.minor > budget.available)
    return budget.when_empty === "wait" && !now ? { cost, budget: budget.id, unfunded: true } : stop("empty");
  budget.available -= cost.minor;
  return { cost, budget: budget.id, unfunded: false };
};

const totalsOf = async (tx: Sql, keys: readonly string[]) => {
  if (keys.length === 0) return new Map<string, { count: number; minor: number }>();
  const rows = await tx.rows<{ key: string; count: number; minor: number }>(
    "select key, count, amount_minor as minor from limit_totals where key = any ($1)",
    [[...new Set(keys)]],
  );
  return new Map(rows.map(({ key, count, minor }) => [key, { count, minor }]));
};

const writeUses = async (tx: Sql, uses: readonly Use[]): Promise<void> => {
  if (uses.length === 0) return;
  await tx.run(
    `with taken as (
       insert into limit_uses (grant_id, key, count, amount_minor)
       select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[]) returning key, count, amount_minor
     )
     insert into limit_totals (key, count, amount_minor)
     select key, sum(count)::int, sum(amount_minor)::bigint from taken group by key order by key
     on conflict (key) do update set count = limit_totals.count + excluded.count,
       amount_minor = limit_totals.amount_minor + excluded.amount_minor`,
    [
      uses.map((use) => use.grantId),
      uses.map((use) => use.key),
      uses.map((use) => use.count),
      uses.map((use) => use.minor),
    ],
  );
};

/** How each provider stands: its balance as it said last, and what keeps its orders back. One row each. */
import { randomUUID } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import type { Money } from "../money.ts";
import type { Corridor } from "./corridor.ts";

/**
 * - `funds`: orders are refused, or wait, for want of money
 * - `stock`: something that a reward names is not to be had now
 * - `configuration`: credentials, products or amounts that it does not accept
 * - `low`: there is less money than an admin wants there to be
 */
export type Trouble = "funds" | "stock" | "configuration" | "low";

export interface Standing {
  balance: readonly Money[] | null;
  balance_at: Date | null;
  trouble: Trouble | null;
  trouble_detail: string | null;
  trouble_since: Date | null;
}

/** As of now; a provider that was never in trouble and never asked has none. */
export const standingOf = (sql: Sql, provider: string): Promise<Standing | undefined> =>
  sql.row<Standing>(
    "select balance, balance_at, trouble, trouble_detail, trouble_since from provider_standing where provider = $1",
    [provider],
  );

/** The same trouble that ended and begins again within this is not told of once more. */
const TOLD_AGAIN_AFTER_MS = 3_600_000;

/** Notes that a provider is in trouble. Somebody is told once, however many orders meet it. */
export const beginTrouble = async (
  { database, log, telemetry, now }: Corridor,
  provider: string,
  trouble: Trouble,
  detail: string,
): Promise<void> => {
  const at = now();
  const mark = randomUUID();
  const row = await database.row<{ told_mark: string | null }>(
    `insert into provider_standing as s (provider, trouble, trouble_detail, trouble_since, told, told_at, told_mark)
     values ($1, $2, $3, $4, $2, $4, $6)
     on conflict (provider) do update set trouble = $2, trouble_detail = $3,
       trouble_since = case when s.trouble = $2 then s.trouble_since else $4 end,
       told = $2,
       told_at = case when s.told = $2 and (s.trouble = $2 or s.told_at > $5) then s.told_at else $4 end,
       told_mark = case when s.told = $2 and (s.trouble = $2 or s.told_at > $5) then s.told_mark else $6 end
     where s.trouble is distinct from $2 or s.trouble_detail is distinct from $3
     returning told_mark`,
    [provider, trouble, detail.slice(0, 500), at, new Date(at.getTime() - TOLD_AGAIN_AFTER_MS), mark],
  );
  if (row?.told_mark !== mark) return;
  telemetry.warning(`${provider}_${trouble}`);
  log.warn("provider in trouble", { provider, trouble, detail });
};

/** It accepted an order, or says itself that all is well. Gives whether there was trouble. */
export const endTrouble = async (
  { database, log }: Corridor,
  provider: string,
  which: readonly Trouble[],
): Promise<boolean> => {
  const ended = await database.run(
    `update provider_standing set trouble = null, trouble_detail = null, trouble_since = null
     where provider = $1 and trouble = any ($2)`,
    [provider, which],
  );
  if (ended > 0) log.step("provider well again", { provider });
  return ended > 0;
};

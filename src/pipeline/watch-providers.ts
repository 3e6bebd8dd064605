/**
 * Asks providers once in a while what money they have left and what they can supply, tells an admin when there is too little,
 * and lets grants go on that waited for it. Beside the sweeper, which must not wait for a vendor.
 */
import type { Sql } from "../db/sql.ts";
import { formatMoney, type Money, moneyFromMajor } from "../money.ts";
import { keepCatalog } from "./catalogs.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { lookOnceMore } from "./look-once-more.ts";
import { PAUSED } from "./pause.ts";
import { beginTrouble, endTrouble, standingOf } from "./provider-standing.ts";

const A_MINUTE = 60_000;
const AN_HOUR = 60 * A_MINUTE;
const BALANCE_EVERY_MS = 15 * A_MINUTE;
const CATALOG_EVERY_MS = 6 * AN_HOUR;
/** Where grants wait for it. */
const BALANCE_IN_TROUBLE_MS = A_MINUTE;
const CATALOG_IN_TROUBLE_MS = 15 * A_MINUTE;
const MOST_WOKEN = 5_000;

/** One round: asks whoever is due, each once over all processes. `now`: also those that are not due. */
export const watchProviders = async (corridor: Corridor, { anyway = false } = {}): Promise<void> => {
  await Promise.all([...corridor.providers.values()].map((open) => watch(corridor, open, anyway)));
  await corridor.catalogs.reload();
  await lookOnceMore(corridor);
};

const watch = async (corridor: Corridor, open: OpenProvider, anyway: boolean) => {
  const { id, provider } = open;
  if (provider.balance && (await isDue(corridor, id, "balance", anyway))) await askBalance(corridor, open);
  if (provider.catalog && (await isDue(corridor, id, "catalog", anyway))) await refreshCatalog(corridor, open);
};

const isDue = async ({ database, now }: Corridor, id: string, what: "balance" | "catalog", anyway: boolean) => {
  const asked = `${what}_asked_at`;
  const [usual, inTrouble, troubles] =
    what === "balance"
      ? [BALANCE_EVERY_MS, BALANCE_IN_TROUBLE_MS, ["funds", "low"]]
      : [CATALOG_EVERY_MS, CATALOG_IN_TROUBLE_MS, ["stock", "configuration"]];
  const at = now();
  return (
    (await database.run(
      `insert into provider_standing as s (provider, ${asked}) values ($1, $2)
       on conflict (provider) do update set ${asked} = $2
       where $3 or s.${asked} is null
         or s.${asked} <= $2 - (case when s.trouble = any ($4) then $5::int else $6::int end) * interval '1 ms'`,
      [id, at, anyway, troubles, inTrouble, usual],
    )) > 0
  );
};

/** There may be something new: it is asked with the next round, once, however often this is said until then. */
export const askSoon = async (tx: Sql, provider: string, what: "balance" | "catalog"): Promise<void> => {
  await tx.run(`update provider_standing set ${what}_asked_at = null where provider = $1`, [provider]);
};

/** Asks for the balance now, keeps it, and does what follows from it. */
const askBalance = async (corridor: Corridor, { id, provider, kind }: OpenProvider): Promise<void> => {
  const { database, log, now } = corridor;
  const asked = await provider.balance?.();
  if (!asked?.ok) {
    log.seldom(`${id} balance`, "balance not shown", { provider: id, detail: asked?.detail });
    return;
  }
  const before = await standingOf(database, id);
  await database.run(
    `insert into provider_standing (provider, balance, balance_at) values ($1, $2, $3)
     on conflict (provider) do update set balance = excluded.balance, balance_at = excluded.balance_at`,
    [id, JSON.stringify(asked.value), now()],
  );
  const low = lowest(asked.value, before?.balance ?? [], provider.lowBalance);
  if (before?.trouble === "funds") {
    const woken = await wake(corridor, id, asked.value);
    if (woken > 0) log.step("money again", { provider: id, grants: woken });
  } else if (low)
    await beginTrouble(
      corridor,
      id,
      "low",
      `${kind.label} has only ${formatMoney(low)} left. Add money there before orders wait for it.`,
    );
  else await endTrouble(corridor, id, ["low"]);
};

/** The first balance below the mark, of a currency that there is or was some of. */
const lowest = (balance: readonly Money[], before: readonly Money[], mark: number | undefined) =>
  balance.find(({ minor, currency }) => {
    const least = mark === undefined ? undefined : moneyFromMajor(mark, currency)?.minor;
    const used = minor > 0 || before.some((each) => each.currency === currency && each.minor > 0);
    return used && least !== undefined && minor < least;
  });

/** Asks for the catalogue now and keeps it. Gives what went wrong, or nothing. */
export const refreshCatalog = async (
  corridor: Corridor,
  { id, provider }: OpenProvider,
): Promise<string | undefined> => {
  const { database, log, now } = corridor;
  const asked = await provider.catalog?.();
  if (!asked?.ok) {
    log.seldom(`${id} catalogue`, "catalogue not shown", { provider: id, detail: asked?.detail });
    return asked?.detail;
  }
  const changed = await keepCatalog(database, id, asked.value, now());
  const standing = await standingOf(database, id);
  // what was refused may be offered by now
  if (changed && (standing?.trouble === "stock" || standing?.trouble === "configuration"))
    await wake(corridor, id, null);
  return undefined;
};

/**
 * Lets grants go on that wait for this provider, oldest first: all of them, or as many as its money lasts for. What is still
 * refused waits again.
 */
export const wake = async (corridor: Corridor, provider: string, money: readonly Money[] | null): Promise<number> => {
  const { database, doorbell, now } = corridor;
  const rows = await database.rows<{ id: string }>(
    `with waiting as (
       select g.id, g.currency, sum(g.value_minor) over (partition by g.currency order by g.granted_at, g.id) as needed
       from grants g
       where g.state = 'approved' and g.waiting is not null and g.waiting not like $3
         and (g.provider = $1 or exists (select from orders_past p where p.grant_id = g.id and p.provider = $1
           and p.refused is not null and p.round >= g.walk_from))
     )
     update grants set not_before = $2 where id in (
       select w.id from waiting w left join unnest($4::text[], $5::bigint[]) as m (currency, minor) on m.currency = w.currency
       where $4 is null or m.minor is null or w.needed <= m.minor order by w.needed limit ${MOST_WOKEN})
     returning id`,
    [
      provider,
      now(),
      `${PAUSED}%`,
      money?.map((each) => each.currency) ?? null,
      money?.map((each) => each.minor) ?? null,
    ],
  );
  await doorbell
    .ring(
      "fulfil",
      rows.map((row) => row.id),
    )
    .catch(() => {});
  return rows.length;
};

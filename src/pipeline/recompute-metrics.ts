/**
 * Computes all metrics anew from the facts, beside what is kept, and says what differs. The temporary tables have the names
 * of the real ones and stand before them in PostgreSQL's search: the very same code fills them.
 */
import { createHash } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import { DEFINITIONS } from "../metrics/index.ts";
import { keyText, loadHistories, type RecordKey } from "../records/fact-rows.ts";
import { historyOf } from "../records/timeline.ts";
import type { Corridor } from "./corridor.ts";
import { countCosts } from "./costs.ts";
import { countMetrics } from "./count-metrics.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import type { MetricSettings } from "./metrics-context.ts";

export interface Difference {
  /** `cells`, `contributions`, `purchases`. */
  table: string;
  /** What it is about: subject, series and month; or a record. */
  about: string;
  kept: string | null;
  computed: string | null;
}

export interface Recomputed {
  records: number;
  /** How many rows differ in all. */
  different: number;
  /** The first of them. */
  differences: Difference[];
  repaired: boolean;
}

const tables = ["metric_cells", "metric_contributions", "purchases", "metric_watches"];
const BATCH = 500;
const MOST_SHOWN = 50;

/** Compares; with `repair` puts what was computed in the place of what is kept. Deciding waits for a repair, not for a comparison. */
export const recomputeMetrics = (
  { database, workspace }: Pick<Corridor, "database" | "workspace">,
  { repair }: { repair: boolean },
): Promise<Recomputed> =>
  database.transaction(async (tx) => {
    // a comparison looks at one moment; a repair must see what the decider before it has just committed
    if (repair) await takeDecidingLock(tx);
    else await tx.run("set transaction isolation level repeatable read");
    return recompute(tx, workspace, repair);
  });

const recompute = async (tx: Sql, settings: MetricSettings, repair: boolean): Promise<Recomputed> => {
  const schema = (await tx.row<{ name: string }>("select quote_ident(current_schema()) as name"))?.name ?? "public";
  for (const table of tables)
    await tx.run(`create temp table ${table} (like ${schema}.${table} including all) on commit drop`);
  const records = await countAll(tx, settings);
  const found = await compare(tx, schema);
  if (repair)
    for (const table of tables) {
      await tx.run(`delete from ${schema}.${table}`);
      await tx.run(`insert into ${schema}.${table} select * from pg_temp.${table}`);
    }
  for (const table of tables) await tx.run(`drop table pg_temp.${table}`);
  return { records, ...found, repaired: repair };
};

/** Every record, in batches; those that only people.yaml knows, too. */
const countAll = async (tx: Sql, settings: MetricSettings): Promise<number> => {
  let records = 0;
  let after: RecordKey = { connection: "", kind: "deal", id: "" };
  for (let kind = ""; ; kind = after.kind) {
    const keys = await tx.rows<RecordKey>(
      `select * from (
         (select connection, kind, id from records where (connection, kind, id) > ($1, $2, $3)
          order by connection, kind, id limit $4)
         union
         (select distinct connection, 'user', user_id from team_history where (connection, 'user', user_id) > ($1, $2, $3)
          order by connection, user_id limit $4)) t (connection, kind, id)
       order by connection, kind, id limit $4`,
      [after.connection, kind, after.id, BATCH],
    );
    const last = keys.at(-1);
    if (!last) break;
    const known = await loadHistories(tx, keys);
    await countMetrics(
      tx,
      settings,
      keys.map((key) => known.get(keyText(key)) ?? historyOf(key.connection, key.kind, key.id, [])),
      { all: true },
    );
    records += keys.length;
    after = last;
  }
  await countCosts(tx, settings, "all");
  return records;
};

const compare = async (tx: Sql, schema: string) => {
  const rows = await tx.rows<Difference & { total: number }>(
    `with differing as (
       select 'cells' as "table", concat_ws(' ', of, nullif(connection, ''), id, series, nullif(key, ''), grain, day, nullif(day2, day)) as about,
         k.n::text as kept, c.n::text as computed
       from (select * from ${schema}.metric_cells where n <> 0) k
       full join (select * from pg_temp.metric_cells where n <> 0) c using (of, connection, id, series, grain, day, day2, key)
       where k.n is distinct from c.n
       union all
       select 'contributions', concat_ws('/', connection, kind, id), left(k.contributions::text, 200), left(c.contributions::text, 200)
       from ${schema}.metric_contributions k full join pg_temp.metric_contributions c using (connection, kind, id)
       where k.contributions is distinct from c.contributions
       union all
       select 'purchases', concat_ws('/', connection, 'deal', deal_id), left(to_jsonb(k)::text, 200), left(to_jsonb(c)::text, 200)
       from ${schema}.purchases k full join pg_temp.purchases c using (connection, deal_id)
       where to_jsonb(k) is distinct from to_jsonb(c)
     )
     select *, count(*) over ()::int as total from differing order by 1, 2 limit $1`,
    [MOST_SHOWN],
  );
  return {
    different: rows[0]?.total ?? 0,
    differences: rows.map(({ table, about, kept, computed }) => ({ table, about, kept, computed })),
  };
};

/** What all of it is computed with beside the facts. */
const basisHash = ({ timeZone, currency, rates, required }: MetricSettings): string => {
  const sorted = (map: Readonly<Record<string, unknown>>) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const basis = [DEFINITIONS, timeZone, currency, sorted(rates), sorted(required)];
  return createHash("sha256").update(JSON.stringify(basis)).digest("hex");
};

/**
 * Before anything is decided: computes everything anew where time zone, currency, rates, required fields or definitions are
 * others than it was computed with. Returns how many records that were; null where nothing had to be done.
 */
export const refreshMetrics = ({ database, workspace }: Pick<Corridor, "database" | "workspace">) => {
  const hash = basisHash(workspace);
  return database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    const kept = await tx.row<{ hash: string }>("select hash from metric_basis");
    if (kept?.hash === hash) return null;
    const { records } = await recompute(tx, workspace, true);
    await tx.run(
      "insert into metric_basis (hash) values ($1) on conflict (single) do update set hash = excluded.hash",
      [hash],
    );
    return records;
  });
};

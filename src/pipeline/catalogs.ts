/** What providers can supply, as they said last: kept as rows, read from memory, asked anew once in a while. */
import type { Sql } from "../db/sql.ts";
import type { Product } from "../rewards/provider.ts";

export interface Catalogs {
  /** What this provider of accolade.yaml can supply; undefined where it was never asked. */
  of(provider: string): readonly Product[] | undefined;
  /** Takes over what this or another process was told since. */
  reload(): Promise<void>;
}

export const createCatalogs = (sql: Sql): Catalogs => {
  const kept = new Map<string, { products: readonly Product[]; at: number }>();
  return {
    of: (provider) => kept.get(provider)?.products,
    async reload() {
      const rows = await sql.rows<{ provider: string; fetched_at: Date }>("select provider, fetched_at from catalogs");
      const stale = rows.filter((row) => kept.get(row.provider)?.at !== row.fetched_at.getTime());
      if (stale.length === 0) return;
      const fresh = await sql.rows<{ provider: string; products: Product[]; fetched_at: Date }>(
        "select provider, products, fetched_at from catalogs where provider = any ($1)",
        [stale.map((row) => row.provider)],
      );
      for (const { provider, products, fetched_at } of fresh)
        kept.set(provider, { products, at: fetched_at.getTime() });
    },
  };
};

/** Keeps what a provider just said. Gives whether it differs from what it said before. */
export const keepCatalog = async (
  sql: Sql,
  provider: string,
  products: readonly Product[],
  at: Date,
): Promise<boolean> => {
  const row = await sql.row<{ changed: boolean }>(
    `with before as (select products from catalogs where provider = $1)
     insert into catalogs (provider, products, fetched_at) values ($1, $2, $3)
     on conflict (provider) do update set products = excluded.products, fetched_at = excluded.fetched_at
     returning products is distinct from (select products from before) as changed`,
    [provider, JSON.stringify(products), at],
  );
  return row?.changed ?? true;
};

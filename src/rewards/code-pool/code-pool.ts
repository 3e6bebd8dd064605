import { z } from "zod";
import { rejected } from "../../outcome.ts";
import { defineProvider, type ProviderSurroundings } from "../provider.ts";
import { poolName } from "./pool-name.ts";
import { dayOf, poolStock } from "./pool-stock.ts";
import { type CodeContent, openCode } from "./sealed-code.ts";
import { giveBack, type TakenCode, takeCode, takenBy } from "./take-code.ts";

const settings = z.strictObject({
  lowStock: z
    .int()
    .min(0)
    .default(10)
    .describe("Warn when a pool has this many codes left, or fewer. 0 warns only when it is empty."),
});
const options = z.strictObject({
  pool: poolName.describe("The pool of codes to give from, as named at `accolade codes import`."),
});

/** Codes that an admin imported from a file. Each is given once; the value of the reward is what the admin says it is. */
export const codePool = defineProvider({
  id: "code-pool",
  label: "Code pool",
  settings,
  secrets: [],
  options,
  supplies: "money",
  wholeOnly: true,
  open({ lowStock }, around) {
    const warnWhenLow = lowStockWarning(lowStock, around);
    return {
      async order(request) {
        const { pool } = options.parse(request.options);
        const taken = await takeCode(around.sql, pool, request.key, around.now());
        await warnWhenLow(pool);
        if (!taken) return rejected("funds", "pool_empty", `The pool "${pool}" has no codes left. ${importMore(pool)}`);
        const content = openCode(around.sealer, taken.sealed);
        return content
          ? { outcome: "accepted", ...given(taken, content) }
          : rejected("configuration", "sealed_with_other_key", otherKey(taken));
      },
      async lookup(key) {
        const taken = await takenBy(around.sql, key);
        if (!taken) return { found: false };
        const content = openCode(around.sealer, taken.sealed);
        return content ? { found: true, ...given(taken, content) } : { found: "unknown", detail: otherKey(taken) };
      },
      async cancel(key, _request, seen) {
        // whoever saw a code may have used it, and nobody else should get it
        if (seen) return (await takenBy(around.sql, key)) ? { outcome: "used" } : { outcome: "cancelled" };
        await giveBack(around.sql, key);
        return { outcome: "cancelled" };
      },
      settleAfterMs: 0,
      longestCallMs: 5_000,
      async check() {
        const pools = await poolStock(around.sql, around.now());
        if (pools.length === 0)
          return [{ ok: false, what: "code pools", found: "no codes imported yet", todo: importMore("<pool>") }];
        return pools.map(({ pool, free }) =>
          free > lowStock
            ? { ok: true, what: `code pool "${pool}"`, detail: codesLeft(free) }
            : { ok: false, what: `code pool "${pool}"`, found: codesLeft(free), todo: importMore(pool) },
        );
      },
    };
  },
});

const given = ({ pool, id }: TakenCode, content: CodeContent) => ({ reference: `${pool}/${id}`, content });

const codesLeft = (free: number) => (free === 1 ? "1 code left" : `${free || "no"} codes left`);
const importMore = (pool: string) => `Import more with: accolade codes import ${pool} <file.csv>`;
const otherKey = ({ pool, id }: TakenCode) =>
  `Code ${id} of the pool "${pool}" was sealed with a key that is not in ACCOLADE_SECRET_KEY. Add the old key after the new one, separated by a comma.`;

/** Warns when a pool becomes low, and again only after it was refilled. */
const lowStockWarning = (lowStock: number, around: ProviderSurroundings) => {
  const low = new Set<string>();
  return async (pool: string) => {
    const counted = await around.sql.row<{ free: number }>(
      `select count(*) as free from (
         select from codes where pool = $1 and order_key is null and (expires_on is null or expires_on >= $2::date) limit $3
       ) as free_codes`,
      [pool, dayOf(around.now()), lowStock + 1],
    );
    const free = counted?.free ?? 0;
    if (free > lowStock) low.delete(pool);
    else if (!low.has(pool)) {
      low.add(pool);
      around.warn(`pool:${pool}`, `The pool "${pool}" has ${codesLeft(free)}. ${importMore(pool)}`);
    }
  };
};

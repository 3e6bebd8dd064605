import type { Database } from "../../../src/db/sql.ts";
import { importCodes, type OrderRequest } from "../../../src/rewards/index.ts";
import { createSealer } from "../../../src/sealer.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { now, opened, type ProviderBench, recipient, sealer, surroundings } from "./bench.ts";

export const codePoolBench = async (sql: Database): Promise<ProviderBench> => {
  const warnings: string[] = [];
  const codes: string[] = [];
  const refill = async (pool: string, count: number) => {
    const more = Array.from(
      { length: count },
      (_, at) => `${pool.toUpperCase()}-${codes.length + at}-${Math.random()}`,
    );
    codes.push(...more);
    await importCodes(sql, sealer, pool, `code,pin\n${more.map((code) => `${code},PIN${code}`).join("\n")}`, now);
  };
  const around = surroundings(sql, "code-pool", warnings);
  const open = () => opened("code-pool", {}, around);
  const request = async (pool = "welcome"): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "code-pool", currency: "EUR" }),
    value: { minor: 5_000, currency: "EUR" },
    options: { pool },
    title: "50 EUR voucher",
    recipient,
  });
  await refill("welcome", 200);
  return {
    open,
    request: () => request(),
    held: async (key) =>
      (await sql.row<{ held: number }>("select count(*) as held from codes where order_key = $1", [key]))?.held ?? 0,
    remembers: true,
    refusals: [
      {
        name: "the pool is empty",
        kind: "funds",
        code: "pool_empty",
        arrange: async () => ({
          provider: open(),
          request: await request("empty"),
          mend: async () => {
            await refill("empty", 1);
            return open();
          },
        }),
      },
      {
        name: "the key that sealed the code is gone",
        kind: "configuration",
        code: "sealed_with_other_key",
        arrange: async () => ({
          provider: opened(
            "code-pool",
            {},
            { ...around, sealer: createSealer(["another secret of this test, as long"]) },
          ),
          request: await request(),
          mend: async () => open(),
        }),
      },
    ],
    waits: [],
    doubts: [],
    takenBack: { unseen: "cancelled", seen: "used" },
    cancels: [],
    secrets: () => codes,
    warnings,
    close: async () => {},
  };
};

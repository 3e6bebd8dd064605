/** Codes for a sandbox to give away: made up, and plainly so. */
import { randomInt } from "node:crypto";
import type { Corridor } from "../pipeline/corridor.ts";
import { importCodes, poolStock } from "../rewards/index.ts";

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** Sees to it that the pool holds at least so many codes. */
export const stockPool = async ({ database, sealer, now }: Corridor, pool: string, codes: number): Promise<void> => {
  const stock = (await poolStock(database, now())).find((each) => each.pool === pool);
  const lacking = codes - (stock?.free ?? 0);
  if (lacking <= 0) return;
  const lines = Array.from({ length: lacking }, () => `SANDBOX-${random(4)}-${random(4)}-${random(4)}`);
  await importCodes(database, sealer, pool, ["code", ...lines].join("\n"), now());
};

const random = (length: number) => Array.from({ length }, () => letters[randomInt(letters.length)]).join("");

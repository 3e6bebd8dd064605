import type { Corridor } from "./corridor.ts";
import { settleDoubted } from "./settle-doubted.ts";
import { settleRestored } from "./settle-restored.ts";
import { settleUndone } from "./settle-undone.ts";

/** Acts upon what decide says of a grant that was ordered (no longer due, or due again), and upon what its provider tells. One job per grant; safe to repeat. */
export const settleMark = async (corridor: Corridor, grantId: string): Promise<void> => {
  await settleUndone(corridor, grantId);
  await settleRestored(corridor, grantId);
  await settleDoubted(corridor, grantId);
};

import type { Sql } from "../db/sql.ts";
import type { RewardContent } from "../rewards/provider.ts";
import type { Corridor } from "./corridor.ts";

/** Keeps what the order of a grant supplied, sealed, with the vendor's reference. */
export const keepContent = (
  { sealer, now }: Corridor,
  tx: Sql,
  grantId: string,
  { reference, content }: { reference: string; content: RewardContent },
): Promise<number> =>
  tx.run(
    "update orders set reference = $2, content = $3, placed_at = coalesce(placed_at, $4), settled_at = $4 where grant_id = $1",
    [grantId, reference, sealer.seal(JSON.stringify(content), "reward"), now()],
  );

/**
 * An order that its provider did not have was given up, and another was made. Long after, it is looked for once more: should
 * it have arrived all the same, it is taken back, or a person is told that there are two.
 */

import type { Sql } from "../db/sql.ts";
import type { OrderRequest } from "../rewards/provider.ts";
import { beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor } from "./corridor.ts";

const AFTER_MS = 3_600_000;
const AGAIN_MS = 15 * 60_000;
const BATCH = 20;

/** An order that was given up was accepted all the same, as its process heard too late: it is looked for with the next round. */
export const lookForLater = (tx: Sql, grantId: string, key: string, now: Date): Promise<number> =>
  tx.run(
    `update orders_past set refused = 'absent', looked_for_at = null, given_up_at = $3
     where grant_id = $1 and request ->> 'key' = $2 and refused is not null`,
    [grantId, key, new Date(now.getTime() - AFTER_MS)],
  );

interface Absent {
  grant_id: string;
  round: number;
  provider: string;
  request: OrderRequest;
}

/** One round, beside the sweeper. */
export const lookOnceMore = async (corridor: Corridor): Promise<void> => {
  const { database, now } = corridor;
  const at = now().getTime();
  // claimed by putting the moment ahead, as if it had just been given up
  const rows = await database.rows<Absent>(
    `update orders_past p set given_up_at = $2 from (
       select grant_id, round from orders_past where refused = 'absent' and looked_for_at is null and given_up_at <= $1
       order by given_up_at limit ${BATCH} for update skip locked) due
     where p.grant_id = due.grant_id and p.round = due.round
     returning p.grant_id, p.round, p.provider, p.request`,
    [new Date(at - AFTER_MS), new Date(at - AFTER_MS + AGAIN_MS)],
  );
  for (const row of rows) await lookFor(corridor, row);
};

const lookFor = async (corridor: Corridor, { grant_id: grantId, round, provider, request }: Absent) => {
  const { database, log, telemetry, now } = corridor;
  const open = corridor.providers.get(provider);
  if (!open) return;
  const attempt = await beginAttempt(database, { grantId, target: provider, what: "lookup", at: now() });
  const found = await open.provider.lookup(request.key, request);
  const done = (detail: string) =>
    database.transaction(async (tx) => {
      await endAttempt(tx, attempt, { outcome: "accepted", detail }, now());
      await tx.run(
        "update orders_past set looked_for_at = $3, refused_detail = refused_detail || '; ' || $4 where grant_id = $1 and round = $2",
        [grantId, round, now(), detail],
      );
    });
  if (found.found === "unknown") {
    await endAttempt(database, attempt, { outcome: "unknown", detail: found.detail }, now());
    return;
  }
  if (found.found !== true) {
    await done(`looked for once more: ${provider} still has no order of this key`);
    return;
  }
  const cancelled = await open.provider.cancel?.(request.key, request, false);
  if (cancelled?.outcome === "cancelled") {
    await done(`it had arrived after all, as ${found.reference}, and was taken back`);
    log.warn("late order taken back", { provider, grant: grantId, reference: found.reference });
    return;
  }
  if (cancelled?.outcome === "unknown" || cancelled?.outcome === "retryLater") {
    await endAttempt(database, attempt, { outcome: "unknown", detail: cancelled.detail }, now());
    return;
  }
  telemetry.warning(`${provider}_late_order`);
  log.error("two orders stand", {
    provider,
    grant: grantId,
    reference: found.reference,
    todo: "cancel one with the vendor",
  });
  await done(`it had arrived after all, as ${found.reference}, and could not be taken back: two orders stand`);
};

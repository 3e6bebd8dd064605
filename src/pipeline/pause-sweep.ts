import type { Corridor } from "./corridor.ts";
import { PAUSED, pausesInForce } from "./pause.ts";

/** What follows from pauses, from their rows: one warning for each, and what waited for one that ended may go on. */
export const settlePauses = async (corridor: Corridor): Promise<void> => {
  const { database, log, telemetry, now } = corridor;
  telemetry.paused((await pausesInForce(database)).map((pause) => pause.scope));
  const begun = await database.rows<{ scope: string; by_brake: boolean; why: string }>(
    "update pauses set told_at = $1 where told_at is null returning scope, paused_by = 'brake' as by_brake, why",
    [now()],
  );
  for (const { scope, by_brake, why } of begun) {
    telemetry.warning(by_brake ? "brake" : "paused");
    log.warn("sending paused", { scope, cause: by_brake ? "brake" : "a person", why });
  }
  const ended = await database.transaction(async (tx) => {
    const pauses = await tx.rows<{ scope: string }>(
      `update pauses set woken_at = $1 where resumed_at is not null and woken_at is null returning scope`,
      [now()],
    );
    if (pauses.length === 0) return [];
    // what another pause still holds back is put ahead again by whoever tries it
    await tx.run(
      `update grants set waiting = null, not_before = '-infinity'
       where state in ('approved', 'ordering', 'unknown') and waiting like $1`,
      [`${PAUSED}%`],
    );
    await tx.run(
      `update messages set reason = null, not_before = '-infinity' where state in ('queued', 'sending') and reason like $1`,
      [`${PAUSED}%`],
    );
    return pauses;
  });
  for (const { scope } of ended) log.step("sending resumed", { scope });
};

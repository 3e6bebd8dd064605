/** What was due and is not given: a row for each, so that "why not" has an answer, and room that becomes free finds who waits. */
import type { Sql } from "../db/sql.ts";
import type { DueGrant, Judged } from "./decide-due.ts";

/** Amounts are minor units. */
export type StopDetail =
  /** Somebody was rewarded already where the rule rewards once. */
  | { once: string; grant: string }
  /** `used` of `most` were taken when `asked` more were asked for; `currency` is null where grants are counted. */
  | { limit: string; used: number; most: number; asked: number; currency: string | null }
  | { budget: string; why: "empty" | "outside" | "no rate"; available: number; asked: number; currency: string };

export interface Stop {
  reason: "once" | "limit" | "budget";
  /** What would have to become free: a grant id, a limit's key, a budget's account. */
  waitsFor: string;
  detail: StopDetail;
}

/** Brings the stops of these milestones in line with what was stopped now. */
export const writeStops = async (
  tx: Sql,
  judged: readonly number[],
  stopped: readonly { grant: DueGrant; stop: Stop }[],
  milestoneIds: ReadonlyMap<Judged, number>,
  at: Date,
): Promise<void> => {
  const milestones = stopped.map(({ grant }) => milestoneIds.get(grant.judged));
  const ids = stopped.map(({ grant }) => grant.id);
  await tx.run(
    `delete from stops s where s.milestone_id = any ($1)
       and not exists (select from unnest($2::uuid[], $3::bigint[]) as k (grant_id, milestone_id)
         where k.grant_id = s.grant_id and k.milestone_id = s.milestone_id)`,
    [judged, ids, milestones],
  );
  if (stopped.length === 0) return;
  await tx.run(
    `insert into stops (grant_id, rule_id, rule_version, milestone_id, recipient_key, part, value_minor, currency, reason, detail, waits_for, at)
     select *, $12 from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::smallint[], $7::bigint[],
       $8::text[], $9::text[], $10::jsonb[], $11::text[])
     on conflict (grant_id, milestone_id) do update set reason = excluded.reason, detail = excluded.detail,
       waits_for = excluded.waits_for, value_minor = excluded.value_minor, currency = excluded.currency`,
    [
      ids,
      stopped.map(({ grant }) => grant.ruleId),
      stopped.map(({ grant }) => grant.judged.version.id),
      milestones,
      stopped.map(({ grant }) => grant.recipientKey),
      stopped.map(({ grant }) => grant.part),
      stopped.map(({ grant }) => grant.value.minor),
      stopped.map(({ grant }) => grant.value.currency),
      stopped.map(({ stop }) => stop.reason),
      stopped.map(({ stop }) => JSON.stringify(stop.detail)),
      stopped.map(({ stop }) => stop.waitsFor),
      at,
    ],
  );
};

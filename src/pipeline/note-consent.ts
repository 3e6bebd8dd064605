/** What somebody said about being written to becomes a row; who opens a channel again is told of what waited for that. */
import type { Sql } from "../db/sql.ts";
import { type Consent, recordConsent } from "../people/consent.ts";
import type { Corridor } from "./corridor.ts";
import { NOT_WANTED, UNREACHABLE } from "./notify-channel.ts";

export const noteConsent = async (
  { sealer, log }: Pick<Corridor, "sealer" | "log">,
  tx: Sql,
  consent: Consent,
): Promise<void> => {
  await recordConsent(tx, sealer, consent);
  const { who, channel, category, status, source } = consent;
  log.step("consent", { channel, category, status, source });
  if (status === "out") return;
  const ids = await tx.rows<{ id: string }>(
    "select id from recipients where erased_at is null and (id = $1::uuid or lower(email) = lower($2) or phone = $2)",
    "recipientId" in who ? [who.recipientId, null] : [null, who.address],
  );
  const theirs = ids.map(({ id }) => id);
  // a message that was left out goes out where nothing else told of it
  await tx.run(
    `update messages m set state = 'queued', unwanted = false, reason = null from grants g
     where g.id = m.grant_id and g.recipient_id = any ($1) and m.state = 'skipped' and m.unwanted and not exists (
       select from messages o where o.grant_id = m.grant_id and o.kind = m.kind and o.round = m.round and o.state not in ('skipped', 'failed'))`,
    [theirs],
  );
  // and the sweeper looks again at those for whom there was no message
  await tx.run(
    `update grants set waiting = $2, reach_at = '-infinity' where recipient_id = any ($1) and waiting like $3 and not exists (
       select from messages m where m.grant_id = grants.id and m.state = 'queued')`,
    [theirs, `${UNREACHABLE} until now: they want to be told again`, `${NOT_WANTED}%`],
  );
};

/** What somebody said about being written to becomes a row; who opens a channel again is told of what waited for that. */
import type { Sql } from "../db/sql.ts";
import { type Consent, type ConsentSource, recordConsent } from "../people/consent.ts";
import { SOFT_BOUNCE_DAYS } from "../people/may-tell.ts";
import type { Corridor } from "./corridor.ts";
import { NOT_WANTED, UNREACHABLE } from "./notify-channel.ts";

/** For how many days it counts. An address that bounced is tried again: mailboxes come back, and numbers are given to somebody else. */
const countsFor: Partial<Record<ConsentSource, number>> = { bounce: 90, "soft-bounce": SOFT_BOUNCE_DAYS };

/** `recipientId`: whose address it is, where the row itself has only its keyed hash. */
export const noteConsent = async (
  { sealer, log }: Pick<Corridor, "sealer" | "log">,
  tx: Sql,
  consent: Consent,
  recipientId: string | null = null,
): Promise<void> => {
  const { who, channel, category, status, source, at } = consent;
  const days = countsFor[source];
  const until = days === undefined ? {} : { until: new Date(at.getTime() + days * 86_400_000) };
  await recordConsent(tx, sealer, { ...until, ...consent });
  log.step("consent", { channel, category, status, source });
  if (status === "out" || status === "fails") return;
  const ids = await tx.rows<{ id: string }>(
    "select id from recipients where erased_at is null and (id = $1::uuid or lower(email) = lower($2) or phone = $2)",
    ["recipientId" in who ? who.recipientId : recipientId, "address" in who ? who.address : null],
  );
  const theirs = ids.map(({ id }) => id);
  if (theirs.length === 0) return;
  // a message that was left out goes out where nothing else told of it
  await tx.run(
    `update messages m set state = 'queued', unwanted = false, reason = null from grants g
     where g.id = m.grant_id and g.recipient_id = any ($1) and m.state = 'skipped' and m.unwanted and not exists (
       select from messages o where o.grant_id = m.grant_id and o.kind = m.kind and o.round = m.round and o.state not in ('skipped', 'failed'))`,
    [theirs],
  );
  // and the sweeper looks again at those for whom there was no message
  await tx.run(
    `update grants set reach_at = '-infinity' where recipient_id = any ($1) and reach_at > '-infinity'
       and (waiting like $2 or waiting like $3) and not exists (
         select from messages m where m.grant_id = grants.id and m.state = 'queued')`,
    [theirs, `${UNREACHABLE}%`, `${NOT_WANTED}%`],
  );
};

/**
 * Whom not to write to, and who said so: bounces and complaints that vendors tell of, words of recipients, unsubscribe
 * links. Kept by address and channel, as a keyed hash of the address: an erased person stays unwritten to, and nobody can
 * be found by the row.
 */
import type { ChannelName, MessageKind } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import type { Corridor } from "./corridor.ts";
import { saidWords } from "./said-words.ts";

/** An address that bounced is tried again after this: mailboxes come back, and numbers are given to somebody else. */
const BAD_FOR_MS = 90 * 86_400_000;

interface Suppression {
  channel: string;
  digest: string;
  /** `all`: whatever a message says. */
  kind: MessageKind | "all";
  why: "bad" | "optedOut" | "complained";
  /** Who told: a sender's id, `unsubscribe`, `heard`. */
  source: string;
  /** A vendor's code, or the word that was said; no address. */
  evidence: string | null;
  at: Date;
}

/** From now on this address gets no message of this kind on this channel. Told twice, late or out of order it is the same. */
export const suppress = async (tx: Sql, told: Suppression): Promise<void> => {
  const { channel, digest, kind, why, source, evidence, at } = told;
  await tx.run(
    `insert into suppressions as s (channel, address_digest, kind, why, source, evidence, since, until)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (channel, address_digest, kind, why) do update set
       since = greatest(s.since, excluded.since),
       until = case when s.why = 'bad' then greatest(s.until, excluded.until) when s.until > excluded.since then s.until end`,
    [channel, digest, kind, why, source, evidence, at, why === "bad" ? new Date(at.getTime() + BAD_FOR_MS) : null],
  );
};

/** The person wants to be written to again; what they refused before counts no more, and what they refuse at that moment does. */
export const takeBack = async (
  tx: Sql,
  { channel, digest, source, at }: Omit<Suppression, "kind" | "why" | "evidence">,
) => {
  await tx.run(
    `insert into suppressions as s (channel, address_digest, kind, why, source, since, until)
     values ($1, $2, 'all', 'optedOut', $3, $4, $4)
     on conflict (channel, address_digest, kind, why) do update set
       until = case when s.since < excluded.until then greatest(s.until, excluded.until) else s.until end`,
    [channel, digest, source, at],
  );
};

export type Refusal = "bad" | "optedOut" | "complained" | "notAgreed";

/** Which of these channels must not be used for a message of this kind to these addresses, and why. */
export const refusedChannels = async (
  corridor: Corridor,
  tx: Sql,
  addresses: ReadonlyMap<ChannelName, string>,
  kind: MessageKind,
): Promise<ReadonlyMap<ChannelName, Refusal>> => {
  const refused = new Map<ChannelName, Refusal>();
  if (addresses.size === 0) return refused;
  const names = [...addresses.keys()];
  const digests = names.map((name) => addressDigest(corridor.sealer, addresses.get(name) ?? ""));
  const rows = await tx.rows<{ channel: ChannelName; why: Refusal | null; agreed: boolean }>(
    `select t.channel, coalesce(a.agreed_at is not null, false) as agreed,
       (select s.why from suppressions s
        where s.channel = t.channel and s.address_digest = t.digest and s.kind in ('all', $3)
          and (s.until is null or s.until > $4)
          and not (s.why = 'optedOut' and s.kind <> 'all' and exists (
            select from suppressions b where b.channel = t.channel and b.address_digest = t.digest
              and b.kind = 'all' and b.why = 'optedOut' and b.until > s.since))
          and not (s.why = 'bad' and a.heard_at is not null and a.heard_at > s.since)
        order by s.why desc limit 1) as why
     from unnest($1::text[], $2::text[]) as t (channel, digest)
     left join agreements a on a.channel = t.channel and a.address_digest = t.digest`,
    [names, digests, kind, corridor.now()],
  );
  for (const { channel, why, agreed } of rows) {
    if (why) refused.set(channel, why);
    else if (corridor.channels.get(channel)?.optIn === "required" && !agreed) refused.set(channel, "notAgreed");
  }
  return refused;
};

/** Somebody wrote to us. Their words may stop or start a channel; on WhatsApp any words open its window. */
export const hear = async (
  corridor: Corridor,
  tx: Sql,
  channel: ChannelName,
  { from, text, at }: { from: string; text: string; at: Date },
): Promise<void> => {
  const digest = addressDigest(corridor.sealer, from);
  const word = saidWords(text);
  const said = { channel, digest, source: "heard", at };
  if (word === "stop") await suppress(tx, { ...said, kind: "all", why: "optedOut", evidence: "STOP" });
  if (word === "start") {
    await takeBack(tx, said);
    await lookAgainAt(tx, channel, from);
  }
  // who writes from an address has it, whatever bounced before
  await tx.run(
    `insert into agreements as a (channel, address_digest, agreed_at, source, heard_at) values ($1, $2, $3, $4, $5)
     on conflict (channel, address_digest) do update set heard_at = greatest(a.heard_at, excluded.heard_at),
       agreed_at = coalesce(a.agreed_at, excluded.agreed_at), source = coalesce(a.source, excluded.source)`,
    [channel, digest, word === "start" ? at : null, word === "start" ? "heard" : null, at],
  );
};

/** Grants of which this person was not told are looked at now. */
export const lookAgainAt = (tx: Sql, channel: ChannelName, address: string) =>
  tx.run(
    `update grants g set reach_at = '-infinity' from recipients r
     where r.id = g.recipient_id and g.waiting is not null and g.reach_at > '-infinity'
       and ${channel === "email" ? "lower(r.email) = lower($1)" : "r.phone = $1"}`,
    [address],
  );

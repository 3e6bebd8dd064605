/**
 * What somebody agreed to and refused, by channel and by what a message is about; and whether they may be told something.
 * Kept as one row for each thing that was said: what counts is the newest that covers a message, and nothing is lost of
 * how it came to that.
 */
import type { Sql } from "../db/sql.ts";
import type { Sealer } from "../sealer.ts";
import { type Worded, worded, wording } from "../wordings.ts";
import { addressDigest } from "./address-digest.ts";

/** Who told: the person (`one-click`, `STOP`, `START`, `page`), a vendor (`bounce`, `complaint`), the CRM, an admin; `erased`: they asked to be forgotten. */
export type ConsentSource =
  | "one-click"
  | "STOP"
  | "START"
  | "page"
  | "crm"
  | "admin"
  | "bounce"
  | "complaint"
  | "erased";

export interface Consent {
  /** A person: it holds whatever their address is. An address: it holds whoever has it, also once its person is erased. */
  who: { recipientId: string } | { address: string };
  /** A channel, or `all`. */
  channel: string;
  /** Kind of message (`reward`, `declined`, …), or `all`. */
  category: string;
  status: "in" | "out";
  source: ConsentSource;
  /** How it is known: a vendor's code, the word that was said, the version of the text that was agreed to. No address. */
  evidence: string | null;
  at: Date;
  /** No longer counts from then on: an address that bounced may be given to somebody else. */
  until?: Date;
}

/** Keeps what was said. The same thing told twice is one row. */
export const recordConsent = async (tx: Sql, sealer: Sealer, consent: Consent): Promise<void> => {
  const { who, channel, category, status, source, evidence, at, until } = consent;
  const recipientId = "recipientId" in who ? who.recipientId : null;
  const digest = "address" in who ? addressDigest(sealer, who.address) : null;
  await tx.run(
    `insert into consents (recipient_id, address_digest, channel, category, status, source, evidence, at, until)
     select $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::timestamptz
     where not exists (select from consents c
       where c.recipient_id is not distinct from $1 and c.address_digest is not distinct from $2 and c.channel = $3
         and c.category = $4 and c.status = $5 and c.source = $6 and c.at = $8)`,
    [recipientId, digest, channel, category, status, source, evidence, at, until ?? null],
  );
};

/** Why somebody must not be told: in a sentence after "not told: ", for who looks after the workspace. */
export interface Refused extends Worded {
  refused: "erased" | "suppressed" | "channel" | "category" | "address";
}
export type MayTell = { allowed: true } | Refused;

interface Asked {
  recipient: { id: string; erased_at: Date | null };
  /** By channel, the address that would be written to. Only these channels are asked about. */
  addresses: ReadonlyMap<string, string>;
  category: string;
  at: Date;
}

interface Said {
  channel: string;
  category: string;
  status: "in" | "out";
  source: ConsentSource;
  at: Date;
  address_digest: string | null;
}

/** For each of these channels, whether a message of this kind may go to this person. Issuing a reward never asks. */
export const mayTell = async (sql: Sql, sealer: Sealer, asked: Asked): Promise<ReadonlyMap<string, MayTell>> => {
  const { recipient, addresses, category, at } = asked;
  if (recipient.erased_at)
    return new Map(
      [...addresses.keys()].map((channel) => [channel, { refused: "erased", ...worded(wording("forgotten")) }]),
    );
  const digests = new Map([...addresses].map(([channel, address]) => [channel, addressDigest(sealer, address)]));
  const said = await sql.rows<Said>(
    `select channel, category, status, source, at, address_digest from consents
     where (recipient_id = $1 or address_digest = any ($2)) and category in ('all', $3) and at <= $4 and (until is null or until > $4)
     order by at desc, id desc`,
    [recipient.id, [...digests.values()], category, at],
  );
  return new Map(
    [...digests].map(([channel, digest]) => [
      channel,
      judge(
        channel,
        said.filter(
          (each) =>
            (each.channel === "all" || each.channel === channel) &&
            (each.address_digest === null || each.address_digest === digest),
        ),
      ),
    ]),
  );
};

/** The newest counts; but what a CRM says does not open again what a person has closed. */
const judge = (channel: string, newestFirst: readonly Said[]): MayTell => {
  const closedByPerson = newestFirst.some(({ status, source }) => status === "out" && source !== "crm");
  const newest = newestFirst.find(({ status, source }) => !(closedByPerson && status === "in" && source === "crm"));
  if (!newest || newest.status === "in") return { allowed: true };
  const { source } = newest;
  const at = newest.at.toISOString().slice(0, 10);
  switch (source) {
    case "erased":
      return { refused: "suppressed", ...worded(wording("belongs_to_forgotten")) };
    case "complaint":
      return { refused: "suppressed", ...worded(wording("reported", { channel, at })) };
    case "bounce":
      return { refused: "address", ...worded(wording("bounced", { channel, at })) };
    default:
      if (newest.category !== "all")
        return { refused: "category", ...worded(wording("wants_none_of_kind", { channel, source, at })) };
      return newest.channel === "all"
        ? { refused: "channel", ...worded(wording("wants_none", { source, at })) }
        : { refused: "channel", ...worded(wording("wants_none_by", { channel, source, at })) };
  }
};

/** Which of these addresses belong to somebody who asked to be forgotten and did not come back since. As they were given. */
export const forgottenAmong = async (
  sql: Sql,
  sealer: Sealer,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> => {
  const byDigest = new Map(addresses.map((address) => [addressDigest(sealer, address), address]));
  const rows = await sql.rows<{ digest: string; source: ConsentSource }>(
    `select distinct on (address_digest) address_digest as digest, source from consents
     where address_digest = any ($1) and channel = 'all' order by address_digest, at desc, id desc`,
    [[...byDigest.keys()]],
  );
  return new Set(rows.flatMap(({ digest, source }) => (source === "erased" ? (byDigest.get(digest) ?? []) : [])));
};

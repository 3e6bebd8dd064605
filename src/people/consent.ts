/**
 * What is known of whether somebody may be written to, by channel and by what a message is about: kept as one row for each
 * thing that was said, by the person, a vendor, or who keeps the company's records. This is the only place that writes them;
 * what follows from them says `may-tell.ts`.
 */
import type { Sql } from "../db/sql.ts";
import type { Sealer } from "../sealer.ts";
import { addressDigest } from "./address-digest.ts";

/**
 * Who told. The person: `one-click`, `STOP`, `START`, `page`; `heard`: they wrote to us. Their vendor: `vendor` (they left
 * there), `complaint`, `bounce`, `soft-bounce`, `delivered`. Somebody for them: `admin`. Somebody's records: `crm`,
 * `people.yaml`, `import`. `erased`: they asked to be forgotten.
 */
export type ConsentSource =
  | "one-click"
  | "STOP"
  | "START"
  | "page"
  | "heard"
  | "vendor"
  | "complaint"
  | "bounce"
  | "soft-bounce"
  | "delivered"
  | "admin"
  | "crm"
  | "people.yaml"
  | "import"
  | "erased";

/** Records say that somebody agreed once; they open nothing that the person, or a vendor, has closed. */
export const recordSources: readonly ConsentSource[] = ["crm", "people.yaml", "import"];

export type ConsentStatus =
  | "in"
  | "out"
  /** The address is in use: it ends what bounces said of it, and agrees to nothing. */
  | "works"
  /** A message to the address failed for now. Several in a while, and it is not used. */
  | "fails";

export interface Consent {
  /** A person: it holds whatever their address is. An address: it holds whoever has it, also once its person is erased. */
  who: { recipientId: string } | { address: string } | { digest: string };
  /** A channel, or `all`. */
  channel: string;
  /** Kind of message (`reward`, `declined`, …), or `all`. */
  category: string;
  status: ConsentStatus;
  source: ConsentSource;
  /** How it is known: a vendor's code, the word that was said, the version of the text that was agreed to. No address. */
  evidence: string | null;
  at: Date;
  /** No longer counts from then on: an address that bounced may be given to somebody else. */
  until?: Date;
}

/** Keeps what was said. The same thing told twice is one row, and so is each message that fails; of one that works, the last time is kept. */
export const recordConsent = async (tx: Sql, sealer: Sealer, consent: Consent): Promise<void> => {
  const { who, channel, category, status, source, evidence, at, until } = consent;
  const recipientId = "recipientId" in who ? who.recipientId : null;
  const digest = "address" in who ? addressDigest(sealer, who.address) : "digest" in who ? who.digest : null;
  const whose = [recipientId, digest, channel, category, status, source];
  const same = `recipient_id is not distinct from $1::uuid and address_digest is not distinct from $2::text and channel = $3::text
    and category = $4::text and status = $5::text and source = $6::text`;
  if (status === "works") {
    const known = await tx.run(`update consents set at = greatest(at, $7) where ${same}`, [...whose, at]);
    if (known > 0) return;
  }
  await tx.run(
    `insert into consents (recipient_id, address_digest, channel, category, status, source, evidence, at, until)
     select $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::timestamptz
     where not exists (select from consents where ${same} and case when $5 = 'fails' then evidence = $7 else at = $8 end)`,
    [...whose, evidence, at, until ?? null],
  );
};

/**
 * What somebody's records say now: these channels were agreed to. What they said before and leave out now ends; said again it
 * is as it was.
 */
export const recordAgreed = async (
  tx: Sql,
  source: "people.yaml" | "import",
  people: readonly { recipientId: string; channels: readonly string[] }[],
  at: Date,
): Promise<void> => {
  const ids = people.map(({ recipientId }) => recipientId);
  const pairs = people.flatMap(({ recipientId, channels }) => channels.map((channel) => ({ recipientId, channel })));
  const values = [ids, pairs.map(({ recipientId }) => recipientId), pairs.map(({ channel }) => channel), source, at];
  const said = "unnest($2::uuid[], $3::text[]) as t (recipient_id, channel)";
  await tx.run(
    `update consents c set until = $5 where c.recipient_id = any ($1) and c.source = $4 and c.status = 'in' and c.until is null
       and not exists (select from ${said} where t.recipient_id = c.recipient_id and t.channel = c.channel)`,
    values,
  );
  await tx.run(
    `insert into consents (recipient_id, channel, category, status, source, at)
     select distinct t.recipient_id, t.channel, 'all', 'in', $4::text, $5::timestamptz from ${said}
     where t.recipient_id = any ($1) and not exists (select from consents c where c.recipient_id = t.recipient_id and c.channel = t.channel
       and c.category = 'all' and c.source = $4 and c.status = 'in' and c.until is null)`,
    values,
  );
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
     where address_digest = any ($1) and channel = 'all' and (status = 'out' or (status = 'in' and source <> all ($2)))
     order by address_digest, at desc, id desc`,
    [[...byDigest.keys()], recordSources],
  );
  return new Set(rows.flatMap(({ digest, source }) => (source === "erased" ? (byDigest.get(digest) ?? []) : [])));
};

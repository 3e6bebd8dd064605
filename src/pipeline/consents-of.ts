import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import type { ConsentStatus } from "../people/consent.ts";
import type { Sealer } from "../sealer.ts";

/** What was said of writing to somebody: by them, and about the addresses that they have now. Newest first. */
export const consentsOf = (
  sql: Sql,
  sealer: Sealer,
  { id, email, phone }: { id: string; email: string | null; phone: string | null },
) =>
  sql.rows<{
    channel: string;
    category: string;
    status: ConsentStatus;
    source: string;
    evidence: string | null;
    at: Date;
    until: Date | null;
  }>(
    `select channel, category, status, source, evidence, at, until from consents
     where recipient_id = $1 or address_digest = any ($2) order by at desc, id desc`,
    [id, [email, phone].flatMap((address) => (address === null ? [] : [addressDigest(sealer, address)]))],
  );

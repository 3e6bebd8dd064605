/** What a vendor says of an address, while it tells of one message: kept beside what people say themselves. */
import type { Sql } from "../db/sql.ts";
import type { Consent } from "../people/consent.ts";
import type { MessageReceipt } from "../receipt.ts";
import type { Corridor } from "./corridor.ts";
import { noteConsent } from "./note-consent.ts";

export type AddressMeaning = NonNullable<Extract<MessageReceipt, { what: "state" }>["address"]>;

interface ToldOfAddress {
  channel: string;
  /** Keyed, of the address. */
  digest: string;
  /** Whose it is. */
  recipientId: string;
  messageId: string;
  kind: string;
  /** Who told: the sender's id. */
  sender: string;
  code: string | null;
  at: Date;
}

type Meant = Pick<Consent, "status" | "source">;
const meanings: Readonly<Record<AddressMeaning, Meant>> = {
  bad: { status: "out", source: "bounce" },
  complained: { status: "out", source: "complaint" },
  optedOut: { status: "out", source: "vendor" },
  soft: { status: "fails", source: "soft-bounce" },
};

/** An opt-out at a vendor counts for messages of that kind; everything else for all. */
export const noteAddress = async (
  corridor: Corridor,
  tx: Sql,
  meaning: AddressMeaning,
  told: ToldOfAddress,
): Promise<void> => {
  const { channel, digest, recipientId, messageId, kind, sender, code, at } = told;
  await noteConsent(corridor, tx, {
    who: { digest },
    channel,
    category: meaning === "optedOut" ? kind : "all",
    ...meanings[meaning],
    // of one message that fails, several receipts may tell
    evidence: meaning === "soft" ? `message ${messageId}` : [sender, code].filter(Boolean).join(" "),
    at,
  });
  if (meaning !== "soft") return;
  // what arrived after it may have been told of before
  const arrived = await tx.row<{ at: Date | null }>(
    `select max(r.at) as at from grants g join messages m on m.grant_id = g.id join receipts r on r.message_id = m.id
     where g.recipient_id = $1 and m.channel = $2 and m.address_digest = $3 and r.state in ('delivered', 'read') and r.at > $4`,
    [recipientId, channel, digest, at],
  );
  if (arrived?.at) await noteArrived(corridor, tx, { ...told, at: arrived.at });
};

/** A message has reached an address: what failed there for a while counts no more. */
export const noteArrived = async (
  corridor: Corridor,
  tx: Sql,
  { channel, digest, recipientId, at }: Pick<ToldOfAddress, "channel" | "digest" | "recipientId" | "at">,
): Promise<void> => {
  const failed = await tx.row(
    "select from consents where address_digest = $1 and channel = $2 and status = 'fails' limit 1",
    [digest, channel],
  );
  const works = { channel, category: "all", status: "works", source: "delivered", evidence: null, at } as const;
  if (failed) await noteConsent(corridor, tx, { who: { digest }, ...works }, recipientId);
};

/** What a send came to is kept on its message; receipts that were faster than the sender's answer are applied to it. */
import type { MessageKind, SendOutcome } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import { keptWording, quoted } from "../wordings.ts";
import { type AppliedReceipt, applyReceipts } from "./apply-receipts.ts";
import type { Carrier, Corridor } from "./corridor.ts";
import { fallBack } from "./fall-back.ts";
import type { GrantView } from "./grant-view.ts";
import type { MessageState } from "./message-state.ts";
import { noteAddress } from "./note-address.ts";
import { NOT_TOLD_YET } from "./notify-channel.ts";
import { pauseAfter } from "./pause-after.ts";
import { lockReferences } from "./receive-messages.ts";
import { isMendable } from "./sender-pace.ts";
import { whilePatient } from "./while-patient.ts";

export interface SentMessage {
  grant: GrantView;
  messageId: string;
  kind: MessageKind | "celebration";
  open: Pick<Carrier, "channel" | "sender">;
  /** The address that it went to; empty for a celebration. */
  to: string;
}

/** Returns the messages that take the place of this one, to be rung for after the commit. */
export const keepOutcome = async (
  corridor: Corridor,
  tx: Sql,
  sent: SentMessage,
  answer: SendOutcome,
): Promise<string[]> => {
  const { grant, messageId } = sent;
  const { channel, sender } = sent.open;
  const now = corridor.now();
  const { outcome, gaveUp } = await whilePatient(corridor, tx, sent, answer);
  const state = stateAfter(outcome);
  const mendable = outcome.outcome === "rejected" && isMendable(outcome.kind);
  const reference = outcome.outcome === "accepted" ? outcome.reference : null;
  if (reference !== null) await lockReferences(tx, channel, [reference]);
  // a receipt may have moved it meanwhile: then it says more than the answer does
  const moved = await tx.run(
    `update messages set state = $2, reason = $3, not_before = $4, sent_at = $5, mendable = $6, reason_wording = $7
     where id = $1 and state = 'sending'`,
    [
      messageId,
      state,
      outcome.outcome === "accepted" ? null : outcome.detail,
      new Date(now.getTime() + (outcome.outcome === "retryLater" ? outcome.afterMs : 0)),
      state === "sent" ? now : null,
      mendable,
      outcome.outcome === "accepted" ? null : keptWording(quoted(sender, outcome.detail)),
    ],
  );
  if (state === "sent" && sent.kind !== "page")
    await tx.run("update grants set waiting = null where id = $1 and waiting like $2", [grant.id, `${NOT_TOLD_YET}%`]);
  if (reference !== null) {
    await tx.run("update messages set reference = $2 where id = $1", [messageId, reference]);
    return applyReceipts(corridor, tx, sender, await waitingFor(tx, messageId, channel, reference));
  }
  if (gaveUp) await noteAddress(corridor, tx, "soft", ofAddress(corridor, sent, null));
  else if (outcome.outcome === "rejected") await noteRefusal(corridor, tx, sent, outcome);
  if (moved === 0 || state !== "failed") return [];
  return [(await afterRefusal(corridor, tx, sent, mendable)) ?? []].flat();
};

/** The next channel takes over; a celebration has none, and waits where an admin can mend what was wrong. */
const afterRefusal = async (
  corridor: Corridor,
  tx: Sql,
  { grant, messageId, kind }: SentMessage,
  mendable: boolean,
) => {
  if (kind !== "celebration") return fallBack(corridor, tx, grant, { messageId, kind });
  if (mendable)
    await tx.run(
      `update messages m set state = 'queued', not_before = $2::timestamptz + make_interval(secs => $3 * power(2, least(n, 9)))
       from (select count(*) as n from attempts where message_id = $1) as tried where id = $1`,
      [messageId, corridor.now(), pauseAfter(0) / 1_000],
    );
  return undefined;
};

export const stateAfter = ({ outcome }: SendOutcome): MessageState =>
  (({ accepted: "sent", rejected: "failed", retryLater: "queued", unknown: "unknown" }) as const)[outcome];

/** Receipts that came before the reference that they name was known here. */
const waitingFor = (tx: Sql, messageId: string, channel: string, reference: string) =>
  tx.rows<AppliedReceipt>(
    `update receipts set message_id = $1 where channel = $2 and reference = $3 and message_id is null
     returning message_id as "messageId", state, code, detail, address, at`,
    [messageId, channel, reference],
  );

const noteRefusal = async (
  corridor: Corridor,
  tx: Sql,
  sent: SentMessage,
  { kind: why, code }: Extract<SendOutcome, { outcome: "rejected" }>,
) => {
  if (sent.kind === "celebration" || (why !== "badAddress" && why !== "optedOut")) return;
  await noteAddress(corridor, tx, why === "badAddress" ? "bad" : why, ofAddress(corridor, sent, code));
};

const ofAddress = (
  { sealer, now }: Corridor,
  { grant, messageId, kind, open, to }: SentMessage,
  code: string | null,
) => ({
  channel: open.channel,
  digest: addressDigest(sealer, to),
  recipientId: grant.recipient.id,
  messageId,
  kind,
  sender: open.sender,
  code,
  at: now(),
});

/** What a send came to is kept on its message; receipts that were faster than the sender's answer are applied to it. */
import type { MessageKind, SendOutcome } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import { keptWording, quoted } from "../wordings.ts";
import { type AppliedReceipt, applyReceipts } from "./apply-receipts.ts";
import type { Carrier, Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";
import { suppress } from "./heard.ts";
import type { MessageState } from "./message-state.ts";
import { NOT_TOLD_YET, queueMessage } from "./notify-channel.ts";
import { pauseAfter } from "./pause-after.ts";
import { lockReferences } from "./receive-messages.ts";
import { isMendable } from "./sender-pace.ts";

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
  outcome: SendOutcome,
): Promise<string[]> => {
  const { grant, messageId } = sent;
  const { channel, sender } = sent.open;
  const now = corridor.now();
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
  if (state === "sent")
    await tx.run("update grants set waiting = null where id = $1 and waiting like $2", [grant.id, `${NOT_TOLD_YET}%`]);
  if (reference !== null) {
    await tx.run("update messages set reference = $2 where id = $1", [messageId, reference]);
    return applyReceipts(corridor, tx, sender, await waitingFor(tx, messageId, channel, reference));
  }
  if (outcome.outcome === "rejected") await noteAddress(corridor, tx, sent, outcome);
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
  if (kind !== "celebration") return queueMessage(corridor, tx, grant, kind);
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

const noteAddress = async (
  corridor: Corridor,
  tx: Sql,
  { open: { channel, sender }, to, kind }: SentMessage,
  refused: Extract<SendOutcome, { outcome: "rejected" }>,
) => {
  if (kind === "celebration" || (refused.kind !== "badAddress" && refused.kind !== "optedOut")) return;
  const told = {
    channel,
    digest: addressDigest(corridor.sealer, to),
    source: sender,
    evidence: refused.code,
    at: corridor.now(),
  };
  await (refused.kind === "optedOut"
    ? suppress(tx, { ...told, kind, why: "optedOut" })
    : suppress(tx, { ...told, kind: "all", why: "bad" }));
};

/** What a send came to is kept on its message; receipts that were faster than the sender's answer are applied to it. */
import type { ChannelName, MessageKind, SendOutcome } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { type AppliedReceipt, applyReceipts } from "./apply-receipts.ts";
import type { Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";
import { addressDigest, suppress } from "./heard.ts";
import type { MessageState } from "./message-state.ts";
import { queueMessage } from "./notify-channel.ts";
import { lockReferences } from "./receive-messages.ts";

export interface SentMessage {
  grant: GrantView;
  messageId: string;
  kind: MessageKind;
  channel: ChannelName;
  sender: string;
  /** The address that it went to. */
  to: string;
}

/** Returns the messages that take the place of this one, to be rung for after the commit. */
export const keepOutcome = async (
  corridor: Corridor,
  tx: Sql,
  sent: SentMessage,
  outcome: SendOutcome,
): Promise<string[]> => {
  const { messageId, channel } = sent;
  const now = corridor.now();
  const state = stateAfter(outcome);
  const reference = outcome.outcome === "accepted" ? outcome.reference : null;
  if (reference !== null) await lockReferences(tx, channel, [reference]);
  // a receipt may have moved it meanwhile: then it says more than the answer does
  const moved = await tx.run(
    `update messages set state = $2, reason = $3, not_before = $4, sent_at = $5 where id = $1 and state = 'sending'`,
    [
      messageId,
      state,
      outcome.outcome === "accepted" ? null : outcome.detail,
      new Date(now.getTime() + (outcome.outcome === "retryLater" ? outcome.afterMs : 0)),
      state === "sent" ? now : null,
    ],
  );
  if (reference !== null) {
    await tx.run("update messages set reference = $2 where id = $1", [messageId, reference]);
    return applyReceipts(corridor, tx, sent.sender, await waitingFor(tx, messageId, channel, reference));
  }
  if (outcome.outcome === "rejected") await noteAddress(corridor, tx, sent, outcome);
  if (moved === 0 || state !== "failed") return [];
  return [(await queueMessage(corridor, tx, sent.grant, sent.kind)) ?? []].flat();
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
  { channel, sender, to, kind }: SentMessage,
  refused: Extract<SendOutcome, { outcome: "rejected" }>,
) => {
  if (refused.kind !== "badAddress" && refused.kind !== "optedOut") return;
  const told = {
    channel,
    digest: addressDigest(corridor, to),
    source: sender,
    evidence: refused.code,
    at: corridor.now(),
  };
  await (refused.kind === "optedOut"
    ? suppress(tx, { ...told, kind, why: "optedOut" })
    : suppress(tx, { ...told, kind: "all", why: "bad" }));
};

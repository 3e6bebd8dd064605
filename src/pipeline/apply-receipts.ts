/** What receipts change: the state of their messages, a fall-back where one failed, an address that is not written to any more. */
import type { MessageKind } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import { keptWording, quoted } from "../wordings.ts";
import type { Corridor } from "./corridor.ts";
import { fallBack } from "./fall-back.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { forward, type MessageState, type ToldState } from "./message-state.ts";
import { type AddressMeaning, noteAddress, noteArrived } from "./note-address.ts";
import { addressOn, isChannel } from "./notify-channel.ts";

/** A kept receipt whose message is known. */
export interface AppliedReceipt {
  messageId: string;
  state: ToldState;
  code: string | null;
  detail: string | null;
  address: AddressMeaning | null;
  at: Date;
}

interface Told {
  id: string;
  grant_id: string;
  kind: MessageKind;
  channel: string;
  state: MessageState;
  address_digest: string | null;
}

/** Returns the messages that take the place of failed ones, to be rung for after the commit. */
export const applyReceipts = async (
  corridor: Corridor,
  tx: Sql,
  source: string,
  receipts: readonly AppliedReceipt[],
): Promise<string[]> => {
  const messages = await tx.rows<Told>(
    `select id, grant_id, kind, channel, state, address_digest from messages where id = any ($1) order by id for update`,
    [receipts.map(({ messageId }) => messageId)],
  );
  const instead: string[] = [];
  for (const message of messages) {
    const told = receipts.filter(({ messageId }) => messageId === message.id);
    const state = told.reduce<MessageState>((present, receipt) => forward(present, receipt.state), message.state);
    const grant = await loadGrant(tx, message.grant_id);
    if (state !== message.state) {
      const reason = await move(tx, message.id, state, told, source);
      corridor.telemetry.message(message.channel, state);
      const line = { grant: message.grant_id, channel: message.channel, sender: source, state };
      if (reason === null) corridor.log.step("heard back", line);
      else corridor.log.warn("not delivered", { ...line, detail: reason });
    }
    for (const receipt of told) if (grant) await noteWhatItMeans(corridor, tx, source, message, grant, receipt);
    if (state !== "failed" || message.state === "failed" || !grant) continue;
    const next = await fallBack(corridor, tx, grant, { messageId: message.id, kind: message.kind });
    if (next) instead.push(next);
  }
  return instead;
};

const move = async (tx: Sql, id: string, state: MessageState, told: readonly AppliedReceipt[], source: string) => {
  const failure = told.find((receipt) => receipt.state === "failed");
  const reason = state === "failed" ? reasonOf(failure) : null;
  const newest = new Date(Math.max(...told.map(({ at }) => at.getTime())));
  await tx.run(
    `update messages set state = $2, reason = $3, sent_at = case when $2 = 'failed' then sent_at else coalesce(sent_at, $4) end,
       settled_at = greatest(settled_at, $4), reason_wording = $5 where id = $1`,
    [id, state, reason, newest, reason && keptWording(quoted(source, reason))],
  );
  return reason;
};

const reasonOf = (failure: AppliedReceipt | undefined): string =>
  failure?.detail ?? (failure?.code ? `the vendor says ${failure.code}` : "the vendor could not deliver it");

const noteWhatItMeans = async (
  corridor: Corridor,
  tx: Sql,
  source: string,
  message: Told,
  { recipient }: GrantView,
  { state, address, code, at }: AppliedReceipt,
) => {
  const arrived = state === "delivered" || state === "read";
  if (address === null && !arrived) return;
  const present = isChannel(message.channel) ? addressOn(message.channel, recipient) : null;
  const digest = message.address_digest ?? (present === null ? null : addressDigest(corridor.sealer, present));
  if (digest === null) return;
  const { id: messageId, channel, kind } = message;
  const told = { channel, digest, recipientId: recipient.id, messageId, kind, sender: source, code, at };
  if (arrived) await noteArrived(corridor, tx, told);
  if (address !== null) await noteAddress(corridor, tx, address, told);
};

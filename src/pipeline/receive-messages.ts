/**
 * Step 6 for messages: what a sender's vendor told, verified by the sender, becomes rows and is applied in the same
 * transaction. A receipt that arrives before its message's reference is known waits as a row until it is.
 */
import type { ChannelName } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import type { MessageReceipt, ReceiptRequest, Received } from "../receipt.ts";
import { storableParts } from "../storable.ts";
import { type AppliedReceipt, applyReceipts } from "./apply-receipts.ts";
import { believable } from "./believable.ts";
import type { Corridor, OpenChannel } from "./corridor.ts";
import { hear } from "./heard.ts";
import { isUuid } from "./uuid-of.ts";

/** Resolves once everything that was told is committed. */
export const receiveFromSender = async (
  corridor: Corridor,
  open: OpenChannel,
  request: ReceiptRequest,
): Promise<Received<MessageReceipt>> => {
  if (!open.receive) return { refused: 404, reason: "hears_nothing" };
  const received = await open.receive(request);
  if (!("refused" in received)) await keepReceipts(corridor, open, received.receipts);
  return received;
};

/** Keeps and applies receipts, however they came; those that were kept before change nothing. */
export const keepReceipts = async (
  corridor: Corridor,
  open: Pick<OpenChannel, "channel" | "sender">,
  told: readonly MessageReceipt[],
): Promise<void> => {
  if (told.length === 0) return;
  const now = corridor.now();
  const receipts = told.map((receipt) => storableParts({ ...receipt, at: believable(receipt.at, now) }));
  const rung = await corridor.database.transaction(async (tx) => {
    await lockReferences(tx, open.channel, receipts.flatMap(referenceOf));
    const fresh = await store(corridor, tx, open.channel, receipts);
    for (const receipt of receipts)
      if (receipt.what === "heard" && fresh.keys.has(receipt.key)) await hear(corridor, tx, open.channel, receipt);
    return applyReceipts(corridor, tx, open.sender, fresh.states);
  });
  for (const receipt of receipts) if (receipt.what === "state") corridor.telemetry.message(open.channel, receipt.state);
  await corridor.doorbell.ring("notify", rung).catch(() => {});
};

/**
 * Held until the end of the transaction by whoever stores a reference or receipts of it: without it a receipt and its
 * reference, committed at the same moment, could each miss the other.
 */
export const lockReferences = async (tx: Sql, channel: string, references: readonly string[]): Promise<void> => {
  if (references.length === 0) return;
  await tx.run(
    `select pg_advisory_xact_lock(h) from (
       select distinct hashtextextended('receipt/' || $1 || '/' || r, 0) as h from unnest($2::text[]) r order by h) t`,
    [channel, references],
  );
};

const referenceOf = (receipt: MessageReceipt): string[] =>
  receipt.what === "state" && "reference" in receipt.message ? [receipt.message.reference] : [];

const store = async (corridor: Corridor, tx: Sql, channel: ChannelName, receipts: readonly MessageReceipt[]) => {
  const states = receipts.map((receipt) => (receipt.what === "state" ? receipt : undefined));
  const column = (pick: (receipt: NonNullable<(typeof states)[number]>) => string | null) =>
    states.map((receipt) => receipt && pick(receipt));
  const rows = await tx.rows<AppliedReceipt & { key: string; what: string }>(
    `insert into receipts (channel, key, what, reference, message_key, message_id, state, code, detail, address, at, received_at)
     select $1, t.key, t.what, t.reference, t.message_key, coalesce(
         (select id from messages where id = t.message_uuid and channel = $1),
         (select id from messages m where m.channel = $1 and m.reference = t.reference order by m.created_at desc limit 1)),
       t.state, t.code, t.detail, t.address, t.at, $2
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[])
       as t (key, what, reference, message_key, message_uuid, state, code, detail, address, at)
     on conflict (channel, key) do nothing
     returning key, what, message_id as "messageId", state, code, detail, address, at`,
    [
      channel,
      corridor.now(),
      receipts.map(({ key }) => key),
      receipts.map(({ what }) => what),
      column(({ message }) => ("reference" in message ? message.reference : null)),
      column(({ message }) => ("key" in message ? message.key : null)),
      column(({ message }) => ("key" in message && isUuid(message.key) ? message.key : null)),
      column(({ state }) => state),
      column(({ code }) => code ?? null),
      column(({ detail }) => detail?.slice(0, 500) ?? null),
      column(({ address }) => address ?? null),
      receipts.map(({ at }) => at),
    ],
  );
  return {
    keys: new Set(rows.map(({ key }) => key)),
    states: rows.filter(({ what, messageId }) => what === "state" && messageId !== null),
  };
};

/** Receipts of messages that are none of ours (another program on the same account) are not kept for ever. */
const STRANGERS_FOR_MS = 30 * 86_400_000;
const BATCH = 1_000;

export const forgetStrangers = async (sql: Sql, now: Date): Promise<void> => {
  for (let gone = BATCH; gone === BATCH; )
    gone = await sql.run(
      "delete from receipts where id in (select id from receipts where message_id is null and what = 'state' and received_at < $1 limit $2)",
      [new Date(now.getTime() - STRANGERS_FOR_MS), BATCH],
    );
};

/**
 * Step 5. One job per message: the words in the recipient's language, sent over the channel that was chosen. A refusal
 * falls back to the next channel; a message whose outcome nobody knows is not sent blindly again.
 */
import type { ChannelName, MessageKind, Rendered } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import { keptWording, type Worded, worded, wording } from "../wordings.ts";
import { beginAttempt } from "./attempts.ts";
import { whyNotCelebrated, wordsFor } from "./celebrate.ts";
import type { Corridor } from "./corridor.ts";
import { fallBack } from "./fall-back.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { addressOn, nextChannel, refusedBy } from "./notify-channel.ts";
import { type Sent, settleSend } from "./notify-settle.ts";
import { wordsOf } from "./notify-words.ts";
import { pageRefused } from "./page-link.ts";
import { PAUSED_MS, pausedFor } from "./pause.ts";
import { type Quiet, quietUntil } from "./quiet-until.ts";
import { takeTurn } from "./sender-pace.ts";

/** After this a send without outcome belongs to a process that died. */
const LEASE_MS = 90_000;
/** The same for senders that can be asked again without harm. */
const REPEATABLE_LEASE_MS = 5_000;
/** A message that waits longer than this is not rung for ahead of time. */
const RINGS_AHEAD_MS = 600_000;

interface MessageRow {
  id: string;
  grant_id: string;
  kind: MessageKind | "celebration";
  channel: string;
  created_at: Date;
  state: string;
  round: number;
  turn_at: Date | null;
}

/** Sends one message. Does nothing for one that was sent, or must wait. */
export const notify = async (corridor: Corridor, messageId: string): Promise<void> => {
  const now = corridor.now();
  const next = await corridor.database.transaction(async (tx): Promise<Next | undefined> => {
    const message = await tx.row<MessageRow>(
      `select id, grant_id, kind, channel, state, round, turn_at, created_at from messages
       where id = $1 and not_before <= $2 and state in ('queued', 'sending') for update`,
      [messageId, now],
    );
    const grant = message && (await loadGrant(tx, message.grant_id));
    if (!message || !grant) return undefined;
    const place = placeOf(corridor, message);
    const { open } = place;
    const stale = whyStale(message, grant, now);
    if (stale) {
      await skip(tx, messageId, stale);
      return undefined;
    }
    if (!open) {
      await tx.run("update messages set not_before = $2, reason = $3 where id = $1", [
        messageId,
        new Date(now.getTime() + 60_000),
        `accolade.yaml no longer sets up ${message.channel}`,
      ]);
      return undefined;
    }
    if (message.state === "sending" && !open.repeatable) {
      const why = worded(wording("interrupted"));
      await tx.run("update messages set state = 'unknown', reason = $2, reason_wording = $3 where id = $1", [
        messageId,
        why.words,
        keptWording(why),
      ]);
      corridor.telemetry.message(open.channel, "unknown");
      return undefined;
    }
    const to = place.to(grant);
    if (to === null) {
      await skip(tx, messageId, worded(wording("address_gone")));
      return { fallBack: await place.fallBack(tx, grant) };
    }
    const refusal = await place.refusal(tx, grant);
    if (refusal) {
      await skip(tx, messageId, refusal, refusal.by === "person");
      return { fallBack: await place.fallBack(tx, grant) };
    }
    const quiet = place.quiet(grant);
    if (quiet && message.state === "queued") {
      await tx.run(
        "update messages set not_before = $2, reason = $3, quiet_until = $2, quiet_basis = $4 where id = $1",
        [messageId, quiet.until, quiet.words, quiet.basis],
      );
      return undefined;
    }
    // before anything is locked that other messages of this sender wait for
    const rendered = await place.words(tx, grant);
    const paused = await pausedFor(tx, `channel:${open.channel}`, `sender:${open.sender}`);
    if (paused) {
      await tx.run("update messages set not_before = $2, reason = $3 where id = $1", [
        messageId,
        new Date(now.getTime() + PAUSED_MS),
        paused.words,
      ]);
      return undefined;
    }
    const asked = { recipientId: grant.recipient.id, hadTurn: message.turn_at !== null };
    const turn = await takeTurn(tx, open, asked, now);
    if (!turn.go) {
      if (turn.out && (await place.hasNext(tx, grant))) {
        await tx.run("update messages set state = 'failed', mendable = true, reason = $2 where id = $1", [
          messageId,
          turn.why,
        ]);
        return { fallBack: await place.fallBack(tx, grant) };
      }
      await tx.run(
        "update messages set not_before = $2, reason = $3, turn_at = case when $4 then $2 else turn_at end where id = $1",
        [messageId, turn.until, turn.why, turn.turn],
      );
      return { waitMs: turn.until.getTime() - now.getTime() };
    }
    const lease = open.repeatable ? REPEATABLE_LEASE_MS : LEASE_MS;
    await tx.run(
      `update messages set state = 'sending', sender = $3, not_before = $2, turn_at = null, address_digest = $4, quiet_until = null
       where id = $1`,
      [messageId, new Date(now.getTime() + lease), open.sender, to === "" ? null : addressDigest(corridor.sealer, to)],
    );
    const attempt = await beginAttempt(tx, {
      grantId: grant.id,
      messageId,
      target: open.sender,
      what: "send",
      at: now,
    });
    return { ready: { grant, open, to, attempt, kind: message.kind, rendered, probe: turn.probe } };
  });
  if (next?.fallBack) await corridor.doorbell.ring("notify", [next.fallBack]).catch(() => {});
  // far ones are the sweeper's; a ring that gets lost is, too
  if (next?.waitMs !== undefined && next.waitMs < RINGS_AHEAD_MS)
    await corridor.doorbell.ring("notify", [messageId], next.waitMs).catch(() => {});
  if (!next?.ready) return;
  const { rendered, ...sent } = next.ready;
  const outcome = await sent.open.send({ key: messageId, to: sent.to, name: sent.grant.recipient.name, rendered });
  await settleSend(corridor, { ...sent, messageId }, outcome);
};

/** Where a message goes: to a person over a channel, after which another may follow, or to a team. */
const placeOf = (corridor: Corridor, { id: messageId, kind, channel }: MessageRow) => {
  if (kind === "celebration") {
    const open = corridor.celebrations.get(channel);
    return {
      open,
      to: () => "",
      refusal: async () => undefined,
      quiet: (): Quiet | undefined => undefined,
      words: async (tx: Sql, grant: GrantView): Promise<Rendered> => {
        if (!open) throw new Error("a celebration without a place");
        return wordsFor(corridor, tx, grant, open);
      },
      hasNext: async () => false,
      fallBack: async () => undefined,
    };
  }
  const name = channel as ChannelName;
  const page = kind === "page";
  return {
    open: corridor.channels.get(name),
    to: ({ recipient }: GrantView) => (recipient.erased_at ? null : addressOn(name, recipient)),
    refusal: async (tx: Sql, grant: GrantView) =>
      page
        ? pageRefused(corridor, tx, grant.recipient, name)
        : (await refusedBy(corridor, tx, grant, [name], kind)).get(name),
    // somebody waits for the link to their page
    quiet: ({ recipient }: GrantView) => (page ? undefined : quietUntil(corridor, recipient, name)),
    words: (tx: Sql, grant: GrantView): Promise<Rendered> => wordsOf(corridor, tx, grant, kind, name),
    hasNext: async (tx: Sql, grant: GrantView) =>
      page || (await nextChannel(corridor, tx, grant, { kind })).channel !== undefined,
    fallBack: (tx: Sql, grant: GrantView) => fallBack(corridor, tx, grant, { messageId, kind }),
  };
};

/** It is not sent. `unwanted`: because its recipient does not want it; should they take that back, it goes out. */
const skip = (tx: Sql, messageId: string, why: Worded, unwanted: boolean | null = null): Promise<number> =>
  tx.run(
    `update messages set state = 'skipped', reason = $2, reason_wording = $3, unwanted = coalesce($4, unwanted) where id = $1`,
    [messageId, why.words, keptWording(why), unwanted],
  );

/** Why a message is not sent any more although it was queued: what it says does not hold now. */
const whyStale = ({ kind, round, created_at }: MessageRow, grant: GrantView, now: Date): Worded | null => {
  const { state, netted_minor, round: present } = grant;
  if (kind === "celebration") return whyNotCelebrated(grant, created_at, now);
  const undone = state === "cancelled" || state === "clawed_back";
  if (kind === "reward" && (undone || round !== present)) return worded(wording("taken_back"));
  if (kind === "ready" && (state !== "issued" || round !== present)) return worded(wording("is_gone"));
  if (kind === "unavailable" && state !== "failed") return worded(wording("is_there_again"));
  return kind === "reversed" && !undone && netted_minor === 0 ? worded(wording("due_again")) : null;
};

/** What is to be done once the transaction that looked at a message has committed. */
interface Next {
  /** The message that takes its place on another channel. */
  fallBack?: string | undefined;
  waitMs?: number;
  ready?: Omit<Sent, "messageId"> & { rendered: Rendered };
}

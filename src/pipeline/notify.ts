/**
 * Step 5. One job per message: the words in the recipient's language, sent over the channel that was chosen. A refusal
 * falls back to the next channel; a message whose outcome nobody knows is not sent blindly again.
 */
import type { ChannelName, MessageKind, Rendered, SendOutcome } from "../channels/channel.ts";
import { beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor, OpenChannel } from "./corridor.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { addressOn, NOT_TOLD_YET, nextChannel, queueMessage } from "./notify-channel.ts";
import { wordsOf } from "./notify-words.ts";
import { PAUSED_MS, pausedFor } from "./pause.ts";
import { isMendable, noteOutcome, takeTurn } from "./sender-pace.ts";

/** After this a send without outcome belongs to a process that died. */
const LEASE_MS = 90_000;
/** The same for senders that can be asked again without harm. */
const REPEATABLE_LEASE_MS = 5_000;
/** A message that waits longer than this is not rung for ahead of time. */
const RINGS_AHEAD_MS = 600_000;

interface MessageRow {
  id: string;
  grant_id: string;
  kind: MessageKind;
  channel: string;
  state: string;
  round: number;
  turn_at: Date | null;
}

/** Sends one message. Does nothing for one that was sent, or must wait. */
export const notify = async (corridor: Corridor, messageId: string): Promise<void> => {
  const now = corridor.now();
  const next = await corridor.database.transaction(async (tx): Promise<Next | undefined> => {
    const message = await tx.row<MessageRow>(
      `select id, grant_id, kind, channel, state, round, turn_at from messages
       where id = $1 and not_before <= $2 and state in ('queued', 'sending') for update`,
      [messageId, now],
    );
    const grant = message && (await loadGrant(tx, message.grant_id));
    const open = message && corridor.channels.get(message.channel as ChannelName);
    if (!message || !grant) return undefined;
    const stale = whyStale(message, grant);
    if (stale) {
      await tx.run("update messages set state = 'skipped', reason = $2 where id = $1", [messageId, stale]);
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
      await tx.run(
        "update messages set state = 'unknown', reason = 'the send was interrupted: nobody knows whether it went out' where id = $1",
        [messageId],
      );
      corridor.telemetry.message(open.channel, "unknown");
      return undefined;
    }
    const to = grant.recipient.erased_at ? null : addressOn(open.channel, grant.recipient);
    if (to === null) {
      await tx.run("update messages set state = 'skipped', reason = 'the address is gone' where id = $1", [messageId]);
      return { fallBack: await queueMessage(corridor, tx, grant, message.kind) };
    }
    // before anything is locked that other messages of this sender wait for
    const rendered = await wordsOf(corridor, tx, grant, message.kind, open.channel);
    const paused = await pausedFor(tx, `channel:${open.channel}`, `sender:${open.sender}`);
    if (paused) {
      await tx.run("update messages set not_before = $2, reason = $3 where id = $1", [
        messageId,
        new Date(now.getTime() + PAUSED_MS),
        paused,
      ]);
      return undefined;
    }
    const asked = { recipientId: grant.recipient.id, hadTurn: message.turn_at !== null };
    const turn = await takeTurn(tx, open, asked, now);
    if (!turn.go) {
      if (turn.out && (await nextChannel(corridor, tx, grant, message)).channel) {
        await tx.run("update messages set state = 'failed', mendable = true, reason = $2 where id = $1", [
          messageId,
          turn.why,
        ]);
        return { fallBack: await queueMessage(corridor, tx, grant, message.kind) };
      }
      await tx.run(
        "update messages set not_before = $2, reason = $3, turn_at = case when $4 then $2 else turn_at end where id = $1",
        [messageId, turn.until, turn.why, turn.turn],
      );
      return { waitMs: turn.until.getTime() - now.getTime() };
    }
    const lease = open.repeatable ? REPEATABLE_LEASE_MS : LEASE_MS;
    await tx.run("update messages set state = 'sending', sender = $3, not_before = $2, turn_at = null where id = $1", [
      messageId,
      new Date(now.getTime() + lease),
      open.sender,
    ]);
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
  const { to, rendered, ...sent } = next.ready;
  const outcome = await sent.open.send({ key: messageId, to, name: sent.grant.recipient.name, rendered });
  await settleSend(corridor, { ...sent, messageId }, outcome);
};

/** Why a message is not sent any more although it was queued: what it says does not hold now. */
const whyStale = ({ kind, round }: MessageRow, { state, netted_minor, round: present }: GrantView): string | null => {
  const undone = state === "cancelled" || state === "clawed_back";
  if (kind === "reward" && (undone || round !== present)) return "the reward was taken back";
  return kind === "reversed" && !undone && netted_minor === 0 ? "the reward is due again" : null;
};

interface Sent {
  grant: GrantView;
  open: OpenChannel;
  messageId: string;
  kind: MessageKind;
  attempt: number;
  /** The sender is out of order, and this message tries whether it still is. */
  probe: boolean;
}

/** What is to be done once the transaction that looked at a message has committed. */
interface Next {
  /** The message that takes its place on another channel. */
  fallBack?: string | undefined;
  waitMs?: number;
  ready?: Omit<Sent, "messageId"> & { to: string; rendered: Rendered };
}

const settleSend = async (corridor: Corridor, sent: Sent, outcome: SendOutcome) => {
  const { grant, open, messageId, kind, attempt, probe } = sent;
  const { channel, sender } = open;
  const now = corridor.now();
  const state = stateAfter(outcome);
  const mendable = outcome.outcome === "rejected" && isMendable(outcome.kind);
  const { fallBack, news } = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, outcome, now);
    await tx.run(
      `update messages set state = $2, reason = $3, reference = $4, not_before = $5, sent_at = $6, mendable = $7
       where id = $1 and state = 'sending'`,
      [
        messageId,
        state,
        outcome.outcome === "accepted" ? null : outcome.detail,
        outcome.outcome === "accepted" ? outcome.reference : null,
        new Date(now.getTime() + (outcome.outcome === "retryLater" ? outcome.afterMs : 0)),
        state === "sent" ? now : null,
        mendable,
      ],
    );
    if (state === "sent")
      await tx.run("update grants set waiting = null where id = $1 and waiting like $2", [
        grant.id,
        `${NOT_TOLD_YET}%`,
      ]);
    const next = state === "failed" ? await queueMessage(corridor, tx, grant, kind) : undefined;
    // last: its row is what other messages of this sender wait for
    const said = await noteOutcome(tx, open, { outcome, recipientId: grant.recipient.id, probe }, now);
    return { fallBack: next, news: said };
  });
  corridor.telemetry.attempt(sender, outcome.outcome);
  corridor.telemetry.message(channel, state);
  const line = { grant: grant.id, channel, sender, outcome: outcome.outcome };
  if (outcome.outcome === "rejected")
    corridor.log.warn("not sent", { ...line, reason: outcome.code, detail: outcome.detail });
  else corridor.log.step("notified", line);
  if (news?.what === "out") {
    corridor.telemetry.warning("sender");
    corridor.log.error("sender out of order", {
      channel,
      sender,
      detail: news.why,
      todo: "mend it (accolade doctor says how); messages take the rule's next channel, or wait, and it is tried again by itself",
    });
  }
  if (news?.what === "back") corridor.log.step("sender in order again", { channel, sender });
  if (fallBack) await corridor.doorbell.ring("notify", [fallBack]).catch(() => {});
};

const stateAfter = (outcome: SendOutcome) =>
  ({ accepted: "sent", rejected: "failed", retryLater: "queued", unknown: "unknown" })[outcome.outcome];

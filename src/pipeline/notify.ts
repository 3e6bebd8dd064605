/**
 * Step 5. One job per message: the words in the recipient's language, sent over the channel that was chosen. A refusal
 * falls back to the next channel; a message whose outcome nobody knows is not sent blindly again.
 */
import type { ChannelName, MessageKind, SendOutcome } from "../channels/channel.ts";
import { beginAttempt, endAttempt } from "./attempts.ts";
import type { Corridor } from "./corridor.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { addressOn, allowedOn, queueMessage } from "./notify-channel.ts";
import { wordsOf } from "./notify-words.ts";
import { PAUSED_MS, pausedFor } from "./pause.ts";
import { quietUntil } from "./quiet-until.ts";

/** After this a send without outcome belongs to a process that died. */
const LEASE_MS = 90_000;
/** The same for senders that can be asked again without harm. */
const REPEATABLE_LEASE_MS = 5_000;

interface MessageRow {
  id: string;
  grant_id: string;
  kind: MessageKind;
  channel: string;
  state: string;
  round: number;
}

/** Sends one message. Does nothing for one that was sent, or must wait. */
export const notify = async (corridor: Corridor, messageId: string): Promise<void> => {
  const now = corridor.now();
  const next = await corridor.database.transaction(async (tx) => {
    const message = await tx.row<MessageRow>(
      `select id, grant_id, kind, channel, state, round from messages
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
      return { fallBack: await queueMessage(corridor, tx, grant, message.kind), ready: undefined };
    }
    const may = (await allowedOn(corridor, tx, grant, [open.channel], message.kind)).get(open.channel);
    if (may && "refused" in may) {
      await tx.run("update messages set state = 'skipped', reason = $2, unwanted = true where id = $1", [
        messageId,
        may.words,
      ]);
      return { fallBack: await queueMessage(corridor, tx, grant, message.kind), ready: undefined };
    }
    const quiet = quietUntil(corridor, grant.recipient, open.channel);
    if (quiet && message.state === "queued") {
      await tx.run(
        "update messages set not_before = $2, reason = $3, quiet_until = $2, quiet_basis = $4 where id = $1",
        [messageId, quiet.until, quiet.words, quiet.basis],
      );
      return undefined;
    }
    const paused = await pausedFor(tx, `channel:${open.channel}`);
    if (paused) {
      await tx.run("update messages set not_before = $2, reason = $3 where id = $1", [
        messageId,
        new Date(now.getTime() + PAUSED_MS),
        paused,
      ]);
      return undefined;
    }
    const lease = open.repeatable ? REPEATABLE_LEASE_MS : LEASE_MS;
    await tx.run(
      "update messages set state = 'sending', sender = $3, not_before = $2, quiet_until = null where id = $1",
      [messageId, new Date(now.getTime() + lease), open.sender],
    );
    const attempt = await beginAttempt(tx, {
      grantId: grant.id,
      messageId,
      target: open.sender,
      what: "send",
      at: now,
    });
    return {
      fallBack: undefined,
      ready: {
        grant,
        open,
        to,
        attempt,
        kind: message.kind,
        rendered: await wordsOf(corridor, tx, grant, message.kind, open.channel),
      },
    };
  });
  if (!next) return;
  if (next.fallBack !== undefined || !next.ready) {
    if (next.fallBack) await corridor.doorbell.ring("notify", [next.fallBack]).catch(() => {});
    return;
  }
  const { grant, open, to, attempt, kind, rendered } = next.ready;
  const outcome = await open.send({ key: messageId, to, name: grant.recipient.name, rendered });
  await settleSend(corridor, { grant, messageId, kind, channel: open.channel, sender: open.sender, attempt }, outcome);
};

/** Why a message is not sent any more although it was queued: what it says does not hold now. */
const whyStale = ({ kind, round }: MessageRow, { state, netted_minor, round: present }: GrantView): string | null => {
  const undone = state === "cancelled" || state === "clawed_back";
  if (kind === "reward" && (undone || round !== present)) return "the reward was taken back";
  return kind === "reversed" && !undone && netted_minor === 0 ? "the reward is due again" : null;
};

interface Sent {
  grant: GrantView;
  messageId: string;
  kind: MessageKind;
  channel: ChannelName;
  sender: string;
  attempt: number;
}

const settleSend = async (
  corridor: Corridor,
  { grant, messageId, kind, channel, sender, attempt }: Sent,
  outcome: SendOutcome,
) => {
  const now = corridor.now();
  const state = stateAfter(outcome);
  const fallBack = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, outcome, now);
    await tx.run(
      `update messages set state = $2, reason = $3, reference = $4, not_before = $5, sent_at = $6 where id = $1 and state = 'sending'`,
      [
        messageId,
        state,
        outcome.outcome === "accepted" ? null : outcome.detail,
        outcome.outcome === "accepted" ? outcome.reference : null,
        new Date(now.getTime() + (outcome.outcome === "retryLater" ? outcome.afterMs : 0)),
        state === "sent" ? now : null,
      ],
    );
    return state === "failed" ? queueMessage(corridor, tx, grant, kind) : undefined;
  });
  corridor.telemetry.attempt(sender, outcome.outcome);
  corridor.telemetry.message(channel, state);
  const line = { grant: grant.id, channel, sender, outcome: outcome.outcome };
  if (outcome.outcome === "rejected")
    corridor.log.warn("not sent", { ...line, reason: outcome.code, detail: outcome.detail });
  else corridor.log.step("notified", line);
  if (fallBack) await corridor.doorbell.ring("notify", [fallBack]).catch(() => {});
};

const stateAfter = (outcome: SendOutcome) =>
  ({ accepted: "sent", rejected: "failed", retryLater: "queued", unknown: "unknown" })[outcome.outcome];

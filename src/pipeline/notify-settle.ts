/** The end of a send: its outcome is stored before anything else, then what follows from it for the message and its sender. */
import type { MessageKind, SendOutcome } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { endAttempt } from "./attempts.ts";
import type { Carrier, Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";
import { NOT_TOLD_YET, queueMessage } from "./notify-channel.ts";
import { pauseAfter } from "./pause-after.ts";
import { isMendable, noteOutcome } from "./sender-pace.ts";

export interface Sent {
  grant: GrantView;
  open: Carrier;
  messageId: string;
  kind: MessageKind | "celebration";
  attempt: number;
  /** The sender is out of order, and this message tries whether it still is. */
  probe: boolean;
}

export const settleSend = async (corridor: Corridor, sent: Sent, outcome: SendOutcome) => {
  const { grant, open, messageId, attempt, probe } = sent;
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
    const next = state === "failed" ? await afterRefusal(corridor, tx, sent, mendable) : undefined;
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

/** The next channel takes over; a celebration has none, and waits where an admin can mend what was wrong. */
const afterRefusal = async (corridor: Corridor, tx: Sql, { grant, messageId, kind }: Sent, mendable: boolean) => {
  if (kind !== "celebration") return queueMessage(corridor, tx, grant, kind);
  if (mendable)
    await tx.run(
      `update messages m set state = 'queued', not_before = $2::timestamptz + make_interval(secs => $3 * power(2, least(n, 9)))
       from (select count(*) as n from attempts where message_id = $1) as tried where id = $1`,
      [messageId, corridor.now(), pauseAfter(0) / 1_000],
    );
  return undefined;
};

const stateAfter = (outcome: SendOutcome) =>
  ({ accepted: "sent", rejected: "failed", retryLater: "queued", unknown: "unknown" })[outcome.outcome];
